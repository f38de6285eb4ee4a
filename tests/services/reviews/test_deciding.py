"""Preparing and deciding: by whom, only what was seen, all or none, and never one's own."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.actor import operator
from services.errors import Conflict, Invalid, Refused, UserError
from services.regulation.access_review import Choice
from services.regulation.items import Item
from services.reviews.deciding import Decision, decide, prepare
from services.reviews.listing import LineFilters, line_detail, list_lines
from services.reviews.opening import open_due_reviews
from services.reviews.overview import agency_reviews, list_reviews
from services.reviews.view import view_review
from tests.services.reviews.helping import (
    HELD,
    TAX,
    change,
    decision,
    events_of,
    line_of,
    opened,
    rows,
)
from tests.world import EVERYBODY, NOW, World, at

TAX1 = ("clerk", "clerk2", "head", "auditor", "unit_manager", "agency_manager")
GENERAL = ("clerk", "clerk2", "head", "auditor")
MANAGERS = {
    # Clauses 4.2 to 4.4, spelt out: who decides whose line of the tax office.
    "agency_manager": {*GENERAL, "unit_manager", "ethics", "agency_head", "clerk_tax2"},
    "system_manager": {"agency_manager"},
}
PREPARERS = {
    "unit_manager": set(GENERAL),
    "agency_manager": MANAGERS["agency_manager"],
}

Act = Callable[[Any, int, Sequence[Decision]], None]


@pytest.mark.parametrize("who", [*EVERYBODY, "operator"])
@pytest.mark.parametrize(("act", "allowed"), [(prepare, PREPARERS), (decide, MANAGERS)])
def test_who_may_do_it_to_whose_line(
    world: World, who: str, act: Act, allowed: dict[str, set[str]]
) -> None:
    campaign = opened(world)
    actor = operator(NOW) if who == "operator" else world.actor(who)
    lines, done = rows(world, campaign), set()
    for name, row in lines.items():
        try:
            act(actor, campaign, [decision(row, Choice.KEEP)])
        except Refused:
            continue
        done.add(name)
    assert done == allowed.get(who, set())
    assert len(events_of("refused")) == len(TAX) - len(done)


def test_the_list_says_beforehand_what_is_refused(world: World) -> None:
    campaign = opened(world)
    for who, allowed in MANAGERS.items():
        found = rows(world, campaign, who)
        assert {name for name, row in found.items() if row.decide_problem is None} == allowed
    found = rows(world, campaign, "agency_manager")
    assert (
        found["agency_manager"].decide_problem == "不能核定自己的帳號；請由管理您帳號的管理者辦理。"
    )
    prepared = rows(world, campaign, "unit_manager")
    free = {name for name, row in prepared.items() if row.prepare_problem is None}
    assert free == PREPARERS["unit_manager"]


@pytest.mark.parametrize("choice", Choice)
def test_a_second_agency_manager_may_keep_the_first_and_no_more(
    world: World, choice: Choice
) -> None:
    """Clause 4.3 gives agency managers no account of their like; keeping acts on none."""
    campaign = opened(world)
    peer = replace(world.actor("agency_manager"), account_id=world.accounts["ethics"])
    row = rows(world, campaign)["agency_manager"]
    left = [Item.LAND_OWNERSHIP] if choice is Choice.REDUCE else None
    if choice is Choice.KEEP:
        decide(peer, campaign, [decision(row, choice)])
    else:
        with pytest.raises(Refused, match="機關管理者的帳號由系統管理者辦理"):
            decide(peer, campaign, [decision(row, choice, "另有任用", left)])
    with pytest.raises(Refused):
        prepare(peer, campaign, [decision(row, Choice.KEEP)])


def test_the_only_system_manager_does_not_hold_up_the_bureau(world: World) -> None:
    open_due_reviews(operator(NOW))
    campaign = next(
        one.open_id for one in agency_reviews(world.actor("reviewer")) if one.code == "LAND"
    )
    assert campaign is not None
    row = rows(world, campaign, "reviewer")["system_manager"]
    with pytest.raises(Refused, match="不能核定自己"):
        decide(world.actor("system_manager"), campaign, [decision(row, Choice.KEEP)])
    bureau = replace(
        world.actor("agency_manager"),
        agency_id=world.agencies["bureau"],
        unit_id=world.units["bureau1"],
    )
    with pytest.raises(Refused):
        decide(bureau, campaign, [decision(row, Choice.SUSPEND)])
    decide(bureau, campaign, [decision(row, Choice.KEEP)])


@pytest.mark.parametrize("choice", Choice)
@pytest.mark.parametrize("act", [prepare, decide])
def test_what_was_said_is_kept_with_who_and_when(world: World, act: Act, choice: Choice) -> None:
    campaign = opened(world)
    left = [Item.LAND_OWNERSHIP] if choice is Choice.REDUCE else None
    row = rows(world, campaign)["clerk"]
    act(world.actor("agency_manager"), campaign, [decision(row, choice, " 業務調整 ", left)])
    line, what = line_of(world, campaign, "clerk"), act.__name__ + "d"
    assert getattr(line, what) == choice.value
    assert getattr(line, f"{what}_note") == "業務調整"
    assert getattr(line, f"{what}_items") == (["LandOwnership"] if left else None)
    assert getattr(line, f"{what}_by") == world.accounts["agency_manager"]
    assert getattr(line, f"{what}_at") == NOW
    (event,) = events_of(f"review_{what}")
    assert {key: value for key, value in event.detail.items() if value} == {choice.value: ["clerk"]}


@pytest.mark.parametrize(
    ("choice", "note", "items", "says"),
    [
        (Choice.SUSPEND, "", None, "請敘明原因"),
        (Choice.CANCEL, " 字 ", None, "請敘明原因"),
        (Choice.REDUCE, "", [Item.LAND_OWNERSHIP], "請敘明原因"),
        (Choice.KEEP, "長" * 201, None, "最多 200 個字"),
        (Choice.REDUCE, "業務調整", None, "請指定留下的項目"),
        (Choice.REDUCE, "業務調整", HELD, "須少於現有的項目"),
        (Choice.REDUCE, "業務調整", [Item.CADASTRAL_MAP], "須少於現有的項目"),
        (Choice.KEEP, "", [Item.LAND_OWNERSHIP], "只有減列項目"),
    ],
)
def test_what_is_not_accepted_says_why(
    world: World, choice: Choice, note: str, items: Any, says: str
) -> None:
    campaign = opened(world)
    row = rows(world, campaign)["clerk"]
    with pytest.raises(Invalid, match=says):
        decide(world.actor("agency_manager"), campaign, [decision(row, choice, note, items)])
    assert line_of(world, campaign, "clerk").decided == ""


def test_a_suspended_account_is_kept_suspended_or_cancelled(world: World) -> None:
    change(world, "clerk", status="suspended", suspended_at=NOW)
    campaign = opened(world)
    manager, row = world.actor("agency_manager"), rows(world, campaign)["clerk"]
    with pytest.raises(Conflict, match="已停權；請選擇保留"):
        decide(manager, campaign, [decision(row, Choice.SUSPEND)])
    decide(manager, campaign, [decision(row, Choice.CANCEL)])


def test_many_at_once_are_all_decided_or_none(world: World) -> None:
    campaign = opened(world)
    manager, found = world.actor("agency_manager"), rows(world, campaign)
    many = [decision(found[who], Choice.SUSPEND) for who in ("clerk", "clerk2", "head")]
    with pytest.raises(Refused, match="不能核定自己"):
        decide(manager, campaign, [*many, decision(found["agency_manager"], Choice.KEEP)])
    with pytest.raises(Invalid, match="每個帳號一次"):
        decide(manager, campaign, [*many, many[0]])
    with pytest.raises(Invalid, match="請選取"):
        decide(manager, campaign, [])
    assert view_review(manager, campaign).decided == 0
    decide(manager, campaign, many)
    assert view_review(manager, campaign).choices[Choice.SUSPEND] == 3
    (event,) = events_of("review_decided")
    assert event.detail["suspend"] == ["clerk", "clerk2", "head"]


def test_only_what_was_seen_is_decided(world: World) -> None:
    campaign = opened(world)
    manager, row = world.actor("agency_manager"), rows(world, campaign)["clerk"]
    prepare(world.actor("unit_manager"), campaign, [decision(row, Choice.SUSPEND)])
    with pytest.raises(Conflict, match="剛剛有變動"):
        decide(manager, campaign, [decision(row, Choice.KEEP)])
    row = rows(world, campaign)["clerk"]
    decide(manager, campaign, [decision(row, Choice.KEEP)])
    with pytest.raises(Conflict, match="剛剛有變動"):
        decide(manager, campaign, [decision(row, Choice.CANCEL)])
    decide(manager, campaign, [decision(rows(world, campaign)["clerk"], Choice.CANCEL)])
    assert line_of(world, campaign, "clerk").decided == "cancel"


def test_what_is_decided_is_not_prepared_any_more(world: World) -> None:
    campaign = opened(world)
    decide(
        world.actor("agency_manager"),
        campaign,
        [decision(rows(world, campaign)["clerk"], Choice.KEEP)],
    )
    with pytest.raises(Conflict, match="已核定，不能再初核"):
        prepare(
            world.actor("unit_manager"),
            campaign,
            [decision(rows(world, campaign)["clerk"], Choice.KEEP)],
        )


def test_two_who_decide_the_same_line_at_once(world: World) -> None:
    campaign = opened(world)
    manager, row = world.actor("agency_manager"), rows(world, campaign)["clerk"]
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def go(choice: Choice) -> None:
        start.wait()
        try:
            decide(manager, campaign, [decision(row, choice)])
            outcomes.append(choice.value)
        except UserError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=go, args=(c,)) for c in (Choice.KEEP, Choice.CANCEL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [outcome for outcome in outcomes if outcome != "Conflict"]
    assert len(outcomes) == 2
    assert line_of(world, campaign, "clerk").decided == won
    assert len(events_of("review_decided")) == 1


def test_an_account_that_changed_meanwhile_is_named_and_looked_at_anew(world: World) -> None:
    campaign = opened(world)
    manager, found = world.actor("agency_manager"), rows(world, campaign)
    change(world, "clerk", status="suspended", suspended_at=NOW)
    both = [decision(found[who], Choice.KEEP) for who in ("clerk", "clerk2")]
    with pytest.raises(Conflict, match=r"測試001（clerk）。"):
        decide(manager, campaign, both)
    assert line_of(world, campaign, "clerk2").decided == ""
    assert rows(world, campaign)["clerk"].facts.status.value == "suspended"
    (event,) = events_of("review_lines_renewed")
    assert event.detail == {"lines": ["clerk"]}
    found = rows(world, campaign)
    decide(manager, campaign, [decision(found[who], Choice.KEEP) for who in ("clerk", "clerk2")])


def test_an_account_cancelled_meanwhile_can_only_be_put_down_as_cancelled(world: World) -> None:
    campaign = opened(world)
    manager = world.actor("agency_manager")
    change(world, "clerk", status="cancelled", cancelled_at=NOW)
    with pytest.raises(Conflict, match="已有異動"):
        decide(manager, campaign, [decision(rows(world, campaign)["clerk"], Choice.KEEP)])
    row = rows(world, campaign)["clerk"]
    assert row.suggested is Choice.CANCEL
    with pytest.raises(Conflict, match="只能核定註銷"):
        decide(manager, campaign, [decision(row, Choice.KEEP)])
    decide(manager, campaign, [decision(row, Choice.CANCEL)])


def test_an_account_that_moved_to_another_agency_is_left_to_that_one(world: World) -> None:
    campaign = opened(world)
    manager = world.actor("agency_manager")
    change(world, "clerk", unit_id=world.units["works1"])
    with pytest.raises(Conflict, match="已有異動"):
        decide(manager, campaign, [decision(rows(world, campaign)["clerk"], Choice.CANCEL)])
    row = rows(world, campaign)["clerk"]
    assert row.suggested is Choice.KEEP
    with pytest.raises(Conflict, match="由該機關管理"):
        decide(manager, campaign, [decision(row, Choice.CANCEL)])
    decide(manager, campaign, [decision(row, Choice.KEEP)])


def test_everybody_sees_the_lines_of_their_reach_and_no_more(world: World) -> None:
    campaign = opened(world)
    opened(world, "works_manager", "works")
    assert set(rows(world, campaign, "unit_manager")) == set(TAX1)
    for who in ("agency_manager", "system_manager", "reviewer"):
        assert set(rows(world, campaign, who)) == set(TAX)
    unit_manager = world.actor("unit_manager")
    view = view_review(unit_manager, campaign)
    assert [(unit.code, unit.lines) for unit in view.units] == [("TAX-DAAN", len(TAX1))]
    assert [one.code for one in agency_reviews(unit_manager)] == ["TAX"]
    assert [one.id for one in list_reviews(unit_manager)] == [campaign]
    assert {one.code for one in agency_reviews(world.actor("reviewer"))} == {"TAX", "PWD", "LAND"}
    other = world.actor("works_manager")
    for foreign in (campaign, 999_999):
        for look in (
            lambda number: view_review(other, number),
            lambda number: list_lines(other, number, LineFilters(), None, 10),
            lambda number: line_detail(other, number, world.accounts["clerk"]),
        ):
            with pytest.raises(Refused, match="您沒有對此項目"):
                look(foreign)
    with pytest.raises(Refused):
        list_lines(unit_manager, campaign, LineFilters(unit_id=world.units["tax2"]), None, 10)
    with pytest.raises(Refused):
        line_detail(unit_manager, campaign, world.accounts["clerk_tax2"])


def test_a_look_at_one_line_is_on_record_and_at_ones_own_is_not(world: World) -> None:
    campaign = opened(world)
    manager = world.actor("agency_manager")
    for who in ("clerk", "agency_manager"):
        line_detail(manager, campaign, world.accounts[who])
    assert [event.object_id for event in events_of("account_viewed")] == [
        str(world.accounts["clerk"])
    ]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (LineFilters(), set(TAX)),
        (LineFilters(put_forward=True), set(TAX) - {"clerk", "clerk2"}),
        (LineFilters(undecided=True), set(TAX) - {"head"}),
        (LineFilters(text="測試001"), {"clerk"}),
        (LineFilters(text="（clerk）"), {"clerk", "clerk2", "clerk_tax2"}),
        (LineFilters(text="100%_"), set()),
        (LineFilters(undecided=True, put_forward=True, text="head"), {"agency_head"}),
    ],
)
def test_every_filter_narrows_the_list(world: World, filters: LineFilters, found: set[str]) -> None:
    for item in HELD:
        world.use("clerk", at(2026, 11, 1), item=item.value)
        world.use("clerk2", at(2026, 11, 1), item=item.value)
    campaign = opened(world)
    manager = world.actor("agency_manager")
    decide(manager, campaign, [decision(rows(world, campaign)["head"], Choice.KEEP)])
    names = {id_: name for name, id_ in world.accounts.items()}
    page = list_lines(manager, campaign, filters, None, 100)
    assert {names[row.account_id] for row in page.rows} == found
    assert page.total == len(found)


def test_what_waits_for_the_person_is_what_is_counted_for_them(world: World) -> None:
    campaign = opened(world)
    names = {id_: name for name, id_ in world.accounts.items()}

    def waits(who: str) -> set[str]:
        page = list_lines(world.actor(who), campaign, LineFilters(mine=True), None, 100)
        assert page.total == len(page.rows)
        return {names[row.account_id] for row in page.rows}

    assert waits("unit_manager") == {"clerk", "clerk2", "head", "auditor"}
    assert waits("agency_manager") == set(TAX) - {"agency_manager"}
    assert waits("system_manager") == {"agency_manager"}
    assert waits("reviewer") == set()
    found = rows(world, campaign)
    prepare(world.actor("unit_manager"), campaign, [decision(found["clerk"], Choice.KEEP)])
    decide(world.actor("agency_manager"), campaign, [decision(found["clerk2"], Choice.KEEP)])
    assert waits("unit_manager") == {"head", "auditor"}
    assert waits("agency_manager") == set(TAX) - {"agency_manager", "clerk2"}


@pytest.mark.parametrize("size", [1, 2, 4, 9, 100])
def test_pages_hold_every_line_once(world: World, size: int) -> None:
    campaign = opened(world)
    manager, seen, after = world.actor("agency_manager"), [], None
    while True:
        page = list_lines(manager, campaign, LineFilters(), after, size)
        seen += [row.account_id for row in page.rows]
        after = page.next_after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == len(TAX) == page.total


def test_what_is_left_to_do_is_counted_for_each(world: World) -> None:
    campaign = opened(world)

    def left(who: str) -> tuple[int, int]:
        tax = next(one for one in agency_reviews(world.actor(who)) if one.code == "TAX")
        return tax.to_prepare, tax.to_decide

    assert {who: left(who) for who in ("unit_manager", "agency_manager", "system_manager", "reviewer")} == {
        "unit_manager": (4, 0), "agency_manager": (8, 8), "system_manager": (0, 1), "reviewer": (0, 0),
    }  # fmt: skip
    found = rows(world, campaign)
    prepare(world.actor("unit_manager"), campaign, [decision(found["clerk"], Choice.KEEP)])
    decide(world.actor("agency_manager"), campaign, [decision(found["clerk2"], Choice.KEEP)])
    decide(
        world.actor("system_manager"), campaign, [decision(found["agency_manager"], Choice.KEEP)]
    )
    assert [left(who) for who in ("unit_manager", "agency_manager", "system_manager")] == [
        (2, 0), (6, 7), (0, 0),
    ]  # fmt: skip
