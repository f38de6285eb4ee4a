"""Applications in a real browser: a newcomer's way to the first sign-in, and a suspended user's way back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from data.engine import transaction
from data.models import Account, Application
from services.clock import utc_now
from services.demo.people import DEMO_PASSWORD
from services.regulation.application_states import LIVE, State
from tests.e2e.person import PATIENCE, Person

pytestmark = pytest.mark.browser
People = Callable[[], Person]
PASSWORD = "四隻 貓頭鷹 在山上唱歌啊"


@pytest.fixture
def people(browser: Browser, database: str, server: str) -> Iterator[People]:
    """Opens browser windows, and closes them; the demo city's own applications are out of the way."""
    live = Application.state.in_([state.value for state in LIVE])
    with transaction() as db:
        db.execute(update(Application).where(live).values(state=State.WITHDRAWN.value))
    opened: list[Person] = []

    def somebody() -> Person:
        opened.append(Person(browser, server))
        return opened[-1]

    yield somebody
    for person in opened:
        person.leave()


def choose(person: Person, label: str, option: str) -> None:
    person.page.get_by_label(label, exact=True).click()
    person.page.get_by_role("option", name=option, exact=True).click()
    person.rest()


def open_first(person: Person) -> None:
    """Choose the first application of the list: what waits for this person stands on top."""
    person.tick(0)
    person.page.wait_for_url("**application=*")
    person.rest()


def press_in_dialog(person: Person, label: str) -> None:
    person.page.get_by_role("dialog").get_by_role("button", name=label).click()
    expect(person.page.get_by_role("dialog")).to_have_count(0, timeout=PATIENCE)
    person.rest()


def test_apply_approve_complete_activate_sign_in(people: People, tmp_path: Path) -> None:
    new = people()
    new.open("/")
    new.press("申請帳號")
    choose(new, "機關", "臺北市稅捐稽徵處")
    choose(new, "單位", "大安分處")
    for label, value in {
        "姓名": "王小明",
        "員工編號": "N00001",
        "職稱": "科員",
        "聯絡電話": "02-27208889",
        "公務電子郵件": "wang.xm@gov.taipei",
        "希望的帳號名稱": "wang.xm",
    }.items():
        new.page.get_by_label(label, exact=True).fill(value)
    new.page.get_by_role("button", name="土地標示部").click()
    new.page.get_by_label("申請原因（必填）").fill("辦理地價稅稽徵業務")
    new.picture("apply")
    new.press("送出申請")
    new.sees("一般使用者帳號新增")
    link = new.page.get_by_test_id("stCode").inner_text().strip()
    for label, name in (("列印申請表", "form.pdf"), ("列印保密切結書", "pledge.pdf")):
        _, content = new.download(label)
        assert content.startswith(b"%PDF")
        (tmp_path / name).write_bytes(content)
        new.rest()
    new.picture("application")

    head = people()
    head.sign_in("head")
    head.sees("1 件申請案")
    head.go("帳號管理")
    open_first(head)
    head.press("核可")
    press_in_dialog(head, "核可")

    manager = people()
    manager.sign_in("unit_manager")
    manager.go("帳號管理")
    open_first(manager)
    manager.press("完成辦理")
    manager.page.locator("input[type=file]").set_input_files(tmp_path / "pledge.pdf")
    manager.rest()
    manager.page.get_by_text("我已當面或以電話確認").click()
    manager.rest()
    manager.picture("complete")
    press_in_dialog(manager, "完成辦理")

    new.open(link.removeprefix(new.server))
    new.press("啟用帳號")
    new.page.get_by_label("新密碼", exact=True).fill(PASSWORD)
    new.page.get_by_label("再輸入一次新密碼").fill(PASSWORD)
    new.press("設定密碼並啟用")
    new.sign_in("wang.xm", password=PASSWORD)
    expect(new.page.get_by_text("王小明（wang.xm）")).to_be_visible()
    new.go("地籍查詢")


def test_a_suspended_user_applies_telephones_and_is_restored(people: People, database: str) -> None:
    with transaction() as db:
        db.execute(
            update(Account)
            .where(Account.username == "clerk")
            .values(status="suspended", status_reason="逾六個月未使用", suspended_at=utc_now())
        )
    clerk = people()
    clerk.open("/")
    clerk.page.get_by_label("帳號").fill("clerk")
    clerk.page.get_by_label("密碼").fill(DEMO_PASSWORD)
    clerk.page.get_by_role("button", name="登入").first.click()
    clerk.sees("逾六個月未使用")
    clerk.page.get_by_label("申請復權的原因（必填）").fill("已完成教育訓練")
    clerk.picture("reinstate")
    clerk.press("送出申請")
    clerk.sees("請以電話或電子郵件通知")

    manager = people()
    manager.sign_in("unit_manager")
    manager.go("帳號管理")
    open_first(manager)
    manager.press("登錄通知")
    manager.page.get_by_label("通知的時間與內容（必填）").fill("上午 10 時 20 分來電")
    press_in_dialog(manager, "登錄通知")
    manager.press("完成辦理")
    press_in_dialog(manager, "完成辦理")

    clerk.sign_in("clerk")
    clerk.go("地籍查詢")
