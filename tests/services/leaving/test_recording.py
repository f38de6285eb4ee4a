"""Leaving and moving recorded, taken back, listed, and settled by what happens to the account."""

import threading
from datetime import date, timedelta

import pytest

from data.engine import transaction
from data.models import Account
from services.accounts.changes import set_status
from services.accounts.leaving.listing import (
    leaving_card,
    open_leavings,
    own_leavings,
    unprepared,
)
from services.accounts.leaving.recording import record_leaving, withdraw_leaving
from services.applications import applying
from services.errors import Conflict, Invalid, Refused, UserError
from services.regulation.items import Item
from services.regulation.leaving import Leaving
from services.regulation.roles import AccountStatus, Role
from services.regulation.workflows import Kind
from tests.services.applications.cast import Case, add_cast, begin_case
from tests.services.leaving.told import (
    LAST,
    TODAY,
    account_of,
    entries_of,
    events_of,
    on,
    record,
)
from tests.world import NOW, World, at

LEAVE, MOVE = Leaving.LEAVE, Leaving.MOVE


@pytest.mark.parametrize("by", ["head", "unit_manager", "agency_manager"])
@pytest.mark.parametrize("kind", list(Leaving))
def test_heads_and_managers_record_it_and_the_account_follows(
    world: World, by: str, kind: Leaving
) -> None:
    record(world, "clerk", kind, by=by)
    assert entries_of(world, "clerk") == [(kind.value, LAST, "")]
    assert account_of(world, "clerk").leaving_on == LAST
    (event,) = events_of("leaving_recorded")
    assert (event.object_id, event.account_id) == (str(world.accounts["clerk"]), world.accounts[by])
    assert event.detail == {
        "kind": kind.value,
        "effective_on": "2026-11-30",
        "entered": "manual",
        "note": "",
    }


@pytest.mark.parametrize(
    ("by", "who"),
    [
        ("head", "clerk_tax2"),
        ("unit_manager", "clerk_tax2"),
        ("agency_manager", "works_clerk"),
        ("works_head", "clerk"),
        ("clerk", "clerk2"),
        ("auditor", "clerk"),
        ("agency_head", "clerk"),
        ("system_manager", "clerk"),
    ],
)
def test_nobody_records_it_out_of_reach(world: World, by: str, who: str) -> None:
    with pytest.raises(Refused) as refused:
        record(world, who, by=by)
    with pytest.raises(Refused) as absent:
        record_leaving(world.actor(by), 999_999, LEAVE, LAST, expected_leaving_on=None)
    assert str(refused.value) == str(absent.value)
    assert entries_of(world, who) == []


@pytest.mark.parametrize("who", ["head", "unit_manager", "agency_manager"])
def test_nobody_records_or_takes_back_their_own(world: World, who: str) -> None:
    with pytest.raises(Refused, match="自己的離職或異動"):
        record(world, who, by=who)
    other = "agency_manager" if who != "agency_manager" else "head"
    entry = record(world, who, by=other)
    with pytest.raises(Refused, match="自己的離職或異動"):
        withdraw_leaving(world.actor(who), world.accounts[who], entry, "不走了")
    assert entries_of(world, who) == [("leave", LAST, "")]


@pytest.mark.parametrize(
    ("day", "taken"),
    [
        (TODAY, True),
        (TODAY - timedelta(days=1), True),
        (TODAY - timedelta(days=366), True),
        (TODAY - timedelta(days=367), False),
        (TODAY + timedelta(days=731), True),
        (TODAY + timedelta(days=732), False),
        (date(1026, 11, 30), False),
    ],
)
def test_a_date_that_cannot_be_meant_is_invalid(world: World, day: date, taken: bool) -> None:
    if taken:
        record(world, "clerk", day=day)
        assert account_of(world, "clerk").leaving_on == day
        return
    with pytest.raises(Invalid, match="不合理"):
        record(world, "clerk", day=day)
    assert entries_of(world, "clerk") == []


def test_the_account_follows_the_earliest_open_entry(world: World) -> None:
    later = record(world, "clerk", LEAVE, date(2026, 12, 31))
    earlier = record(world, "clerk", MOVE, LAST)
    assert account_of(world, "clerk").leaving_on == LAST
    head, clerk = world.actor("head"), world.accounts["clerk"]
    withdraw_leaving(head, clerk, earlier, "商調取消")
    assert account_of(world, "clerk").leaving_on == date(2026, 12, 31)
    withdraw_leaving(head, clerk, later, "慰留")
    assert account_of(world, "clerk").leaving_on is None
    assert [event.detail["reason"] for event in events_of("leaving_settled")] == [
        "商調取消",
        "慰留",
    ]


def test_the_same_day_is_recorded_once_and_again_after_it_was_taken_back(world: World) -> None:
    entry = record(world, "clerk")
    with pytest.raises(Conflict, match="先前已登錄"):
        record(world, "clerk")
    withdraw_leaving(world.actor("head"), world.accounts["clerk"], entry, "商調取消")
    with pytest.raises(Conflict, match="已經辦結或撤回"):
        withdraw_leaving(world.actor("head"), world.accounts["clerk"], entry, "商調取消")
    assert record(world, "clerk") == entry
    assert entries_of(world, "clerk") == [("leave", LAST, "")]
    assert len(events_of("leaving_recorded")) == 2


@pytest.mark.parametrize("reason", ["", "　", "病", "長" * 201])
def test_taking_back_needs_a_reason(world: World, reason: str) -> None:
    entry = record(world, "clerk")
    with pytest.raises(Invalid, match="原因"):
        withdraw_leaving(world.actor("head"), world.accounts["clerk"], entry, reason)
    assert entries_of(world, "clerk") == [("leave", LAST, "")]


def test_an_entry_is_taken_back_only_on_its_own_account(world: World) -> None:
    entry = record(world, "works_clerk", by="works_head")
    with pytest.raises(Conflict):
        withdraw_leaving(world.actor("head"), world.accounts["clerk"], entry, "商調取消")
    assert entries_of(world, "works_clerk") == [("leave", LAST, "")]


def test_what_was_on_screen_counts(world: World) -> None:
    record(world, "clerk")
    with pytest.raises(Conflict, match="由其他人"):
        record_leaving(
            world.actor("unit_manager"),
            world.accounts["clerk"],
            MOVE,
            LAST,
            expected_leaving_on=None,
        )
    assert entries_of(world, "clerk") == [("leave", LAST, "")]


def test_of_two_at_once_exactly_one_records_it(world: World) -> None:
    people = [world.actor("head"), world.actor("unit_manager")]
    clerk, start, outcomes = world.accounts["clerk"], threading.Barrier(2), list[str]()

    def try_it(number: int) -> None:
        start.wait()
        try:
            day = LAST + timedelta(days=number)
            record_leaving(people[number], clerk, LEAVE, day, expected_leaving_on=None)
            outcomes.append("done")
        except UserError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["Conflict", "done"]
    assert len(entries_of(world, "clerk")) == 1


def test_a_cancelled_account_has_nothing_to_record(world: World) -> None:
    entry = record(world, "clerk")
    manager, clerk = world.actor("unit_manager"), world.accounts["clerk"]
    set_status(
        manager, clerk, AccountStatus.CANCELLED, "離職", expected_status=AccountStatus.ACTIVE
    )
    assert entries_of(world, "clerk") == [("leave", LAST, "cancelled")]
    assert account_of(world, "clerk").leaving_on is None
    with pytest.raises(Invalid, match="已註銷"):
        record(world, "clerk", MOVE)
    with pytest.raises(Conflict):
        withdraw_leaving(manager, clerk, entry, "商調取消")
    assert leaving_card(manager, clerk) is None


# --- lists -------------------------------------------------------------------------------------

APPLIED = {
    # what is recorded, what is applied for: whether that answers it
    (LEAVE, Kind.CANCEL): True,
    (LEAVE, Kind.CHANGE): False,
    (MOVE, Kind.CANCEL): True,
    (MOVE, Kind.CHANGE): True,
}


@pytest.mark.parametrize(("case", "answered"), APPLIED.items())
def test_a_line_names_the_application_that_answers_it(
    world: World, case: tuple[Leaving, Kind], answered: bool
) -> None:
    leaving, kind = case
    record(world, "clerk", leaving)
    head, clerk = world.actor("head"), world.actor("clerk")
    assert unprepared(head) == 1
    sent = applying.apply_own(clerk, kind, "離職或異動", items=(Item.LAND_DESCRIPTION,))
    expected = f"{sent.number} 辦理中" if answered else ""
    for lines in (open_leavings(head), own_leavings(clerk)):
        assert [(line.application, line.days_left) for line in lines] == [(expected, 7)]
    card = leaving_card(head, world.accounts["clerk"])
    assert card is not None
    assert (card.leaving_on, card.lines) == (LAST, open_leavings(head))
    assert unprepared(head) == (not answered)


def test_lists_are_ordered_by_day_and_hold_what_is_within_reach(world: World) -> None:
    record(world, "clerk2", day=date(2026, 12, 31))
    record(world, "clerk", day=date(2026, 11, 20))
    record(world, "clerk_tax2", by="agency_manager")
    record(world, "works_clerk", by="works_head")
    listed = {
        by: [line.username for line in open_leavings(world.actor(by))]
        for by in ("head", "agency_manager", "works_manager")
    }
    assert listed == {
        "head": ["clerk", "clerk2"],
        "agency_manager": ["clerk", "clerk_tax2", "clerk2"],
        "works_manager": ["works_clerk"],
    }
    assert [line.days_left for line in open_leavings(world.actor("head"))] == [-3, 38]
    assert own_leavings(world.actor("head")) == ()


@pytest.mark.parametrize(
    ("day", "counted"),
    [
        (TODAY - timedelta(days=3), 1),
        (TODAY, 1),
        (TODAY + timedelta(days=14), 1),
        (TODAY + timedelta(days=15), 0),
    ],
)
def test_managers_are_told_of_those_who_leave_soon(world: World, day: date, counted: int) -> None:
    record(world, "clerk", day=day)
    assert unprepared(world.actor("agency_manager")) == counted
    assert unprepared(world.actor("works_manager")) == 0


def test_the_own_leaving_and_closed_accounts_are_nobodys_reminder(world: World) -> None:
    record(world, "head", by="agency_manager")
    record(world, "clerk")
    with transaction() as db:
        db.get_one(Account, world.accounts["clerk"]).status = "suspended"
    assert unprepared(world.actor("head")) == 0
    assert unprepared(world.actor("agency_manager")) == 1


# --- settled by applications ---------------------------------------------------------------------


def complete(world: World, kind: Kind) -> Case:
    case = begin_case(world, Role.GENERAL_USER, kind)
    case.go_to(len(case.flow.steps))
    return case


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        (Kind.CANCEL, [("leave", date(2026, 12, 31), "cancelled"), ("move", LAST, "cancelled")]),
        (Kind.CHANGE, [("leave", date(2026, 12, 31), ""), ("move", LAST, "changed")]),
    ],
)
def test_a_completed_application_settles_what_it_answers(
    world: World, kind: Kind, left: list[tuple[str, date, str]]
) -> None:
    add_cast(world)
    record(world, "clerk", LEAVE, date(2026, 12, 31))
    record(world, "clerk", MOVE, LAST)
    complete(world, kind)
    assert sorted(entries_of(world, "clerk")) == left
    still = [day for _, day, settled in left if not settled]
    assert account_of(world, "clerk").leaving_on == (still[0] if still else None)


def test_a_change_of_items_from_before_is_no_answer_to_a_move(world: World) -> None:
    add_cast(world)
    case = begin_case(world, Role.GENERAL_USER, Kind.CHANGE)
    later = world.actor("head", NOW + timedelta(minutes=5))
    record_leaving(later, world.accounts["clerk"], MOVE, LAST, expected_leaving_on=None)
    case.go_to(len(case.flow.steps))
    assert entries_of(world, "clerk") == [("move", LAST, "")]
    assert account_of(world, "clerk").leaving_on == LAST


def test_reinstating_settles_what_is_past_and_leaves_what_is_to_come(world: World) -> None:
    add_cast(world)
    record(world, "clerk", MOVE, TODAY - timedelta(days=1))
    record(world, "clerk", LEAVE, TODAY)
    complete(world, Kind.REINSTATE)
    assert entries_of(world, "clerk") == [
        ("move", TODAY - timedelta(days=1), "reinstated"),
        ("leave", TODAY, ""),
    ]
    assert account_of(world, "clerk").leaving_on == TODAY


def test_the_day_is_taipeis(world: World) -> None:
    record(world, "clerk")
    head = on(world.actor("head"), LAST)
    (line,) = open_leavings(head.at(at(2026, 11, 30, 23)))
    assert line.days_left == 0
    (line,) = open_leavings(head.at(at(2026, 12, 1, 0)))
    assert line.days_left == -1
