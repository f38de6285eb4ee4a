"""Who finds which documents, and at which state they stand: the same in SQL and in Python."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from data.engine import transaction
from data.models import Account, KeptDocument
from services.errors import NotFound, Refused
from services.papers.keeping import PaperKind
from services.papers.listing import (
    PaperFilters,
    custodians,
    list_papers,
    paper_detail,
    paper_units,
)
from services.papers.words import PaperState
from services.regulation.application_states import State
from services.regulation.retention import destroyable_from
from services.regulation.roles import Role
from services.rocdate import midnight
from tests.services.papers.helpers import application, cancel, kept, kept_for
from tests.world import EVERYBODY, NOW, World, at

ALL = PaperFilters()
KEEPERS = {"unit_manager", "agency_manager", "works_manager", "system_manager"}


def ids(world: World, who: str, filters: PaperFilters = ALL) -> set[int]:
    return {row.id for row in list_papers(world.actor(who), filters, None, 500).rows}


def test_the_managers_concerned_and_nobody_else(world: World) -> None:
    papers = {who: kept(world, who) for who in ("clerk", "unit_manager", "clerk_tax2")}
    papers |= {who: kept(world, who) for who in ("works_clerk", "works_manager", "agency_manager")}
    papers["system_manager"] = kept(world, "system_manager")
    expected = {
        "unit_manager": {"clerk"},
        "agency_manager": {"clerk", "unit_manager", "clerk_tax2"},
        "works_manager": {"works_clerk"},
        # Not about themselves, though they look after system managers.
        "system_manager": {"agency_manager", "works_manager"},
    }
    for who in EVERYBODY:
        if who not in KEEPERS:
            with pytest.raises(Refused):
                ids(world, who)
            continue
        assert ids(world, who) == {papers[about] for about in expected[who]}, who
        for about, paper in papers.items():
            if about in expected[who]:
                assert paper_detail(world.actor(who), paper).row.id == paper
            else:
                with pytest.raises(NotFound) as absent:
                    paper_detail(world.actor(who), 999_999)
                with pytest.raises(NotFound) as foreign:
                    paper_detail(world.actor(who), paper)
                assert str(absent.value) == str(foreign.value)


def test_a_custodian_who_has_moved_still_finds_what_they_keep(world: World) -> None:
    paper = kept(world, "clerk", custodian="unit_manager")
    with transaction() as db:
        moved = {"unit_id": world.units["works1"]}
        db.execute(
            update(Account).where(Account.id == world.accounts["unit_manager"]).values(moved)
        )
    assert ids(world, "unit_manager") == {paper}
    assert ids(world, "agency_manager") == {paper}
    assert ids(world, "works_manager") == set()


def test_nobody_keeps_papers_about_themselves(world: World) -> None:
    own = kept(world, "agency_manager", custodian="agency_manager")
    case = application(world, "tax1", State.OPEN, account="unit_manager")
    about_own = kept_for(world, case, "tax1")
    assert ids(world, "agency_manager") == {about_own}
    assert ids(world, "unit_manager") == set()
    with pytest.raises(NotFound):
        paper_detail(world.actor("agency_manager"), own)


def test_filters_and_pages(world: World) -> None:
    form = kept(world, "clerk", kind=PaperKind.FORM, mark="1", custodian="unit_manager")
    pledge = kept(world, "clerk", mark="2", custodian="agency_manager")
    other = kept(world, "clerk_tax2", mark="3")
    case = application(world, "tax2", State.OPEN)
    new = kept_for(world, case, "tax2")
    who = "agency_manager"
    assert ids(world, who) == {form, pledge, other, new}
    assert ids(world, who, PaperFilters(kind=PaperKind.FORM)) == {form, new}
    assert ids(world, who, PaperFilters(unit_id=world.units["tax2"])) == {other, new}
    mine = PaperFilters(custodian_id=world.accounts["unit_manager"])
    assert ids(world, who, mine) == {form}
    for text, found in {
        "測試001（clerk）": {form, pledge}, "T00001": {form, pledge}, "新進人員 N0001": {new},
        "A000001": {new}, "切結書3.pdf": {other}, "%": set(), "測試001 clerk_tax2": set(),
    }.items():  # fmt: skip
        assert ids(world, who, PaperFilters(text=text)) == found, text
    actor = world.actor(who)
    assert [keeper.label for keeper in custodians(actor)] == [
        "測試006（agency_manager）", "測試005（unit_manager）",
    ]  # fmt: skip
    assert {unit.name for unit in paper_units(actor)} == {"大安分處", "中山分處"}
    seen: list[int] = []
    after: int | None = None
    while True:
        page = list_papers(actor, ALL, after, 3)
        assert page.total == 4
        seen += [row.id for row in page.rows]
        after = page.next_after
        if after is None:
            break
    assert seen == sorted((form, pledge, other, new), reverse=True)


def test_a_row_and_a_card_say_what_it_is(world: World) -> None:
    case = application(world, "tax1", State.COMPLETED, NOW, account="clerk")
    paper = kept(world, "clerk", custodian="unit_manager", application_id=case)
    detail = paper_detail(world.actor("unit_manager"), paper)
    row = detail.row
    assert (row.about, row.role, row.application_no) == (
        "測試001（clerk）", Role.GENERAL_USER, "A000001",
    )  # fmt: skip
    assert (row.unit, row.custodian, row.state) == (
        "大安分處", "測試005（unit_manager）", PaperState.KEPT,
    )  # fmt: skip
    assert row.lawful_from is None and detail.steps == () and detail.proposal is None
    assert len(detail.sha256) == 64 and detail.stored_by == "測試013（system_manager）"


@pytest.mark.parametrize(
    ("state", "closed", "expected"),
    [
        (State.OPEN, None, None),
        (State.REFUSED, at(2025, 5, 22), date(2026, 5, 23)),
        (State.WITHDRAWN, at(2025, 5, 22), date(2026, 5, 23)),
        # Completed, and yet no account: something is wrong, so nothing may be destroyed.
        (State.COMPLETED, at(2025, 5, 22), None),
    ],
)
def test_an_application_that_never_led_to_an_account_counts_from_its_closing(
    world: World, state: State, closed: object, expected: date | None
) -> None:
    paper = kept_for(world, application(world, "tax1", state, closed), "tax1")  # type: ignore[arg-type]
    row = paper_detail(world.actor("unit_manager"), paper).row
    assert row.lawful_from == expected
    assert row.state is (PaperState.DESTROYABLE if expected else PaperState.KEPT)


def test_papers_of_an_application_under_way_are_needed_whatever_became_of_the_account(
    world: World,
) -> None:
    cancel(world, "clerk", at(2020, 1, 1))
    under_way = application(world, "tax1", State.OPEN, account="clerk")
    refused = application(world, "tax1", State.REFUSED, at(2026, 11, 1), account="clerk")
    rows = {
        case: paper_detail(
            world.actor("unit_manager"), kept(world, "clerk", application_id=case, mark=str(case))
        ).row
        for case in (under_way, refused)
    }
    assert rows[under_way].lawful_from is None
    # It is about an account, so the account's cancellation counts and not the closing.
    assert rows[refused].lawful_from == date(2021, 1, 2)


@settings(max_examples=25)
@given(
    ended=st.dates(date(2023, 1, 1), date(2026, 11, 20)),
    hour=st.integers(0, 23),
    since=st.integers(360, 372),
)
def test_the_filter_and_the_row_agree_on_every_day(
    world: World, ended: date, hour: int, since: int
) -> None:
    with transaction() as db:
        known = db.query(KeptDocument).first()
    paper = known.id if known else kept(world, "clerk")
    cancel(world, "clerk", midnight(ended) + timedelta(hours=hour, minutes=59))
    actor = world.actor("unit_manager", midnight(ended + timedelta(days=since)))
    row = paper_detail(actor, paper).row
    assert row.lawful_from == destroyable_from(ended, actor.today)
    assert (row.state is PaperState.DESTROYABLE) == (row.lawful_from <= actor.today)
    for state in PaperState:
        found = list_papers(actor, PaperFilters(state=state), None, 10).rows
        assert [one.id for one in found] == ([paper] if state is row.state else []), state
