"""One finding whole, for either side: what was asked, every step, and what this person can do now."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Evidence, Finding, FindingStep
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.oversight.checks.all_checks import BY_CODE
from services.oversight.findings.files import files_by_step
from services.oversight.findings.listing import days_late
from services.oversight.findings.store import (
    ACTIONS,
    accepted_by,
    given_of,
    load_finding,
    standing_steps,
)
from services.regulation.finding_states import FindingAct, FindingState, Gravity, Side
from services.regulation.findings import Move, Need, moves_of, outstanding, taken_back
from services.regulation.periods import HalfYear


@dataclass(frozen=True)
class FindingFile:
    """A file that came with a step, without its bytes."""

    id: int
    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class StepView:
    """One step; ``stands`` is false for what was taken back, and for the taking back."""

    act: FindingAct
    at: datetime
    who: str
    note: str
    done_on: date | None
    letter_no: str
    letter_date: date | None
    due_on: date | None
    gravity: Gravity | None
    days_late: int
    stands: bool
    files: tuple[FindingFile, ...]


@dataclass(frozen=True)
class FindingView:
    """One finding as its card shows it."""

    id: int
    revision: int
    number: str
    title: str
    agency: str
    unit: str
    half: str
    review_id: int
    check: str
    """What the check that it came of is called; empty where there was none."""
    state: FindingState
    gravity: Gravity | None
    due_on: date
    first_due_on: date
    days_late: int
    opened_at: datetime
    steps: tuple[StepView, ...]
    outstanding: tuple[FindingAct, ...]
    """What the agency has still to report, while it improves."""
    moves: tuple[Move, ...]
    """What this person can do now."""
    needs_another: bool
    """Whether this person found it acceptable, so that somebody else has to close it."""
    may_take_back: FindingAct | None
    """The step that this person could take back now."""


@guarded(Action.VIEW_FINDINGS)
def view_finding(actor: Actor, finding_id: int) -> FindingView:
    """Return one finding as the person may see it."""
    with reading() as db:
        finding = load_finding(db, actor, finding_id, Action.VIEW_FINDINGS)
        given = given_of(finding.steps)
        sides = [side for side in Side if _may(actor, finding, side)]
        back = [one for side in sides if (one := taken_back(given, side))]
        state = FindingState(finding.state)
        first = accepted_by(finding.steps)
        return FindingView(
            id=finding.id,
            revision=finding.revision,
            number=finding.number,
            title=finding.title,
            agency=finding.agency.name,
            unit=finding.unit.name if finding.unit else "",
            half=HalfYear.parse(finding.review.period).label,
            review_id=finding.review_id,
            check=BY_CODE[finding.check_code].label if finding.check_code else "",
            state=state,
            gravity=Gravity(finding.gravity) if finding.gravity else None,
            due_on=finding.due_on,
            first_due_on=finding.first_due_on,
            days_late=days_late(state, finding.due_on, actor.today),
            opened_at=finding.opened_at,
            steps=_steps(db, finding),
            outstanding=outstanding(given) if state is FindingState.IMPROVING else (),
            moves=tuple(
                move
                for side in sides
                for move in moves_of(given, side)
                if Need.SECOND not in move.needs or first != actor.account_id
            ),
            needs_another=state is FindingState.ACCEPTED and first == actor.account_id,
            may_take_back=back[0].act if back else None,
        )


def _may(actor: Actor, finding: Finding, side: Side) -> bool:
    return reach(actor, ACTIONS[side]).covers(finding.unit_id, finding.agency_id)


def _steps(db: Session, finding: Finding) -> tuple[StepView, ...]:
    stands = {step.id for step in standing_steps(finding.steps)}
    files = files_by_step(db, finding.id)
    return tuple(_step(step, step.id in stands, files.get(step.id, [])) for step in finding.steps)


def _step(step: FindingStep, stands: bool, files: list[Evidence]) -> StepView:
    return StepView(
        act=FindingAct(step.act),
        at=step.at,
        who=step.actor_name,
        note=step.note,
        done_on=step.done_on,
        letter_no=step.letter_no,
        letter_date=step.letter_date,
        due_on=step.due_on,
        gravity=Gravity(step.gravity) if step.gravity else None,
        days_late=step.days_late,
        stands=stands,
        files=tuple(FindingFile(one.id, one.file_name, one.media_type, one.size) for one in files),
    )
