"""A custodian's documents go to a successor: all or none, with the list as it was."""

import pytest
from sqlalchemy import update

from data.engine import transaction
from data.models import Account
from services.actor import Actor
from services.errors import Conflict, Invalid, NotFound
from services.papers.handing import hand_over, papers_of, successors
from services.papers.handover_print import print_handover
from services.papers.handovers import COLUMNS, handover, list_handovers, list_rows
from services.papers.keeping import PaperKind
from services.papers.listing import PaperFilters, list_papers
from services.regulation.roles import Role
from tests.reading_pdf import Pdf, squeezed
from tests.services.audits.test_at_once import at_once
from tests.services.papers.helpers import entry, events_of, handovers, kept
from tests.world import CREATED, PASSWORD_HASH, World

WHY = "職務異動"


@pytest.fixture
def colleague(world: World) -> str:
    """A second unit manager of the unit, and a second agency manager."""
    for name, role in (("unit_manager2", Role.UNIT_MANAGER), ("manager2", Role.AGENCY_MANAGER)):
        with transaction() as db:
            account = Account(
                username=name,
                staff_no=name,
                name="接手",
                unit_id=world.units["tax1"],
                role=role.value,
                password_hash=PASSWORD_HASH,
                created_at=CREATED,
            )
            db.add(account)
            db.flush()
            world.accounts[name] = account.id
    return "unit_manager2"


def custodians_of(*papers: int) -> set[int | None]:
    return {entry(paper).custodian_id for paper in papers}


def test_all_of_them_in_one_step(world: World, colleague: str) -> None:
    papers = [kept(world, "clerk", custodian="unit_manager", mark=str(n)) for n in range(3)]
    manager, to = world.actor("unit_manager"), world.accounts[colleague]
    giver = world.accounts["unit_manager"]
    held = papers_of(manager, giver)
    assert [row.id for row in held.papers] == papers and held.elsewhere == 0
    offered = successors(manager, giver, papers)
    assert {keeper.label.split("（")[1][:-1] for keeper in offered} == {
        "agency_manager", "manager2", "unit_manager2",
    }  # fmt: skip
    done = hand_over(manager, giver, to, papers, WHY)
    assert custodians_of(*papers) == {to}
    (row,) = handovers()
    assert (row.id, row.from_id, row.to_id, row.by_id) == (done, giver, to, giver)
    assert [one["id"] for one in row.documents] == papers
    assert [one["sha256"] for one in row.documents] == [entry(paper).sha256 for paper in papers]
    (event,) = events_of("documents_handed_over")
    assert event.object_id == str(done)
    assert event.detail == {"given_by": giver, "taken_by": to, "documents": 3, "reason": WHY}

    past = handover(world.actor(colleague), done)
    rows = list_rows(past)
    assert {len(one) for one in rows} == {len(COLUMNS)}
    assert rows[0][1:6] == ("保密切結書", "測試001（clerk）", "大安分處", "", "切結書0.pdf")
    assert rows[0][7:10] == (
        "測試005（unit_manager）",
        "接手（unit_manager2）",
        "測試005（unit_manager）",
    )
    with pytest.raises(NotFound):
        papers_of(manager, giver)


def test_chosen_ones_only_and_by_a_manager_above(world: World, colleague: str) -> None:
    """The custodian has left; the agency manager hands over for them."""
    papers = [kept(world, "clerk", custodian="unit_manager", mark=str(n)) for n in range(3)]
    giver, to = world.accounts["unit_manager"], world.accounts[colleague]
    hand_over(world.actor("agency_manager"), giver, to, papers[:2], WHY)
    assert [entry(paper).custodian_id for paper in papers] == [to, to, giver]


def test_only_to_a_manager_concerned_with_each(world: World, colleague: str) -> None:
    keeper = "agency_manager"
    clerks = kept(world, "clerk", custodian=keeper, mark="1")
    other_unit = kept(world, "clerk_tax2", custodian=keeper, mark="2")
    managers = kept(world, "unit_manager", custodian=keeper, mark="3")
    actor, giver = world.actor(keeper), world.accounts[keeper]

    def offered(*papers: int) -> set[str]:
        labels = (one.label for one in successors(actor, giver, papers))
        return {label.split("（")[1][:-1] for label in labels}

    assert offered(clerks) == {"unit_manager", "unit_manager2", "manager2"}
    assert offered(clerks, other_unit) == {"manager2"}
    assert offered(managers) == {"manager2"}
    for to in ("clerk", "head", "unit_manager", "unit_manager2", "works_manager", keeper):
        with pytest.raises(Invalid, match="每一份所選文件的管理者"):
            hand_over(actor, giver, world.accounts[to], [clerks, managers], WHY)
    with pytest.raises(Invalid):
        hand_over(actor, giver, 999_999, [clerks], WHY)
    with transaction() as db:
        manager2 = update(Account).where(Account.id == world.accounts["manager2"])
        db.execute(manager2.values(status="suspended"))
    assert offered(managers) == set()
    with pytest.raises(Invalid):
        hand_over(actor, giver, world.accounts["manager2"], [managers], WHY)
    assert custodians_of(clerks, other_unit, managers) == {giver} and handovers() == []


def test_nobody_takes_papers_about_themselves(world: World, colleague: str) -> None:
    keeper = "agency_manager"
    about = kept(world, "unit_manager", custodian=keeper)
    actor, giver = world.actor(keeper), world.accounts[keeper]
    assert {one.label for one in successors(actor, giver, [about])} == {"接手（manager2）"}
    with pytest.raises(Invalid):
        hand_over(actor, giver, world.accounts["unit_manager"], [about], WHY)


@pytest.mark.attack("foreign-id")
def test_foreign_papers_are_not_handed_over(world: World, colleague: str) -> None:
    mine = kept(world, "clerk", custodian="unit_manager", mark="1")
    theirs = kept(world, "works_clerk", custodian="works_manager", mark="2")
    manager = world.actor("unit_manager")
    giver, to = world.accounts["unit_manager"], world.accounts[colleague]
    with pytest.raises(NotFound):
        papers_of(manager, world.accounts["works_manager"])
    for stranger in (world.accounts["works_manager"], 999_999):
        with pytest.raises(NotFound):
            hand_over(manager, stranger, to, [theirs], WHY)
        with pytest.raises(NotFound):
            successors(manager, stranger, [theirs])
    # Not all are the custodian's: nothing is handed over.
    for added in (theirs, 999_999):
        with pytest.raises(Conflict, match="重新檢視"):
            hand_over(manager, giver, to, [mine, added], WHY)
    for reason, papers in (("", [mine]), (WHY, [])):
        with pytest.raises(Invalid):
            hand_over(manager, giver, to, papers, reason)
    assert handovers() == [] and entry(mine).custodian_id == giver


def test_what_a_custodian_keeps_elsewhere_is_said(world: World) -> None:
    kept(world, "clerk", custodian="agency_manager", mark="1")
    kept(world, "unit_manager", custodian="agency_manager", mark="2")
    held = papers_of(world.actor("unit_manager"), world.accounts["agency_manager"])
    assert (len(held.papers), held.elsewhere) == (1, 1)


def test_who_sees_a_past_handover(world: World, colleague: str) -> None:
    paper = kept(world, "clerk", custodian="unit_manager", kind=PaperKind.FORM)
    manager = world.actor("unit_manager")
    done = hand_over(
        manager, world.accounts["unit_manager"], world.accounts[colleague], [paper], WHY
    )
    for who in ("unit_manager", colleague, "agency_manager", "manager2"):
        assert [past.id for past in list_handovers(world.actor(who), 10)] == [done], who
        assert handover(world.actor(who), done).reason == WHY
    for who in ("works_manager", "system_manager"):
        assert list_handovers(world.actor(who), 10) == ()
        for asked in (done, 999_999):
            with pytest.raises(NotFound):
                handover(world.actor(who), asked)


def test_papers_of_system_managers_stay_among_them(world: World, colleague: str) -> None:
    paper = kept(world, "agency_manager", custodian="system_manager")
    actor, giver = world.actor("system_manager"), world.accounts["system_manager"]
    assert successors(actor, giver, [paper]) == ()
    with pytest.raises(Invalid):
        hand_over(actor, giver, world.accounts["manager2"], [paper], WHY)


@pytest.mark.parametrize("_again", range(3))
def test_two_at_once_hand_over_once(world: World, colleague: str, _again: int) -> None:
    papers = [kept(world, "clerk", custodian="unit_manager", mark=str(n)) for n in range(3)]
    giver = world.accounts["unit_manager"]

    def give(to: str, order: list[int]) -> None:
        try:
            hand_over(world.actor("agency_manager"), giver, world.accounts[to], order, WHY)
        except NotFound as gone:  # all of them are with the other successor by now
            raise Conflict(str(gone)) from None

    ended = at_once(
        lambda: give(colleague, papers), lambda: give("manager2", list(reversed(papers)))
    )
    assert ended == {"done": 1, "told": 1}
    assert len(handovers()) == 1 and len(custodians_of(*papers)) == 1


def test_the_list_is_printed_with_every_document_and_recorded(world: World, colleague: str) -> None:
    papers = [kept(world, "clerk", custodian="unit_manager", mark=str(n)) for n in range(40)]
    giver = world.actor("unit_manager")
    done = hand_over(
        giver, world.accounts["unit_manager"], world.accounts[colleague], papers, "=1+1 #x"
    )
    shown = Pdf(print_handover(giver, done)).text
    for words in (
        "文件移交清冊",
        "測試005（unit_manager）",
        "接手（unit_manager2）",
        "40份",
        "=1+1#x",
        "點收",
    ):
        assert squeezed(words) in shown, words
    for number, paper in enumerate(papers):
        assert f"切結書{number}.pdf" in shown and entry(paper).sha256[:16] in shown
    assert [event.object_id for event in events_of("table_exported")] == [str(done)]
    with pytest.raises(NotFound):
        print_handover(world.actor("works_manager"), done)


def test_papers_follow_an_account_that_moves_and_can_be_handed_on(world: World) -> None:
    """The new unit's managers are concerned at once; the old custodian keeps them until handed on."""
    with transaction() as db:
        taker = Account(
            username="taker",
            staff_no="taker",
            name="接手",
            unit_id=world.units["tax2"],
            role=Role.UNIT_MANAGER.value,
            password_hash=PASSWORD_HASH,
            created_at=CREATED,
        )
        db.add(taker)
        db.flush()
        world.accounts["taker"] = taker.id
    held = kept(world, "clerk", custodian="unit_manager", mark="1")
    free = kept(world, "clerk", mark="2")
    old, new = world.actor("unit_manager"), world.actor("taker")

    def seen(actor: Actor) -> set[int]:
        return {row.id for row in list_papers(actor, PaperFilters(), None, 10).rows}

    assert (seen(old), seen(new)) == ({held, free}, set())
    giver, to = world.accounts["unit_manager"], world.accounts["taker"]
    with pytest.raises(Invalid, match="接手的人"):
        hand_over(old, giver, to, [held], WHY)
    with transaction() as db:
        db.get_one(Account, world.accounts["clerk"]).unit_id = world.units["tax2"]
    assert (seen(old), seen(new)) == ({held}, {held, free})
    hand_over(old, giver, to, [held], WHY)
    assert (seen(old), seen(new)) == (set(), {held, free})
