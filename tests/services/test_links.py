"""Reset links: one answer for every name, one use, not for long, and nothing done to the owner."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import bcrypt
import pytest
from sqlalchemy import event as sa_event
from sqlalchemy import func, select, update

from data.engine import engine, reading, transaction
from data.models import (
    Account,
    Application,
    Event,
    OneTimeLink,
    OutgoingMail,
    SignInCounter,
    SignInSession,
)
from services.actor import operator
from services.applications.reinstating import apply_reinstatement
from services.errors import Conflict, Invalid, NotFound, Refused
from services.identity import lockout, sessions
from services.identity.entering import Step, next_step
from services.identity.links import is_good, print_link, request_link, reset_password, send_link
from services.identity.passwords import change_on_the_way_in, hash_password, matches
from services.identity.policy import set_policy
from services.identity.presence import Ended, Present, check
from services.identity.signin import find_credentials
from services.installation import keys
from tests.signing_in import by_password, session_of
from tests.world import NOW, World

FIRST, NEW = "紫色大象 慢慢地 唱起歌", "新的密碼是 三隻貓頭鷹啊"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The small world with one known password, cheap hashes, and mail set up."""
    cheap = bcrypt.gensalt
    monkeypatch.setattr(bcrypt, "gensalt", lambda: cheap(4))
    monkeypatch.setenv("PUBLIC_URL", "https://cadastre.example.gov.tw/")
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1?tls=none")
    monkeypatch.setenv("MAIL_FROM", "cadastre@example.gov.tw")
    with transaction() as db:
        db.execute(update(Account).values(password_hash=hash_password(FIRST)))
    return world


def mails() -> list[tuple[str, str]]:
    """Return recipient and text of every message that waits."""
    with reading() as db:
        return [
            (mail.recipient, keys.data_cipher().decrypt(mail.body.encode()).decode())
            for mail in db.scalars(select(OutgoingMail).order_by(OutgoingMail.id))
        ]


def token_in(text: str) -> str:
    found = re.findall(r"https://cadastre\.example\.gov\.tw/\?reset=([\w-]+)", text)
    assert len(found) == 1
    return str(found[0])


def password_of(name: str) -> str:
    with reading() as db:
        return db.scalars(select(Account.password_hash).where(Account.username == name)).one()


# --- asking -------------------------------------------------------------------------------------


def test_the_owner_gets_a_link_that_works_once(world: World) -> None:
    session_id = session_of("clerk")
    request_link(" Clerk ", "10.1.1.1", NOW)
    [(recipient, text)] = mails()
    assert recipient == "clerk@example.gov.taipei"
    token = token_in(text)
    assert is_good(token, NOW) and is_good(token, NOW)  # looking uses nothing up
    assert isinstance(check(session_id, NOW), Present)
    reset_password(token, NEW, "10.1.1.1", NOW + MINUTE)
    assert matches(NEW, password_of("clerk"))
    ended = check(session_id, NOW + MINUTE)
    assert isinstance(ended, Ended) and ended.reason.value == "password_reset"
    with pytest.raises(Conflict, match="已用過"):
        reset_password(token, "再換一個是 四隻啄木鳥啊", "", NOW + MINUTE)
    assert not is_good(token, NOW + MINUTE)


@pytest.mark.attack("sign-in")
def test_asking_tells_nothing_and_does_nothing_for_names_that_get_no_mail(world: World) -> None:
    with transaction() as db:
        db.execute(update(Account).where(Account.username == "clerk2").values(status="cancelled"))
        db.execute(update(Account).where(Account.username == "head").values(email=""))
    for name in ("nobody", "", "\x00", "名" * 500, "clerk2", "head", "' OR 1=1 --"):
        request_link(name, "10.1.1.1", NOW)
    request_link("clerk", "10.1.1.1", NOW)
    assert [recipient for recipient, _ in mails()] == ["clerk@example.gov.taipei"]


def writing_statements(name: str, address: str, now: datetime) -> list[str]:
    """Return the first words of what one request writes: commits are what takes time."""
    written: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(("SELECT", "PRAGMA", "BEGIN")):
            written.append(" ".join(statement.split()[:3]))

    sa_event.listen(engine(), "before_cursor_execute", note)
    request_link(name, address, now)
    sa_event.remove(engine(), "before_cursor_execute", note)
    return written


@pytest.mark.attack("sign-in")
def test_every_request_is_on_record_and_costs_its_commits(world: World) -> None:
    """A request that led to nothing would be over sooner, and tell which names exist."""
    with transaction() as db:
        db.execute(update(Account).where(Account.username == "clerk2").values(status="cancelled"))
        db.execute(update(Account).where(Account.username == "head").values(email=""))
    asked = ("clerk", "clerk", "nobody", "clerk2", "head", "\x00")
    for number, name in enumerate(asked):
        written = writing_statements(name, f"10.1.1.{number}", NOW)
        assert written[0] == "INSERT INTO sign_in_counters"
        assert "INSERT INTO events" in written
    with reading() as db:
        found = db.scalars(select(Event).order_by(Event.id)).all()
    assert [event.type for event in found] == ["reset_link_issued"] * len(asked)
    assert [(event.outcome, event.object_id) for event in found[1:]] == [
        ("refused", name) for name in ("clerk", "nobody", "clerk2", "head", "")
    ]
    assert found[0].object_type == "account" and found[1].object_type == "username"


def test_requests_beyond_the_limit_are_on_record_too(world: World) -> None:
    for _ in range(25):
        request_link("nobody", "10.9.9.9", NOW)
    with reading() as db:
        assert db.scalar(select(func.count()).where(Event.outcome == "refused")) == 25


@pytest.mark.attack("sign-in")
def test_a_stranger_s_requests_change_nothing_for_the_owner(world: World) -> None:
    session_id, before = session_of("clerk"), password_of("clerk")
    request_link("clerk", "10.1.1.1", NOW)
    own = token_in(mails()[0][1])
    printed = print_link(operator(NOW), "clerk2").rpartition("=")[2]
    for number in range(200):
        late = NOW + number * timedelta(seconds=1)
        request_link("clerk", f"10.9.{number}.1", late)
        request_link("clerk2", f"10.9.{number}.1", late)
    assert isinstance(check(session_id, NOW + 4 * MINUTE), Present)
    assert password_of("clerk") == before
    assert len(mails()) == 2
    # What the owner was sent, or was handed, still works, and the name is not locked.
    assert is_good(own, NOW + 4 * MINUTE) and is_good(printed, NOW + 4 * MINUTE)
    lockout.take("clerk", "10.1.1.1", NOW + 4 * MINUTE)


def test_a_day_s_requests_fill_no_mailbox(world: World) -> None:
    for number in range(200):
        request_link("clerk", f"10.9.{number}.1", NOW + number * 6 * MINUTE)
    assert len(mails()) == 10


def test_one_address_asks_for_so_many_and_no_more(world: World) -> None:
    with reading() as db:
        names = db.scalars(select(Account.username)).all()
    for number in range(40):
        request_link(names[number % len(names)], "10.9.9.9", NOW)
    with reading() as db:
        counter = db.get_one(SignInCounter, ("links", "10.9.9.9"))
        assert counter.locked_until == NOW + 15 * MINUTE
        assert set(db.scalars(select(SignInCounter.kind))) == {"links"}
    before = len(mails())
    request_link("clerk", "10.9.9.9", NOW + 6 * MINUTE)
    assert len(mails()) == before
    request_link("clerk", "10.1.1.1", NOW + 6 * MINUTE)
    assert len(mails()) == before + 1


@pytest.mark.parametrize("missing", ["PUBLIC_URL", "SMTP_URL", "MAIL_FROM"])
def test_without_mail_nothing_is_issued(
    world: World, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(missing)
    request_link("clerk", "10.1.1.1", NOW)
    with pytest.raises(Conflict, match="尚未設定寄信"):
        send_link(world.actor("agency_manager"), world.accounts["clerk"])
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(OneTimeLink)) == 0


# --- using --------------------------------------------------------------------------------------


def given_token(name: str = "clerk") -> str:
    return print_link(operator(NOW), name).rpartition("=")[2]


def test_a_link_is_good_for_half_an_hour(world: World) -> None:
    token = given_token()
    assert is_good(token, NOW + 30 * MINUTE - timedelta(seconds=1))
    assert not is_good(token, NOW + 30 * MINUTE)
    with pytest.raises(Conflict, match="逾時"):
        reset_password(token, NEW, "", NOW + 30 * MINUTE)
    set_policy(operator(NOW), "reset_minutes", "5")
    assert not is_good(given_token(), NOW + 5 * MINUTE)


@pytest.mark.attack("sign-in")
@pytest.mark.parametrize("token", ["", "guess", "x" * 43, "' OR 1=1 --", "%", "\x00", "名"])
def test_no_other_token_opens_anything(world: World, token: str) -> None:
    given_token()
    assert not is_good(token, NOW)
    with pytest.raises(Conflict):
        reset_password(token, NEW, "", NOW)
    assert matches(FIRST, password_of("clerk"))


def test_only_the_hash_of_a_token_is_stored_and_mail_is_encrypted(world: World) -> None:
    printed = given_token()
    request_link("clerk", "10.1.1.1", NOW)
    mailed = token_in(mails()[0][1])
    assert printed != mailed and len(printed) >= 43
    with reading() as db:
        rows = [
            str(row.__dict__)
            for table in (OneTimeLink, OutgoingMail, Event)
            for row in db.scalars(select(table)).all()
        ]
    assert len(rows) > 3
    assert not [row for row in rows if printed in row or mailed in row]


def test_a_newer_link_voids_the_older(world: World) -> None:
    first, second = given_token(), given_token()
    assert (is_good(first, NOW), is_good(second, NOW)) == (False, True)


def test_of_two_uses_at_once_one_counts(world: World) -> None:
    token, ready = given_token(), Barrier(2)

    def use(new: str) -> bool:
        ready.wait()
        try:
            reset_password(token, new, "", NOW)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        chosen = (NEW, "再換一個是 四隻啄木鳥啊")
        used = list(pool.map(use, chosen))
    assert sorted(used) == [False, True]
    assert matches(chosen[used.index(True)], password_of("clerk"))


def test_a_weak_password_leaves_the_link_as_it_is(world: World) -> None:
    token = given_token()
    for weak in ("short", FIRST, "aaaaaaaaaaaaaa"):
        with pytest.raises(Invalid):
            reset_password(token, weak, "", NOW)
    reset_password(token, NEW, "", NOW)


def put(status: str, name: str = "clerk") -> None:
    with transaction() as db:
        db.execute(update(Account).where(Account.username == name).values(status=status))


def test_a_cancelled_account_s_link_is_dead(world: World) -> None:
    token = given_token()
    put("cancelled")
    assert not is_good(token, NOW)
    with pytest.raises(Conflict):
        reset_password(token, NEW, "", NOW)
    with pytest.raises(NotFound):
        given_token()
    with pytest.raises(Conflict, match="已註銷"):
        send_link(world.actor("unit_manager"), world.accounts["clerk"])
    request_link("clerk", "10.1.1.1", NOW)
    assert mails() == []


def asked_token(_world: World) -> str:
    request_link("clerk", "10.1.1.1", NOW)
    return token_in(mails()[-1][1])


def sent_token(world: World) -> str:
    send_link(world.actor("unit_manager"), world.accounts["clerk"])
    return token_in(mails()[-1][1])


@pytest.mark.attack("sign-in")
@pytest.mark.parametrize("get", [asked_token, sent_token, lambda _world: given_token()])
def test_a_suspended_person_gets_as_far_as_the_reinstatement_and_no_further(
    world: World, get: Callable[[World], str]
) -> None:
    """Without a password that works nobody could apply for reinstatement (clause 5.1.3)."""
    put("suspended")
    reset_password(get(world), NEW, "10.1.1.1", NOW)
    assert matches(NEW, password_of("clerk"))
    later = NOW + MINUTE
    hashed = find_credentials("clerk", NEW)["usernames"]["clerk"]["password"]
    assert matches(NEW, hashed)
    entering = by_password("clerk", later)
    assert next_step(entering, later) is Step.REINSTATE
    everything = replace(entering, passed=frozenset(Step))
    assert next_step(everything, later) is Step.REINSTATE
    for way in (entering, everything):
        with pytest.raises(Conflict):
            sessions.open_session(way, "10.1.1.1", later)
    with pytest.raises(Conflict):
        change_on_the_way_in(everything, "再換一個是 四隻啄木鳥啊", "10.1.1.1", later)
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(SignInSession)) == 0
        account = db.get_one(Account, world.accounts["clerk"])
        assert (account.status, account.restored_at) == ("suspended", None)
    sent = apply_reinstatement(entering, "已完成教育訓練", "10.1.1.1", later)
    with reading() as db:
        assert db.get_one(Application, sent.id).kind == "reinstate"


# --- who may give one ---------------------------------------------------------------------------


def test_a_manager_mails_a_link_and_never_sees_it(world: World) -> None:
    manager = world.actor("unit_manager")
    shown = send_link(manager, world.accounts["clerk"])
    assert shown == "clerk@example.gov.taipei"
    [(recipient, text)] = mails()
    assert recipient == shown and manager.name in text
    reset_password(token_in(text), NEW, "", NOW)
    with reading() as db:
        event = db.scalars(select(Event).where(Event.type == "reset_link_issued")).one()
    assert event.account_id == manager.account_id
    assert event.object_id == str(world.accounts["clerk"])


@pytest.mark.attack("foreign-id")
@pytest.mark.parametrize(
    ("who", "whose"),
    [
        ("clerk", "clerk2"),
        ("unit_manager", "clerk_tax2"),
        ("unit_manager", "agency_manager"),
        ("unit_manager", "unit_manager"),
        ("agency_manager", "works_clerk"),
        ("works_manager", "clerk"),
        ("system_manager", "clerk"),
        ("auditor", "clerk"),
        ("reviewer", "clerk"),
    ],
)
def test_nobody_mails_a_link_to_an_account_in_another_s_charge(
    world: World, who: str, whose: str
) -> None:
    with pytest.raises(Refused):
        send_link(world.actor(who), world.accounts[whose])
    assert mails() == []


def test_a_link_is_printed_for_the_operator_only(world: World) -> None:
    for who in ("system_manager", "agency_manager", "clerk"):
        with pytest.raises(Refused):
            print_link(world.actor(who), "clerk")
    assert print_link(operator(NOW), "clerk").startswith("https://cadastre.example.gov.tw/?reset=")
