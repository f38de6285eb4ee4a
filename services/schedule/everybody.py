"""Everything that is due from anybody on a day: for the operator, and for other tools."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Agency, Unit
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, Reach, reach
from services.identity.scoping import within
from services.regulation.access_review import opened_by_itself_on
from services.regulation.audit_states import AuditStatus
from services.regulation.deadlines import DueDay, as_named, half_of
from services.regulation.periods import HalfYear, Quarter
from services.regulation.roles import Duty, Role
from services.reviews.due import due_reviews
from services.rocdate import local_date
from services.schedule.days import agency_audit_day, sending_day, unit_audit_day
from services.schedule.holders import Holders, holders_now
from services.schedule.standing import Standing, agency_standings, unit_standings
from services.schedule.words import TaskKind, state_of


@dataclass(frozen=True)
class Due:
    """One thing that somebody owes."""

    kind: str
    clause: str
    period: str
    """A quarter, a half-year; of an access review the day on which it was opened, if it was."""
    agency: str
    unit: str
    who: str
    nominal: str
    due: str
    """ISO dates: as the rule names it, and the one that counts."""
    state: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as ``due --json`` prints it."""
        return asdict(self)


@guarded(Action.VIEW_AUDIT)
def all_due(actor: Actor, on: date) -> list[Due]:
    """Return what is not done yet, of all units and agencies within reach, as it is due on ``on``.

    Only the day is another: what stands in the database today is what counts as done.
    """
    reached = reach(actor, Action.VIEW_AUDIT)
    where = within(reached, unit=Unit.id, agency=Agency.id)
    with reading() as db:
        held = holders_now(db, actor.now)
        found = [
            *_unit_audits(db, on, where, held),
            *_agency_audits(db, on, reached, held),
            *_reviews(db, on, reached, held),
        ]
    return sorted(found, key=lambda one: (one.due, one.period, one.agency, one.unit, one.kind))


def _unit_audits(db: Session, on: date, where: ColumnElement[bool], held: Holders) -> Iterator[Due]:
    for one in unit_standings(db, on, where):
        assert isinstance(one.period, Quarter)
        if not one.status.is_signed:
            day = unit_audit_day(one.period)
            who = held.of_unit(one.unit_id, Duty.UNIT_HEAD, Duty.AUDITOR)
            yield _due(TaskKind.UNIT_AUDIT, "7.1.1", one, who, day, on)
        elif one.status is AuditStatus.SIGNED:
            day = agency_audit_day(half_of(one.period))
            who = held.of_agency(one.agency_id, Role.AGENCY_MANAGER)
            yield _due(TaskKind.RECEIPT, "7.1.1", one, who, day, on)


def _agency_audits(db: Session, on: date, reached: Reach, held: Holders) -> Iterator[Due]:
    where = true() if reached.everything else Agency.id.in_(reached.agency_ids)
    for one in agency_standings(db, on, where):
        assert isinstance(one.period, HalfYear)
        if one.status is AuditStatus.SENT:
            continue
        makers = held.of_agency(one.agency_id, Role.AGENCY_MANAGER, Duty.ETHICS_OFFICER)
        if not one.status.is_signed:
            day = agency_audit_day(one.period)
            yield _due(TaskKind.AGENCY_AUDIT, "7.1.2", one, makers, day, on)
        day = sending_day(one.period)
        if one.status is AuditStatus.SIGNED:
            head = held.of_agency(one.agency_id, Duty.AGENCY_HEAD)
            yield _due(TaskKind.APPROVAL, "7.1.2", one, head, day, on)
        sender = held.of_agency(one.agency_id, Role.AGENCY_MANAGER)
        yield _due(TaskKind.SENDING, "7.1.2", one, sender, day, on)


def _reviews(db: Session, on: date, reached: Reach, held: Holders) -> Iterator[Due]:
    for one in due_reviews(db):
        if one.day is None or not reached.covers(None, one.agency_id):
            continue
        if one.open_id is None and on < opened_by_itself_on(one.day):
            continue
        opened = one.last_opened_at if one.open_id else None
        yield Due(
            TaskKind.ACCESS_REVIEW.value,
            "6.2",
            local_date(opened).isoformat() if opened else "",
            one.name,
            "",
            held.of_agency(one.agency_id, Role.AGENCY_MANAGER),
            *_days(as_named(one.day), on),
        )


def _due(kind: TaskKind, clause: str, one: Standing, who: str, day: DueDay, on: date) -> Due:
    period = str(one.period)
    return Due(kind.value, clause, period, one.agency, one.unit, who, *_days(day, on))


def _days(day: DueDay, on: date) -> tuple[str, str, str]:
    return day.nominal.isoformat(), day.effective.isoformat(), state_of(day, on).value
