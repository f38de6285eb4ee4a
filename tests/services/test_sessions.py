"""Sessions begin once, hold for their time, and end everywhere at once."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import bcrypt
import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event as sa_event
from sqlalchemy import func, select, update

from data.engine import configure, engine, reading, transaction
from data.models import Account, AccountDuty, Event, Setting, SignInSession
from services.accounts.changes import set_items, set_status
from services.accounts.duties import give_duty
from services.actor import operator
from services.applications.reinstating import suspended
from services.audits.appointing import appoint
from services.errors import Conflict, Refused
from services.identity.entering import Entering, Method, Step, begin, next_step
from services.identity.factor_setup import (
    begin_enrolment,
    begin_own_enrolment,
    confirm_own_enrolment,
)
from services.identity.own_sessions import own_sessions, sign_out_everywhere
from services.identity.passwords import change_on_the_way_in
from services.identity.permissions import Action, reach
from services.identity.policy import set_policy
from services.identity.presence import Ended, Present, check
from services.identity.second_factor import pass_code
from services.identity.sessions import EndReason, end_session, open_session
from services.installation.facts import DEMO_KEY
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Duty
from tests.signing_in import by_password, session_of, sign_in
from tests.world import CREATED, EVERYBODY, NOW, World, build_world

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def reason_of(found: Present | Ended | None) -> str:
    if isinstance(found, Ended):
        return found.reason.value
    return "open" if isinstance(found, Present) else "unknown"


def row_of(session_id: str) -> SignInSession:
    with reading() as db:
        return db.get_one(SignInSession, session_id)


def count_of(kind: str) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).where(Event.type == kind)) or 0


# --- who it is ----------------------------------------------------------------------------------


def test_a_session_gives_exactly_the_person_that_the_account_describes(world: World) -> None:
    with transaction() as db:
        db.add(
            AccountDuty(
                account_id=world.accounts["auditor"],
                duty=Duty.UNIT_HEAD.value,
                unit_id=world.units["tax2"],
                granted_at=CREATED,
                ended_at=NOW,
            )
        )
    for who in EVERYBODY:
        opened = sign_in(who)
        found = check(opened.id, NOW, "10.1.1.1")
        assert isinstance(found, Present)
        actor = found.actor
        assert actor.session_id == opened.id
        expected = world.actor(who)
        assert actor == actor.__class__(
            **{**expected.__dict__, "session_id": opened.id, "address": "10.1.1.1"}
        )


@pytest.mark.attack("fixation")
@pytest.mark.parametrize("given_id", ["", "x" * 43, "guess", "' OR 1=1 --", "\x00", "名" * 100])
def test_an_id_from_outside_never_becomes_a_session(world: World, given_id: str) -> None:
    session_of("clerk")
    given_id = given_id.replace(
        "\x00", ""
    )  # no database text holds one; the cookie reader drops it
    assert check(given_id, NOW) is None
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(SignInSession)) == 1


@pytest.mark.attack("fixation")
def test_every_sign_in_has_a_new_id_of_its_own(world: World) -> None:
    ids = {session_of("clerk", now=NOW + n * MINUTE) for n in range(20)}
    assert len(ids) == 20
    assert min(len(session_id) for session_id in ids) >= 43


def test_nobody_gets_in_before_the_last_step(world: World) -> None:
    for who in ("agency_manager", "head"):  # the policy asks them for a second factor
        entering = by_password(who, NOW)
        for passed in (entering, entering.after(Step.CODE), entering.after(Step.NEW_PASSWORD)):
            with pytest.raises(Conflict, match="尚未完成"):
                open_session(passed, "10.1.1.1", NOW)
    with transaction() as db:
        db.execute(update(Account).values(must_change_password=True))
    with pytest.raises(Conflict, match="尚未完成"):
        open_session(by_password("clerk", NOW), "10.1.1.1", NOW)
    with pytest.raises(Conflict, match="逾時"):
        open_session(by_password("clerk", NOW), "10.1.1.1", NOW + HOUR)
    assert count_of("signed_in") == 0


NEW = "新的密碼是 三隻貓頭鷹啊"
STEPS: tuple[Callable[[Entering, datetime], object], ...] = (
    next_step,
    begin_enrolment,
    lambda way, now: pass_code(way, "123456", "192.0.2.6", now),
    lambda way, now: change_on_the_way_in(way, NEW, "192.0.2.6", now),
    lambda way, now: suspended(way, "192.0.2.6", now),
    lambda way, now: open_session(way, "192.0.2.6", now),
)
"""Everything that somebody on the way in can do."""


def change_password(who: str, at: datetime, **others: bool) -> None:
    with transaction() as db:
        mine = update(Account).where(Account.username == who)
        another = bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode()
        db.execute(mine.values(password_hash=another, password_set_at=at, **others))


@pytest.mark.attack("fixation")
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("changed_at", [NOW - MINUTE, NOW, NOW + MINUTE])
def test_a_way_in_by_a_password_ends_with_that_password(
    world: World, first: bool, changed_at: datetime
) -> None:
    """Else whoever typed the first password for somebody waits, and goes in after its change.

    Nor does it help to have begun "after" the change, whose moment is taken before it is stored.
    """
    with transaction() as db:
        db.execute(update(Account).values(must_change_password=first))
    waiting = by_password("clerk", NOW)
    change_password("clerk", changed_at, must_change_password=False)
    own = session_of("clerk", now=NOW + MINUTE)
    for way in (waiting, waiting.after(Step.CODE), replace(waiting, passed=frozenset(Step))):
        for act in STEPS:
            with pytest.raises(Conflict, match="密碼剛剛已經變更"):
                act(way, NOW + 2 * MINUTE)
    assert reason_of(check(own, NOW + 2 * MINUTE)) == "open"


def test_a_way_in_goes_on_after_its_own_change_of_password(world: World) -> None:
    with transaction() as db:
        db.execute(update(Account).values(must_change_password=True))
    changed = change_on_the_way_in(by_password("clerk", NOW), NEW, "10.1.1.1", NOW + MINUTE)
    open_session(changed, "10.1.1.1", NOW + MINUTE)
    # It goes with that one, too: the owner may have a link and set another.
    change_password("clerk", NOW + MINUTE)
    with pytest.raises(Conflict, match="密碼剛剛已經變更"):
        open_session(changed, "10.1.1.1", NOW + MINUTE)
    provider = begin("clerk", Method.OIDC, NOW)  # knew no password in the first place
    open_session(provider, "10.1.1.1", NOW + MINUTE)


def test_what_is_kept_of_the_password_is_neither_shown_nor_enough(world: World) -> None:
    waiting = by_password("clerk", NOW)
    with reading() as db:
        stored = db.get_one(Account, world.accounts["clerk"]).password_hash
    assert waiting.password_mark and waiting.password_mark not in repr(waiting)
    assert stored not in str(waiting.__dict__)
    for nothing in (begin("clerk", Method.PASSWORD, NOW), replace(waiting, password_mark="")):
        with pytest.raises(Conflict, match="密碼剛剛已經變更"):
            open_session(nothing, "10.1.1.1", NOW)


# --- how long -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clicks", "reason"),
    [
        # minutes after signing in at which something is clicked; the last one finds …
        ([14], "open"),
        ([15], "idle"),
        ([14, 28, 42], "open"),
        ([14, 29], "idle"),
        ([*range(10, 600, 10), 599], "open"),
        ([*range(10, 600, 10), 600], "absolute"),
        ([60 * 24 * 30], "idle"),
    ],
)
def test_idle_and_longest_time(world: World, clicks: list[int], reason: str) -> None:
    session_id = session_of("clerk")
    found = [reason_of(check(session_id, NOW + click * MINUTE)) for click in clicks]
    assert found == ["open"] * (len(clicks) - 1) + [reason]
    if reason != "open":
        row = row_of(session_id)
        assert (row.end_reason, row.ended_at) == (reason, NOW + clicks[-1] * MINUTE)
        # Being over is for good, at whatever time somebody asks again.
        assert reason_of(check(session_id, NOW)) == reason
        assert count_of("signed_out") == 1


def test_the_limits_are_those_of_the_policy(world: World) -> None:
    set_policy(operator(NOW), "idle_minutes", "5")
    set_policy(operator(NOW), "session_hours", "1")
    session_id = session_of("clerk")
    assert reason_of(check(session_id, NOW + 4 * MINUTE)) == "open"
    assert reason_of(check(session_id, NOW + 9 * MINUTE)) == "idle"
    session_id = session_of("clerk")
    for minute in range(4, 60, 4):
        assert reason_of(check(session_id, NOW + minute * MINUTE)) == "open"
    assert reason_of(check(session_id, NOW + HOUR)) == "absolute"


def test_a_look_keeps_nothing_alive(world: World) -> None:
    session_id = session_of("clerk")
    for second in range(0, 15 * 60, 30):
        found = check(session_id, NOW + timedelta(seconds=second), seen=False)
        assert isinstance(found, Present)
        assert found.idle_until == NOW + 15 * MINUTE
    assert reason_of(check(session_id, NOW + 15 * MINUTE, seen=False)) == "idle"


def test_activity_is_written_at_most_once_a_minute(world: World) -> None:
    session_id = session_of("clerk")
    writes = 0

    def count(_c: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal writes
        writes += statement.startswith("UPDATE")

    sa_event.listen(engine(), "before_cursor_execute", count)
    for second in range(0, 600, 5):
        check(session_id, NOW + timedelta(seconds=second))
    assert writes == 9


@given(st.lists(st.tuples(st.integers(0, 1200), st.booleans()), max_size=30))
def test_no_session_outlives_its_idle_time(
    sqlite_world: World, steps: list[tuple[int, bool]]
) -> None:
    """Whatever mixture of clicks and looks: never open a quarter of an hour after the last click."""
    session_id = session_of("clerk")
    now = clicked = NOW
    for seconds, is_click in steps:
        now += timedelta(seconds=seconds)
        found = reason_of(check(session_id, now, seen=is_click))
        if found != "open":
            # A click within the last minute before may not have been written down.
            assert now - clicked >= 14 * MINUTE or now - NOW >= 10 * HOUR
            return
        assert now - clicked < 15 * MINUTE
        clicked = now if is_click else clicked


@pytest.fixture
def sqlite_world(sqlite_template: Path, tmp_path: Path) -> Iterator[World]:
    """The small world on SQLite alone: the property above tries many stories."""
    shutil.copy(sqlite_template, tmp_path / "house.db")
    configure(f"sqlite:///{tmp_path / 'house.db'}")
    yield build_world()
    engine().dispose()


# --- one live session an account ----------------------------------------------------------------


def test_a_new_sign_in_ends_the_old_one_and_tells_both(world: World) -> None:
    old = sign_in("clerk", "10.1.1.1")
    assert old.replaced is None
    new = sign_in("clerk", "10.2.2.2", NOW + 5 * MINUTE)
    assert new.replaced is not None
    assert "10.1.1.1" in new.replaced.sentence and "10:00" in new.replaced.sentence
    ended = check(old.id, NOW + 6 * MINUTE)
    assert isinstance(ended, Ended)
    assert ended.reason is EndReason.REPLACED
    assert "10.2.2.2" in ended.sentence and "10:05" in ended.sentence
    assert "變更密碼" in ended.sentence
    assert reason_of(check(new.id, NOW + 6 * MINUTE)) == "open"


def test_what_is_over_already_is_not_called_replaced(world: World) -> None:
    old = session_of("clerk")
    new = sign_in("clerk", now=NOW + HOUR)
    assert new.replaced is None
    assert row_of(old).end_reason == "idle"


def test_other_accounts_are_left_alone(world: World) -> None:
    other = session_of("clerk2")
    session_of("clerk")
    session_of("clerk")
    assert reason_of(check(other, NOW)) == "open"


def test_of_sign_ins_at_once_one_session_is_left(world: World) -> None:
    ready = Barrier(8)

    def one(number: int) -> str:
        ready.wait()
        return session_of("clerk", f"10.1.1.{number}")

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(one, range(8)))
    assert sorted(reason_of(check(session_id, NOW)) for session_id in ids) == [
        "open",
        *["replaced"] * 7,
    ]


# --- ended from elsewhere -----------------------------------------------------------------------


@pytest.mark.attack("cookie")
@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("sign-out", "signed_out"),
        ("everywhere", "everywhere"),
        ("suspension", "account_suspended"),
        ("cancellation", "account_cancelled"),
        ("suspension by hand", "account_suspended"),
        ("role", "role_changed"),
        ("new sign-in", "replaced"),
    ],
)
def test_a_session_s_id_is_worthless_after(world: World, act: str, reason: str) -> None:
    session_id = session_of("clerk")
    clerk, manager = world.accounts["clerk"], world.actor("agency_manager")
    active = {"expected_status": AccountStatus.ACTIVE}
    if act == "sign-out":
        end_session(session_id, NOW)
    elif act == "everywhere":
        sign_out_everywhere(world.actor("clerk"))
    elif act == "suspension":
        set_status(manager, clerk, AccountStatus.SUSPENDED, "留職停薪", **active)
    elif act == "cancellation":
        set_status(manager, clerk, AccountStatus.CANCELLED, "離職", **active)
    elif act == "new sign-in":
        session_of("clerk", "10.2.2.2")
    else:
        values = {"role": "unit_manager"} if act == "role" else {"status": "suspended"}
        with transaction() as db:
            db.execute(update(Account).where(Account.id == clerk).values(values))
    assert reason_of(check(session_id, NOW)) == reason
    # Undoing what ended it brings no old cookie back.
    with transaction() as db:
        db.execute(update(Account).where(Account.id == clerk).values(status="active"))
        db.execute(update(Account).where(Account.id == clerk).values(role="general_user"))
    assert reason_of(check(session_id, NOW + MINUTE)) == reason
    assert row_of(session_id).end_reason == reason
    assert {line.value for line in EndReason} >= {reason}


def test_every_reason_has_a_sentence_and_a_name() -> None:
    for reason in EndReason:
        assert Ended(reason, NOW).sentence.endswith("。")
        assert reason.label


def test_duties_and_items_are_those_of_the_moment(world: World) -> None:
    head, clerk = session_of("head"), session_of("clerk")
    with transaction() as db:
        db.execute(
            update(AccountDuty)
            .where(AccountDuty.account_id == world.accounts["head"])
            .values(ended_at=NOW + 2 * MINUTE)
        )
    for minute, may in ((1, True), (2, False)):
        found = check(head, NOW + minute * MINUTE)
        assert isinstance(found, Present)
        assert bool(reach(found.actor, Action.SIGN_AUDIT)) is may
    before = {Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP, Item.BUILDING_DESCRIPTION}
    set_items(
        world.actor("agency_manager"),
        world.accounts["clerk"],
        [],
        "業務調整",
        expected_items=before,
    )
    found = check(clerk, NOW)
    assert isinstance(found, Present)
    assert found.actor.items == frozenset()


def by_password_alone(who: str, now: datetime = NOW) -> str:
    """Return the id of a session that nothing but the password opened."""
    as_if_new = by_password(who, now).after(Step.NEW_PASSWORD)
    return open_session(as_if_new, "10.1.1.1", now).id


GIVEN: dict[str, tuple[str, Callable[[World], None]]] = {
    "appointed by the unit head": (
        "clerk",
        lambda w: appoint(w.actor("head"), w.units["tax1"], w.accounts["clerk"], "稽核輪派"),
    ),
    "a duty of the agency": (
        "clerk",
        lambda w: give_duty(
            w.actor("agency_manager"), w.accounts["clerk"], Duty.UNIT_HEAD, "人事令第 1 號"
        ),
    ),
    "the policy asks everybody": (
        "clerk",
        lambda _: set_policy(operator(NOW), "second_factor", "2"),
    ),
    "the policy asks managers": (
        "unit_manager",
        lambda _: set_policy(operator(NOW), "second_factor", "1"),
    ),
}


@pytest.mark.attack("sign-in")
@pytest.mark.parametrize("how", GIVEN)
def test_a_password_alone_does_not_carry_a_session_into_a_duty(world: World, how: str) -> None:
    who, give = GIVEN[how]
    if how == "the policy asks managers":
        set_policy(operator(NOW), "second_factor", "0")
    alone, other = by_password_alone(who), by_password_alone("clerk_tax2")
    by_provider = session_of("works_clerk")
    assert reason_of(check(alone, NOW)) == "open"
    give(world)
    ended = check(alone, NOW + MINUTE)
    assert isinstance(ended, Ended) and "雙因子驗證" in ended.sentence
    assert row_of(alone).end_reason == "factor_needed"
    assert next_step(by_password(who), NOW) is Step.ENROL
    assert reason_of(check(by_provider, NOW)) == "open"
    everybody = how == "the policy asks everybody"
    assert reason_of(check(other, NOW)) == ("factor_needed" if everybody else "open")


@pytest.mark.parametrize("value", [None, 0, 1, 2])
@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("secured", [False, True])
def test_who_goes_on_with_a_new_duty(
    world: World, value: int | None, demo: bool, secured: bool
) -> None:
    """As on the way in: by the value that is set, by the provider's factors, or by a code once shown."""
    if demo:
        with transaction() as db:
            db.add(Setting(key=DEMO_KEY, value="small", changed_at=NOW))
    alone = by_password_alone("clerk")
    if secured:
        enrolment = begin_own_enrolment(world.actor("clerk"))
        code = pyotp.TOTP(enrolment.secret).at(NOW)
        confirm_own_enrolment(world.actor("clerk"), enrolment, code)
    else:  # a secret that no code has confirmed is none
        begin_own_enrolment(world.actor("clerk"))
    if value is not None:
        set_policy(operator(NOW), "second_factor", str(value))
    appoint(world.actor("head"), world.units["tax1"], world.accounts["clerk"], "稽核輪派")
    in_force = value if value is not None else (0 if demo else 1)
    ends = in_force > 0 and not secured
    assert reason_of(check(alone, NOW)) == ("factor_needed" if ends else "open")
    by_provider = session_of("clerk")
    assert reason_of(check(by_provider, NOW)) == "open"


def test_time_that_is_up_is_said_before_the_factor_that_is_missing(world: World) -> None:
    alone = by_password_alone("clerk")
    appoint(world.actor("head"), world.units["tax1"], world.accounts["clerk"], "稽核輪派")
    assert reason_of(check(alone, NOW + HOUR)) == "idle"


# --- one's own sessions -------------------------------------------------------------------------


def test_a_person_sees_the_own_sessions_and_nobody_else_s(world: World) -> None:
    first = session_of("clerk", "10.1.1.1")
    session_of("clerk2", "10.7.7.7")
    second = session_of("clerk", "10.2.2.2", NOW + 5 * MINUTE)
    found = check(second, NOW + 6 * MINUTE)
    assert isinstance(found, Present)
    lines = own_sessions(found.actor)
    assert [(line.place, line.is_this, line.end) for line in lines] == [
        ("來源位址 10.2.2.2", True, None),
        ("來源位址 10.1.1.1", False, EndReason.REPLACED),
    ]
    assert row_of(first).ended_at == lines[1].ended_at
    assert own_sessions(found.actor.at(NOW + HOUR))[0].end is EndReason.IDLE


def test_the_operator_has_no_sessions_to_see_or_end(world: World) -> None:
    for function in (own_sessions, sign_out_everywhere):
        with pytest.raises(Refused):
            function(operator(NOW))


def test_the_check_takes_two_statements(world: World) -> None:
    session_id = session_of("auditor")
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    sa_event.listen(engine(), "before_cursor_execute", note)
    assert reason_of(check(session_id, NOW)) == "open"
    assert len([one for one in statements if "SELECT" in one]) == 2


def test_a_click_does_not_wait_for_another_writer(world: World, database: str) -> None:
    """While a large import is written into SQLite, people go on reading."""
    if database != "sqlite":
        return  # PostgreSQL's writers do not wait for each other
    session_id = session_of("clerk")
    other = sqlite3.connect(str(engine().url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert reason_of(check(session_id, NOW + 5 * MINUTE)) == "open"
    finally:
        other.rollback()
        other.close()
    assert row_of(session_id).last_seen_at == NOW
    assert reason_of(check(session_id, NOW + 6 * MINUTE)) == "open"
    assert row_of(session_id).last_seen_at == NOW + 6 * MINUTE
