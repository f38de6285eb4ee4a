"""Opening a review: who may, when the system does, what it sees, and never two at once."""

import threading
from datetime import date, timedelta

import pytest

from data.engine import transaction
from data.models import AccountItem, ReviewCampaign, SignInSession
from services.actor import operator
from services.errors import Conflict, Refused
from services.regulation.access_review import Choice, Flag
from services.regulation.items import Item
from services.regulation.roles import AccountStatus
from services.reviews.closing import close_review
from services.reviews.opening import open_due_reviews, open_review
from services.reviews.overview import agency_reviews
from services.reviews.view import view_review
from tests.services.reviews.helping import (
    HELD,
    TAX,
    change,
    decide_all,
    events_of,
    line_of,
    opened,
    rows,
)
from tests.world import EVERYBODY, NOW, World, at


def test_every_account_that_is_not_cancelled_gets_a_line(world: World) -> None:
    change(world, "clerk2", status="cancelled", cancelled_at=NOW)
    change(world, "clerk", status="suspended", suspended_at=NOW)
    campaign = opened(world)
    assert set(rows(world, campaign)) == set(TAX) - {"clerk2"}
    assert rows(world, campaign)["clerk"].facts.status is AccountStatus.SUSPENDED
    (event,) = events_of("review_opened")
    assert event.object_id == str(campaign)
    assert event.detail == {"accounts": len(TAX) - 1, "due_on": "2024-07-02"}


def test_use_is_summed_by_item_within_the_period_only(world: World) -> None:
    # Opened on 23 November: the period runs from 23 May to 22 November, in Taipei days.
    inside, outside = (
        (at(2026, 5, 23, 0), at(2026, 11, 22, 23)),
        (at(2026, 5, 22, 23), at(2026, 11, 23, 0)),
    )
    world.use("clerk", *inside, *outside)
    world.use("clerk", at(2026, 8, 1), item=Item.LAND_DESCRIPTION.value, flags="vague")
    world.use("clerk", at(2026, 8, 2), item=Item.CADASTRAL_MAP.value, item_authorised=False)
    world.use("clerk_tax2", at(2026, 8, 2))
    row = rows(world, opened(world))["clerk"]
    assert row.used == {Item.LAND_OWNERSHIP: 2, Item.LAND_DESCRIPTION: 1, Item.CADASTRAL_MAP: 1}
    assert row.facts.uses == 4
    assert row.facts.last_used_on == date(2026, 11, 23)
    assert row.facts.unused_items == {Item.BUILDING_DESCRIPTION}
    assert row.flags == (Flag.NOT_AUTHORISED, Flag.WEAK_PURPOSE)
    assert row.suggested is Choice.REDUCE
    assert row.suggested_items == frozenset({Item.LAND_OWNERSHIP, Item.LAND_DESCRIPTION})


def test_the_last_use_is_a_record_a_query_or_a_sign_in(world: World) -> None:
    world.use("clerk", at(2025, 3, 1))
    change(world, "clerk2", last_used_at=at(2026, 4, 1))
    with transaction() as db:
        for number, moment in enumerate((at(2026, 9, 1), at(2026, 10, 2))):
            db.add(
                SignInSession(
                    id=f"session-{number}", account_id=world.accounts["head"],
                    started_at=moment, last_seen_at=moment,
                )
            )  # fmt: skip
    found = rows(world, opened(world))
    assert {
        who: found[who].facts.last_used_on for who in ("clerk", "clerk2", "head", "auditor")
    } == {
        "clerk": date(2025, 3, 1),
        "clerk2": date(2026, 4, 1),
        "head": date(2026, 10, 2),
        "auditor": None,
    }
    suggested = {who: found[who].suggested for who in ("clerk", "clerk2", "head", "auditor")}
    assert suggested == {
        "clerk": Choice.CANCEL, "clerk2": Choice.SUSPEND, "head": Choice.KEEP, "auditor": Choice.CANCEL,
    }  # fmt: skip


def test_an_item_granted_in_the_period_is_too_new_to_be_unused(world: World) -> None:
    with transaction() as db:
        db.add(
            AccountItem(
                account_id=world.accounts["clerk"],
                item=Item.CADASTRAL_MAP.value,
                granted_at=at(2026, 5, 23, 0),
            )
        )
    world.use("clerk", at(2026, 8, 1))
    row = rows(world, opened(world))["clerk"]
    assert row.facts.recent_items == {Item.CADASTRAL_MAP}
    assert row.suggested_items == frozenset({Item.CADASTRAL_MAP, Item.LAND_OWNERSHIP})
    assert row.facts.items == HELD | {Item.CADASTRAL_MAP}


@pytest.mark.parametrize("who", [*EVERYBODY, "operator"])
def test_only_the_agencys_manager_opens_its_review(world: World, who: str) -> None:
    actor = operator(NOW) if who == "operator" else world.actor(who)
    if who == "agency_manager":
        open_review(actor, world.agencies["tax"])
        return
    with pytest.raises(Refused):
        open_review(actor, world.agencies["tax"])
    assert len(events_of("refused")) == 1


def test_a_second_one_waits_until_the_first_is_closed(world: World) -> None:
    opened(world)
    with pytest.raises(Conflict, match="已有進行中的權限清查"):
        opened(world)
    opened(world, "works_manager", "works")


def test_two_who_open_at_once_open_one(world: World) -> None:
    actor = world.actor("agency_manager")
    outcomes: list[int | str] = []
    start = threading.Barrier(2)

    def go() -> None:
        start.wait()
        try:
            outcomes.append(open_review(actor, world.agencies["tax"]))
        except Conflict as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(outcome, int) for outcome in outcomes) == [False, True]
    assert len(events_of("review_opened")) == 1


def campaign(world: World, agency: str, opened_on: date, closed: bool = True) -> None:
    """An earlier review, as it would stand in the database."""
    moment = at(opened_on.year, opened_on.month, opened_on.day)
    with transaction() as db:
        db.add(
            ReviewCampaign(
                agency_id=world.agencies[agency], opened_at=moment, since=opened_on,
                due_on=opened_on, closed_at=moment + timedelta(days=9) if closed else None,
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("last", "opens"),
    [
        # Due on 7 December: a fortnight before is today.
        (date(2026, 6, 7), True),
        (date(2026, 6, 8), False),
        (date(2026, 1, 1), True),
    ],
)
def test_the_system_opens_by_itself_a_fortnight_before(
    world: World, last: date, opens: bool
) -> None:
    campaign(world, "tax", last)
    campaign(world, "works", date(2026, 11, 1))
    campaign(world, "bureau", date(2026, 1, 1), closed=False)
    found = open_due_reviews(operator(NOW))
    assert [one.agency_code for one in found] == (["TAX"] if opens else [])
    assert [one.lines for one in found] == ([len(TAX)] if opens else [])
    assert open_due_reviews(operator(NOW)) == ()
    for event in events_of("review_opened"):
        assert (event.account_id, event.actor_name) == (None, "系統維運")


def test_an_agency_that_never_had_a_review_counts_from_its_first_account(world: World) -> None:
    # Everybody was created on 2 January 2024.
    before = operator(at(2024, 6, 17))
    assert open_due_reviews(before) == ()
    on_the_day = operator(at(2024, 6, 18))
    assert [one.due_on for one in open_due_reviews(on_the_day)] == ["2024-07-02"] * 3


def test_an_agency_without_accounts_owes_nothing(world: World) -> None:
    for who in ("works_clerk", "works_head", "works_manager"):
        change(world, who, status="cancelled", cancelled_at=NOW)
    assert {one.agency_code for one in open_due_reviews(operator(NOW))} == {"TAX", "LAND"}
    assert {one.code for one in agency_reviews(world.actor("reviewer"))} == {"TAX", "LAND"}


def test_the_day_after_the_due_day_is_overdue(world: World) -> None:
    campaign(world, "tax", date(2026, 5, 23))
    reviewer = world.actor("reviewer")

    def overdue(day: int) -> bool:
        found = agency_reviews(reviewer.at(at(2026, 11, day)))
        return next(one.overdue for one in found if one.code == "TAX")

    assert [overdue(day) for day in (22, 23, 24)] == [False, False, True]
    # An open one keeps the day on which it was due, however late it was opened.
    opened(world)
    assert [overdue(day) for day in (23, 24)] == [False, True]


def test_closing_counts_six_months_from_the_opening(world: World) -> None:
    number = opened(world)
    decide_all(world, number)
    manager = world.actor("agency_manager")
    close_review(manager, number, view_review(manager, number).plan)
    tax = agency_reviews(manager)[0]
    assert (tax.open_id, tax.latest_id, tax.due_on) == (None, number, date(2027, 5, 23))
    assert not tax.overdue
    assert line_of(world, number, "clerk").outcome == "保留"
