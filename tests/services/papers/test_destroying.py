"""Destroying: after the lawful day, by two people, once, and the entry stays (clause 6.1)."""

import pytest

from data import files
from data.engine import reading, transaction
from data.models import Event, Evidence
from services.documents import file_store
from services.errors import Conflict, Invalid, NotFound, Refused
from services.papers.destroying import (
    confirm_destruction,
    propose_destruction,
    withdraw_destruction,
)
from services.papers.listing import paper_detail
from services.papers.viewing import open_paper
from services.papers.words import PaperState
from services.regulation.application_states import State
from tests.services.audits.test_at_once import at_once
from tests.services.papers.helpers import (
    application,
    cancel,
    entry,
    events_of,
    kept,
    kept_for,
    pdf,
    steps,
    stored,
)
from tests.services.papers.test_viewing import alter
from tests.world import CREATED, World, at

WHY = "註銷已滿一年"
KINDS = ("destruction_proposed", "destruction_withdrawn", "document_destroyed")


@pytest.fixture
def ripe(world: World) -> int:
    """A document of a clerk whose account was cancelled on 113年5月22日."""
    paper = kept(world, "clerk")
    cancel(world, "clerk", at(2024, 5, 22, 23))
    return paper


def acts(paper: int) -> list[tuple[str, int]]:
    return [(step.act, step.account_id) for step in steps(paper)]


def test_one_proposes_another_confirms_and_the_entry_stays(world: World, ripe: int) -> None:
    manager, other = world.actor("unit_manager"), world.actor("agency_manager")
    propose_destruction(manager, ripe, WHY)
    assert stored(ripe) is not None
    detail = paper_detail(other, ripe)
    assert detail.row.state is PaperState.PROPOSED
    assert detail.proposal is not None
    confirm_destruction(other, ripe, proposal_id=detail.proposal.id)

    assert stored(ripe) is None
    kept_on = entry(ripe)
    assert kept_on.destroyed_at == other.now and len(kept_on.sha256) == 64
    assert acts(ripe) == [
        ("proposed", world.accounts["unit_manager"]),
        ("confirmed", world.accounts["agency_manager"]),
    ]
    assert {step.sha256 for step in steps(ripe)} == {kept_on.sha256}
    assert {step.reason for step in steps(ripe)} == {WHY}
    destroyed = events_of(*KINDS)
    assert [event.type for event in destroyed] == [KINDS[0], KINDS[2]]
    assert {event.object_id for event in destroyed} == {str(ripe)}
    assert destroyed[1].detail == {
        "kind": "pledge",
        "reason": WHY,
        "sha256": kept_on.sha256,
        "proposed_by": world.accounts["unit_manager"],
    }
    after = paper_detail(manager, ripe)
    assert after.row.state is PaperState.DESTROYED and after.proposal is None
    for again in (
        lambda: open_paper(manager, ripe),
        lambda: propose_destruction(manager, ripe, WHY),
        lambda: confirm_destruction(other, ripe, proposal_id=detail.proposal.id),
        lambda: withdraw_destruction(other, ripe, WHY, proposal_id=detail.proposal.id),
    ):
        with pytest.raises(Conflict, match="已於115年11月23日銷毀"):
            again()


@pytest.mark.parametrize(
    ("when", "lawful"),
    [
        (at(2025, 5, 21, 23), False),  # one year minus a day
        (at(2025, 5, 22, 23), False),  # the anniversary still belongs to the year
        (at(2025, 5, 23, 0), True),
    ],
)
def test_before_the_lawful_day_the_sentence_names_it(
    world: World, ripe: int, when: object, lawful: bool
) -> None:
    manager = world.actor("unit_manager", when)  # type: ignore[arg-type]
    if lawful:
        propose_destruction(manager, ripe, WHY)
        assert acts(ripe) == [("proposed", manager.account_id)]
        return
    with pytest.raises(Conflict, match="自114年5月23日起可以銷毀"):
        propose_destruction(manager, ripe, WHY)
    assert acts(ripe) == [] and events_of(*KINDS) == []


def test_papers_of_accounts_in_use_and_of_applications(world: World) -> None:
    manager = world.actor("unit_manager")
    with pytest.raises(Conflict, match="尚未註銷"):
        propose_destruction(manager, kept(world, "clerk"), WHY)
    case = application(world, "tax1", State.REFUSED, at(2026, 1, 5))
    with pytest.raises(Conflict, match=r"申請案結案滿一年後.*自116年1月6日起"):
        propose_destruction(manager, kept_for(world, case, "tax1"), WHY)


def test_the_same_person_cannot_confirm(world: World, ripe: int) -> None:
    manager = world.actor("unit_manager")
    propose_destruction(manager, ripe, WHY)
    (proposal,) = steps(ripe)
    with pytest.raises(Refused, match="另一位管理者"):
        confirm_destruction(manager, ripe, proposal_id=proposal.id)
    assert stored(ripe) is not None and len(steps(ripe)) == 1
    with reading() as db:
        assert db.query(Event).filter(Event.type == "refused").count() == 1


def test_the_day_is_looked_at_once_more_when_it_is_confirmed(world: World, ripe: int) -> None:
    propose_destruction(world.actor("unit_manager"), ripe, WHY)
    (proposal,) = steps(ripe)
    early = world.actor("agency_manager", at(2025, 5, 22))
    with pytest.raises(Conflict, match="114年5月23日"):
        confirm_destruction(early, ripe, proposal_id=proposal.id)
    assert stored(ripe) is not None


def test_a_proposal_is_withdrawn_and_made_anew(world: World, ripe: int) -> None:
    manager, other = world.actor("unit_manager"), world.actor("agency_manager")
    propose_destruction(manager, ripe, WHY)
    (first,) = steps(ripe)
    with pytest.raises(Conflict, match="其他人辦理"):
        propose_destruction(other, ripe, WHY)
    withdraw_destruction(other, ripe, "先留著", proposal_id=first.id)
    with pytest.raises(Conflict, match="其他人辦理"):
        confirm_destruction(other, ripe, proposal_id=first.id)
    propose_destruction(other, ripe, WHY)
    # What was on screen is the first proposal; the one that waits is another.
    with pytest.raises(Conflict, match="其他人辦理"):
        confirm_destruction(manager, ripe, proposal_id=first.id)
    with pytest.raises(Conflict, match="其他人辦理"):
        withdraw_destruction(manager, ripe, "先留著", proposal_id=first.id)
    assert [act for act, _ in acts(ripe)] == ["proposed", "withdrawn", "proposed"]
    assert [event.type for event in events_of(*KINDS)] == [KINDS[0], KINDS[1], KINDS[0]]
    confirm_destruction(manager, ripe, proposal_id=steps(ripe)[-1].id)
    assert stored(ripe) is None


def test_a_reason_is_needed(world: World, ripe: int) -> None:
    manager = world.actor("unit_manager")
    for reason in ("", " ", "嗯", "長" * 201):
        with pytest.raises(Invalid, match="原因"):
            propose_destruction(manager, ripe, reason)
    propose_destruction(manager, ripe, WHY)
    with pytest.raises(Invalid, match="原因"):
        withdraw_destruction(manager, ripe, "", proposal_id=steps(ripe)[0].id)


@pytest.mark.attack("foreign-id")
def test_other_managers_and_the_own_papers(world: World, ripe: int) -> None:
    propose_destruction(world.actor("unit_manager"), ripe, WHY)
    (proposal,) = steps(ripe)
    for who in ("works_manager", "system_manager"):
        for paper in (ripe, 999_999):
            with pytest.raises(NotFound):
                propose_destruction(world.actor(who), paper, WHY)
            with pytest.raises(NotFound):
                confirm_destruction(world.actor(who), paper, proposal_id=proposal.id)
            with pytest.raises(NotFound):
                withdraw_destruction(world.actor(who), paper, WHY, proposal_id=proposal.id)
    own = kept(world, "unit_manager", custodian="unit_manager")
    with pytest.raises(NotFound):
        propose_destruction(world.actor("unit_manager"), own, WHY)
    assert len(steps(ripe)) == 1 and steps(own) == []


@pytest.mark.parametrize("_again", range(3))
def test_two_at_once_propose_and_confirm_once(world: World, ripe: int, _again: int) -> None:
    manager, other = world.actor("unit_manager"), world.actor("agency_manager")
    ended = at_once(*(lambda p=p: propose_destruction(p, ripe, WHY) for p in (manager, other)))
    assert ended == {"done": 1, "told": 1}
    (proposal,) = steps(ripe)
    second = other if proposal.account_id == manager.account_id else manager
    ended = at_once(
        lambda: confirm_destruction(second, ripe, proposal_id=proposal.id),
        lambda: withdraw_destruction(manager, ripe, "先留著", proposal_id=proposal.id),
    )
    assert ended == {"done": 1, "told": 1}
    assert len(steps(ripe)) == 2
    assert (stored(ripe) is None) == (steps(ripe)[1].act == "confirmed")


def test_what_was_altered_is_evidence_and_stays(world: World, ripe: int) -> None:
    propose_destruction(world.actor("unit_manager"), ripe, WHY)
    alter(ripe, b"%PDF forged")
    with pytest.raises(Conflict, match="雜湊值不符"):
        confirm_destruction(world.actor("agency_manager"), ripe, proposal_id=steps(ripe)[0].id)
    assert stored(ripe) is not None and len(steps(ripe)) == 1
    assert entry(ripe).destroyed_at is None


def destroy(world: World, document_id: int) -> None:
    propose_destruction(world.actor("unit_manager"), document_id, WHY)
    confirm_destruction(
        world.actor("agency_manager"), document_id, proposal_id=steps(document_id)[-1].id
    )


def test_nothing_of_it_stays_on_the_disk(world: World, ripe: int) -> None:
    path = files.path_of(entry(ripe).sha256)
    with path.open("rb", buffering=0) as still_open:
        assert still_open.read(4) == b"gAAA"
        destroy(world, ripe)
        assert not path.exists()
        assert not any(still_open.read())


def test_the_same_bytes_stay_for_whoever_else_has_them(world: World, ripe: int) -> None:
    content = pdf("clerk")
    twin = kept(world, "clerk", content=content)
    with transaction() as db:
        evidence = Evidence(
            file_name="x.pdf", media_type="application/pdf", size=len(content),
            sha256=file_store.put(db, content), added_at=CREATED, adder_name="測試",
        )  # fmt: skip
        db.add(evidence)
    destroy(world, ripe)
    assert open_paper(world.actor("unit_manager"), twin).content == content
    destroy(world, twin)
    assert file_store.get(evidence.sha256) == content
    assert entry(twin).destroyed_at is not None


def test_a_file_that_cannot_be_removed_is_told_and_left_for_the_night(
    world: World, ripe: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_room(_: str) -> bool:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files, "remove", no_room)
    destroy(world, ripe)
    assert entry(ripe).destroyed_at is not None
    assert any("cannot be removed" in line.message for line in caplog.records)
    with pytest.raises(Conflict, match="銷毀"):
        open_paper(world.actor("unit_manager"), ripe)
