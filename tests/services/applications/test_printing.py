"""An application's papers on their way out: on record each time, or nothing leaves; and the look at a link."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.applications import acting, following, own, reinstating
from services.applications.following import follow
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.errors import Conflict, Held, NotFound
from services.identity.entering import Method, begin
from services.identity.looks import ONE_LOOK
from services.installation import holding
from services.papers.keeping import PaperKind
from services.regulation.application_states import State
from services.regulation.roles import Role
from services.regulation.workflows import Kind
from tests.services.applications.cast import (
    ADDRESS,
    APPLICANTS,
    NEWCOMER,
    Case,
    add_cast,
    begin_case,
)
from tests.services.breaking import trigger_refuses
from tests.services.papers.helpers import events_of
from tests.world import NOW, World

FORM, PLEDGE = PaperKind.FORM, PaperKind.PLEDGE
Take = Callable[[Case, FileFormat], Paper]


@pytest.fixture
def cast(world: World) -> World:
    add_cast(world)
    return world


def with_link(paper: PaperKind) -> Take:
    return lambda case, kind: following.print_with_link(
        case.submitted.token or "", NOW, ADDRESS, paper, kind
    )


def on_the_way_in(case: Case, kind: FileFormat) -> Paper:
    entering = begin(APPLICANTS[case.flow.role], Method.OIDC, NOW)
    return reinstating.print_reinstatement(entering, case.submitted.id, ADDRESS, NOW, kind)


WAYS: dict[str, tuple[Role, Kind, PaperKind, Take]] = {
    "form with the link": (Role.GENERAL_USER, Kind.CREATE, FORM, with_link(FORM)),
    "pledge with the link": (Role.GENERAL_USER, Kind.CREATE, PLEDGE, with_link(PLEDGE)),
    "one's own": (
        Role.GENERAL_USER,
        Kind.CHANGE,
        FORM,
        lambda case, kind: own.print_own(case.holder(), case.submitted.id, kind),
    ),
    "on the way in": (Role.SYSTEM_MANAGER, Kind.REINSTATE, FORM, on_the_way_in),
}
EVERY_WAY = pytest.mark.parametrize("way", WAYS)


@EVERY_WAY
def test_every_paper_that_leaves_is_on_record(cast: World, way: str) -> None:
    """The later ones as well, in either kind of file; only the first form passes the step."""
    role, kind_, what, take = WAYS[way]
    case = begin_case(cast, role, kind_)
    before = case.row.step
    for count, (kind, start) in enumerate(
        [(FileFormat.PDF, b"%PDF"), (FileFormat.PDF, b"%PDF"), (FileFormat.ODT, b"PK")], 1
    ):
        paper = take(case, kind)
        assert paper.content.startswith(start)
        assert paper.file_name == f"{what.label}_{case.row.number}.{kind.value}"
        written = events_of("application_printed")
        assert len(written) == count
        last = written[-1]
        assert (last.object_type, last.object_id) == ("application", str(case.submitted.id))
        assert last.detail == {
            "number": case.row.number,
            "kind": what.value,
            "format": kind.value,
            "sha256": paper.sha256,
        }
        assert (last.account_id, last.actor_name) == (case.row.account_id, case.row.name)
        assert case.row.step == before + (what is FORM)
    passed = [event.detail["act"] for event in events_of("application_acted")]
    assert passed.count("passed") == (what is FORM)


@EVERY_WAY
def test_what_cannot_be_recorded_does_not_leave(cast: World, way: str) -> None:
    role, kind_, what, take = WAYS[way]
    case = begin_case(cast, role, kind_)
    before = case.row
    with trigger_refuses("events"), pytest.raises(Held):
        take(case, FileFormat.PDF)
    # The service is held from now on, for downloads that wait outside the pages as well.
    with pytest.raises(Held):
        take(case, FileFormat.PDF)
    assert (case.row.step, case.row.revision) == (before.step, before.revision)
    assert events_of("application_printed") == []
    holding.release()
    take(case, FileFormat.PDF)
    assert len(events_of("application_printed")) == 1
    assert case.row.step == before.step + (what is FORM)


@EVERY_WAY
def test_a_paper_that_cannot_be_made_passes_nothing(
    cast: World, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.documents.pdf.FONT", "Noto Serif of nowhere")
    role, kind_, _, take = WAYS[way]
    case = begin_case(cast, role, kind_)
    before = case.row.step
    with pytest.raises(Conflict, match="無法製作 PDF"):
        take(case, FileFormat.PDF)
    assert case.row.step == before and events_of("application_printed") == []
    assert take(case, FileFormat.ODT).content


def test_a_form_whose_step_is_over_is_still_on_record(cast: World) -> None:
    role, kind_, _, take = WAYS["form with the link"]
    case = begin_case(cast, role, kind_)
    case.print()
    acting.send_back(cast.actor("head"), case.submitted.id, case.row.revision, "請補正")
    assert case.row.state == State.RETURNED
    before = case.row.step
    take(case, FileFormat.ODT)
    assert case.row.step == before and len(events_of("application_printed")) == 2


def test_a_link_that_leads_nowhere_prints_nothing(cast: World) -> None:
    for paper in (FORM, PLEDGE):
        with pytest.raises(NotFound):
            following.print_with_link("x" * 43, NOW, ADDRESS, paper)
    assert events_of("application_printed") == []


def test_looking_with_the_link_is_on_record_once_a_look(cast: World) -> None:
    """Nobody is signed in, so the address tells who else looks with the same link."""
    case = begin_case(cast, Role.GENERAL_USER, Kind.CREATE)
    token, about = case.submitted.token or "", str(case.submitted.id)
    for moment, address, looks in (
        (NOW, ADDRESS, 1),
        (NOW + timedelta(minutes=1), ADDRESS, 1),
        (NOW + timedelta(minutes=2), "10.9.9.9", 2),
        (NOW + ONE_LOOK, ADDRESS, 3),
    ):
        assert follow(token, moment, address).line.id == case.submitted.id
        written = events_of("application_viewed")
        assert len(written) == looks
    assert {(one.object_id, one.account_id, one.actor_name) for one in written} == {
        (about, None, NEWCOMER.name)
    }
    with pytest.raises(NotFound):
        follow("x" * 43, NOW, ADDRESS)
    assert len(events_of("application_viewed")) == 3


def test_a_look_that_cannot_be_recorded_shows_nothing(cast: World) -> None:
    case = begin_case(cast, Role.GENERAL_USER, Kind.CREATE)
    with trigger_refuses("events"), pytest.raises(Held):
        follow(case.submitted.token or "", NOW, ADDRESS)
