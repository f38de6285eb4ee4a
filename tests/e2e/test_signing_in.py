"""Signing in as people live it: mistyping, forgetting, staying away, sitting at two screens at once."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Account, SignInSession
from services.actor import operator
from services.clock import utc_now
from services.demo.people import DEMO_PASSWORD
from services.operation.mailing import send_due
from tests.e2e.conftest import free_port, serving
from tests.e2e.person import PATIENCE, Person
from tests.mailbox import Mailbox, listening

pytestmark = pytest.mark.browser
NEW = "新的密碼是 三隻貓頭鷹啊"
LOOK_SECONDS = 2
A_LOOK = 20_000
"""Milliseconds, far more than between two looks of an open page."""
MINUTE = timedelta(minutes=1)


@dataclass
class Place:
    """The application, and the mailbox of everybody in it."""

    address: str
    mailbox: Mailbox


@pytest.fixture(scope="module")
def place(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    port = free_port()
    with listening() as mailbox, pytest.MonkeyPatch.context() as patch:
        settings = {
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "SMTP_URL": mailbox.url,
            "MAIL_FROM": "cadastre@example.gov.tw",
            "IDLE_LOOK_SECONDS": str(LOOK_SECONDS),
        }
        for name, value in settings.items():
            patch.setenv(name, value)
        log: Path = tmp_path_factory.mktemp("log") / "signing-in.log"
        with serving(database, log, port) as address:
            yield Place(address, mailbox)


@pytest.fixture
def enter(browser: Browser, place: Place) -> Iterator[Callable[[], Person]]:
    people: list[Person] = []

    def somebody() -> Person:
        people.append(Person(browser, place.address))
        return people[-1]

    yield somebody
    for person in people:
        person.leave()


Enter = Callable[[], Person]


def type_in(person: Person, username: str, password: str) -> None:
    person.page.get_by_label("帳號", exact=True).fill(username)
    person.page.get_by_label("密碼", exact=True).fill(password)
    person.press("登入")


def change(username: str, **values: object) -> None:
    with transaction() as db:
        db.execute(update(Account).where(Account.username == username).values(**values))


def been_away(username: str, minutes: float) -> None:
    """Let the person's session have been seen last so many minutes ago."""
    with transaction() as db:
        owner = select(Account.id).where(Account.username == username).scalar_subquery()
        db.execute(
            update(SignInSession)
            .where(SignInSession.account_id == owner, SignInSession.ended_at.is_(None))
            .values(last_seen_at=utc_now() - minutes * MINUTE)
        )


def is_outside(person: Person) -> None:
    expect(person.page.get_by_label("密碼", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(person.page.get_by_role("button", name="登出")).to_have_count(0)


def test_five_mistakes_lock_the_name_and_say_until_when(enter: Enter) -> None:
    person = enter()
    person.open()
    for _ in range(5):
        type_in(person, "reviewer", "mistyped-password")
        person.sees("帳號或密碼不正確")
    type_in(person, "reviewer", DEMO_PASSWORD)
    person.sees("已暫停受理至")
    person.picture("locked")
    is_outside(person)


def test_a_forgotten_password_is_reset_by_a_link_that_leaves_the_address(
    enter: Enter, place: Place
) -> None:
    person = enter()
    person.open()
    person.press("忘記密碼")
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_label("帳號").fill("ethics")
    dialog.get_by_role("button", name="寄送連結").click()
    person.sees("幾分鐘內會寄到")
    person.picture("reset-asked")
    assert send_due(operator(utc_now()), utc_now).sent == 1
    text = place.mailbox.received[-1].get_content()
    [link] = re.findall(r"http\S+/\?reset=\S+", text)

    person.page.goto(link)
    person.rest()
    person.sees("重設密碼")
    expect(person.page).to_have_url(re.compile(r"/$"))
    for first, again, said in (
        ("short", "short", "至少 12 個字元"),
        ("ethics-password", "another-password", "兩次輸入的新密碼不同"),
        ("passwordpassword", "passwordpassword", "太容易猜中"),
        (DEMO_PASSWORD, DEMO_PASSWORD, "不得與目前及最近 3 次的密碼相同；請另選"),
    ):
        fill_new(person, first, again, "設定新密碼")
        person.sees(said)
    person.picture("reset")
    fill_new(person, NEW, NEW, "設定新密碼")
    person.sees("密碼已重設")
    type_in(person, "ethics", DEMO_PASSWORD)
    person.sees("帳號或密碼不正確")
    type_in(person, "ethics", NEW)
    expect(person.page.get_by_role("button", name="登出")).to_be_visible(timeout=PATIENCE)

    thief = enter()
    thief.page.goto(link)
    thief.rest()
    thief.sees("連結無效、已用過或已逾時")


def fill_new(person: Person, first: str, again: str, button: str) -> None:
    person.page.get_by_label("新密碼", exact=True).fill(first)
    person.page.get_by_label("再輸入一次新密碼").fill(again)
    person.press(button)


def test_a_typed_for_password_is_changed_before_anything_is_seen(enter: Enter) -> None:
    change("agency_head", must_change_password=True)
    person = enter()
    person.open()
    type_in(person, "agency_head", DEMO_PASSWORD)
    person.sees("請先設定一個只有您知道的新密碼")
    person.picture("new-password")
    expect(person.page.get_by_role("button", name="登出")).to_have_count(0)
    fill_new(person, NEW, NEW, "變更密碼並登入")
    expect(person.page.get_by_role("button", name="登出")).to_be_visible(timeout=PATIENCE)
    person.rest()
    person.sees("待辦")


def test_two_screens_of_one_account_are_told_of_each_other(enter: Enter) -> None:
    first, second = enter(), enter()
    first.sign_in("auditor", "/audit_sampler")
    second.sign_in("auditor")
    second.sees("另有一個登入")
    second.picture("replaced-another")
    # Nobody touches the first one: its page goes by itself.
    expect(first.page.get_by_text("在別處登入").first).to_be_visible(timeout=A_LOOK)
    is_outside(first)
    expect(first.page.get_by_role("heading", name="稽核抽樣")).to_have_count(0)
    first.picture("replaced")
    second.press("知道了")
    expect(second.page.get_by_text("另有一個登入")).to_have_count(0)


def test_whoever_stays_away_is_warned_and_then_signed_out(enter: Enter) -> None:
    person = enter()
    person.sign_in("head", "/accounts")
    been_away("head", 13.6)
    warning = person.page.get_by_text("閒置將於").first
    expect(warning).to_be_visible(timeout=A_LOOK)
    person.picture("idle-warning")
    person.press("繼續使用")
    expect(person.page.get_by_role("button", name="繼續使用")).to_have_count(0)
    been_away("head", 15)
    expect(person.page.get_by_text("閒置時間已到").first).to_be_visible(timeout=A_LOOK)
    is_outside(person)
    expect(person.page.get_by_role("heading", name="帳號管理")).to_have_count(0)
    person.picture("idle-ended")
    # The cookie that is still in the browser opens nothing.
    person.page.reload()
    person.rest()
    is_outside(person)


def test_an_open_page_that_nobody_touches_is_no_activity(enter: Enter) -> None:
    person = enter()
    person.sign_in("agency_manager", "/usage_charts")
    been_away("agency_manager", 5)
    with reading() as db:
        row = db.scalars(
            select(SignInSession)
            .join(Account, Account.id == SignInSession.account_id)
            .where(Account.username == "agency_manager", SignInSession.ended_at.is_(None))
        ).one()
    for _ in range(2):
        person.is_looked_at()
    with reading() as db:
        assert db.get_one(SignInSession, row.id).last_seen_at == row.last_seen_at
    person.page.get_by_test_id("stSidebar").get_by_role("link", name="待辦").click()
    person.rest()
    with reading() as db:
        assert db.get_one(SignInSession, row.id).last_seen_at > row.last_seen_at


def test_one_s_own_account_page(enter: Enter) -> None:
    person, elsewhere = enter(), enter()
    person.sign_in("unit_manager")
    person.go("我的帳號")
    person.sees("登入紀錄")
    person.picture("my-account")
    person.page.get_by_label("目前的密碼").fill("wrong-password")
    fill_new(person, NEW, NEW, "變更密碼")
    person.sees("目前的密碼不正確")
    person.page.get_by_label("目前的密碼").fill(DEMO_PASSWORD)
    fill_new(person, NEW, NEW, "變更密碼")
    person.sees("密碼已變更")
    elsewhere.open()
    type_in(elsewhere, "unit_manager", DEMO_PASSWORD)
    elsewhere.sees("帳號或密碼不正確")
    person.page.get_by_role("button", name="全部登出").click()
    person.page.get_by_role("dialog").get_by_role("button", name="全部登出").click()
    is_outside(person)
    person.sees("所有登入")


def test_a_manager_mails_a_link_without_seeing_it(enter: Enter, place: Place) -> None:
    manager = enter()
    manager.sign_in("system_manager", "/accounts?role=agency_manager&account=" + account_id())
    manager.press("寄送重設密碼連結")
    manager.page.get_by_role("dialog").get_by_role("button", name="寄送", exact=True).click()
    manager.sees("已將重設密碼連結寄往")
    expect(manager.page.get_by_text("reset=")).to_have_count(0)
    before = len(place.mailbox.received)
    assert send_due(operator(utc_now()), utc_now).sent == 1
    assert len(place.mailbox.received) == before + 1


def account_id() -> str:
    with reading() as db:
        found = db.scalars(select(Account.id).where(Account.username == "agency_manager")).one()
        return str(found)
