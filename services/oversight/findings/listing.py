"""Findings within a person's reach: what is overdue first, then by day (7.2.2)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, select
from sqlalchemy.orm import Session, joinedload

from data.engine import reading
from data.models import Finding
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.regulation.finding_states import OPEN, FindingState, Gravity, Side
from services.regulation.periods import HalfYear

MOST = 500
"""So many are listed at once; what is over comes last, so that nothing open is left out before it."""


@dataclass(frozen=True)
class FindingFilters:
    """What to keep; the defaults keep everything."""

    open_only: bool = False
    waits_for: Side | None = None


@dataclass(frozen=True)
class FindingRow:
    """One finding as lists show it."""

    id: int
    number: str
    title: str
    agency: str
    unit: str
    half: str
    state: FindingState
    gravity: Gravity | None
    due_on: date
    first_due_on: date
    days_late: int
    """How many days past its day, while it is somebody's turn; 0 otherwise."""


@guarded(Action.VIEW_FINDINGS)
def list_findings(actor: Actor, filters: FindingFilters) -> list[FindingRow]:
    """Return the matching findings within reach, the most overdue first, those that are over last."""
    with reading() as db:
        return findings_where(db, actor, and_(_within(actor), *_conditions(filters)))


def findings_where(db: Session, actor: Actor, where: ColumnElement[bool]) -> list[FindingRow]:
    """Return the findings that fulfil ``where``, which has to keep within the person's reach."""
    over = case((Finding.state.in_([state.value for state in OPEN]), 0), else_=1)
    rows = db.scalars(
        select(Finding)
        .where(where)
        .options(joinedload(Finding.agency), joinedload(Finding.unit), joinedload(Finding.review))
        .order_by(over, Finding.due_on, Finding.id)
        .limit(MOST)
    )
    found = [_row(one, actor.today) for one in rows]
    return sorted(found, key=lambda row: (row.state.is_over, -row.days_late, row.due_on, row.id))


def _within(actor: Actor) -> ColumnElement[bool]:
    reached = reach(actor, Action.VIEW_FINDINGS)
    return within(reached, unit=Finding.unit_id, agency=Finding.agency_id)


def _conditions(filters: FindingFilters) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if filters.open_only:
        parts.append(Finding.state.in_([state.value for state in OPEN]))
    if filters.waits_for is not None:
        waiting = [state.value for state in OPEN if state.waits_for is filters.waits_for]
        parts.append(Finding.state.in_(waiting))
    return parts


def days_late(state: FindingState, due_on: date, today: date) -> int:
    """Return how many days the agency is past the day that it was given; the bureau has none."""
    return max(0, (today - due_on).days) if state.waits_for is Side.AGENCY else 0


def _row(one: Finding, today: date) -> FindingRow:
    state = FindingState(one.state)
    return FindingRow(
        one.id,
        one.number,
        one.title,
        one.agency.name,
        one.unit.name if one.unit else "",
        HalfYear.parse(one.review.period).label,
        state,
        Gravity(one.gravity) if one.gravity else None,
        one.due_on,
        one.first_due_on,
        days_late(state, one.due_on, today),
    )
