"""The nightly job that suspends whoever has left without an application (clause 6.3.4)."""

from datetime import date, timedelta

import pytest

from data.engine import transaction
from data.models import Account, SignInSession
from services.accounts.leaving.recording import record_leaving
from services.accounts.leaving.suspending import FAULT, suspend_past
from services.actor import operator
from services.errors import Refused
from services.regulation.leaving import Leaving
from services.regulation.roles import Role
from services.regulation.workflows import Kind
from tests.services.applications.cast import add_cast, begin_case
from tests.services.leaving.told import LAST, account_of, entries_of, events_of, record
from tests.world import CREATED, NOW, World, at

LATE = operator(at(2026, 12, 1, 2))


@pytest.mark.parametrize(
    ("year", "month", "day", "hour", "suspended"),
    [
        (2026, 11, 29, 2, False),
        (2026, 11, 30, 2, False),
        (2026, 11, 30, 23, False),
        (2026, 12, 1, 0, True),
        (2027, 1, 15, 2, True),
    ],
)
@pytest.mark.parametrize("kind", list(Leaving))
def test_it_suspends_from_the_day_after_on(
    world: World, kind: Leaving, year: int, month: int, day: int, hour: int, suspended: bool
) -> None:
    record(world, "clerk", kind)
    night = suspend_past(operator(at(year, month, day, hour)))
    assert night.suspended == (("clerk",) if suspended else ())
    assert account_of(world, "clerk").status == ("suspended" if suspended else "active")


def test_the_reason_is_in_words_sessions_end_and_everything_is_on_record(world: World) -> None:
    record(world, "clerk")
    with transaction() as db:
        db.add(
            SignInSession(
                id="a",
                account_id=world.accounts["clerk"],
                started_at=CREATED,
                last_seen_at=CREATED,
            )
        )
    suspend_past(LATE)
    account = account_of(world, "clerk")
    assert account.status_reason == "115年11月30日離職，逾期未完成帳號註銷申請（第六點（三）4.）"
    assert (account.suspended_at, account.leaving_on) == (LATE.now, None)
    assert entries_of(world, "clerk") == [("leave", LAST, "suspended")]
    with transaction() as db:
        assert db.get_one(SignInSession, "a").end_reason == "account_suspended"
    (status,), (settled,) = events_of("account_status_changed"), events_of("leaving_settled")
    assert (status.actor_name, status.detail["after"]) == ("系統維運", "suspended")
    assert settled.detail == {
        "kind": "leave",
        "effective_on": "2026-11-30",
        "settled": "suspended",
        "reason": "",
    }


def test_a_second_run_finds_nothing(world: World) -> None:
    record(world, "clerk")
    record(world, "clerk2", day=LAST + timedelta(days=1))
    assert suspend_past(LATE).suspended == ("clerk",)
    again = suspend_past(LATE)
    assert (again.suspended, again.left_alone) == ((), ())
    assert len(events_of("account_status_changed")) == 1
    assert suspend_past(operator(at(2026, 12, 2, 2))).suspended == ("clerk2",)


@pytest.mark.parametrize("kind", [Kind.CANCEL, Kind.CHANGE])
def test_an_application_under_way_is_not_one_that_is_completed(world: World, kind: Kind) -> None:
    add_cast(world)
    record(world, "clerk", Leaving.MOVE)
    case = begin_case(world, Role.GENERAL_USER, kind)
    case.go_to(len(case.flow.steps) - 1)
    assert suspend_past(LATE).suspended == ("clerk",)


@pytest.mark.parametrize("kind", [Kind.CANCEL, Kind.CHANGE])
def test_a_completed_application_keeps_the_night_away(world: World, kind: Kind) -> None:
    add_cast(world)
    record(world, "clerk", Leaving.MOVE)
    case = begin_case(world, Role.GENERAL_USER, kind)
    case.go_to(len(case.flow.steps))
    before = account_of(world, "clerk").status
    assert suspend_past(LATE).suspended == ()
    assert account_of(world, "clerk").status == before


@pytest.mark.parametrize("status", ["suspended", "cancelled"])
def test_who_is_closed_already_is_left_as_it_is(world: World, status: str) -> None:
    record(world, "clerk")
    with transaction() as db:
        account = db.get_one(Account, world.accounts["clerk"])
        account.status, account.status_reason = status, "先前的原因"
    assert suspend_past(LATE).suspended == ()
    assert account_of(world, "clerk").status_reason == "先前的原因"


def test_two_entries_of_one_person_are_settled_together(world: World) -> None:
    record(world, "clerk", Leaving.MOVE, date(2026, 11, 25))
    record(world, "clerk", Leaving.LEAVE, LAST)
    record(world, "clerk", Leaving.LEAVE, date(2026, 12, 31))
    assert suspend_past(LATE).suspended == ("clerk",)
    assert [settled for _, _, settled in entries_of(world, "clerk")] == ["suspended"] * 2 + [""]
    account = account_of(world, "clerk")
    assert account.leaving_on == date(2026, 12, 31)
    assert account.status_reason.startswith("115年11月25日異動，逾期未完成權限異動或帳號註銷申請")


def test_the_last_manager_is_named_and_not_suspended_and_stops_nobody(world: World) -> None:
    record(world, "works_manager", by="works_head")
    record(world, "works_clerk", by="works_head")
    record(world, "clerk")
    night = suspend_past(LATE)
    assert night.suspended == ("clerk", "works_clerk")
    (left,) = night.left_alone
    assert (left.username, left.effective_on) == ("works_manager", "2026-11-30")
    assert "最後一位" in left.sentence
    assert account_of(world, "works_manager").status == "active"
    assert entries_of(world, "works_manager") == [("leave", LAST, "")]
    assert night.as_dict()["left_alone"][0]["username"] == "works_manager"
    # Named again every night, until there is another manager.
    assert [one.username for one in suspend_past(LATE).left_alone] == ["works_manager"]


def test_one_bad_account_does_not_stop_the_others(world: World) -> None:
    for who in ("clerk", "clerk2"):
        record(world, who)
    with transaction() as db:
        db.get_one(Account, world.accounts["clerk"]).role = "no such role"
    night = suspend_past(LATE)
    assert night.suspended == ("clerk2",)
    assert [(one.username, one.sentence) for one in night.left_alone] == [("clerk", FAULT)]
    assert account_of(world, "clerk").status == "active"
    assert entries_of(world, "clerk") == [("leave", LAST, "")]


def test_only_the_command_line_runs_it(world: World) -> None:
    record_leaving(
        world.actor("head"),
        world.accounts["clerk"],
        Leaving.LEAVE,
        NOW.date() - timedelta(days=5),
        expected_leaving_on=None,
    )
    with pytest.raises(Refused, match=r"manage\.py"):
        suspend_past(world.actor("system_manager"))
    assert account_of(world, "clerk").status == "active"
