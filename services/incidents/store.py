"""Reading an incident for an act, making one, and writing down what was done about it."""

import secrets
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from data.models import Audit, Incident, IncidentRecord, IncidentStep, UsageRecord
from services import events
from services.actor import Actor
from services.errors import Conflict, NotFound
from services.events import EventType
from services.identity.permissions import Action, permit
from services.incidents.words import IncidentStatus, Mark
from services.regulation.audit_kinds import AuditKind
from services.regulation.incidents import Gravity, Needed, Step, needed
from services.rocdate import local_date

_GONE = "找不到這個事件，或您沒有它的權限。"
SLIP = timedelta(days=366)
"""How long before its opening a step can lie where no record says when it began; ours, not the rule's."""


def not_about(person: Actor) -> ColumnElement[bool]:
    """Return the condition that an incident is about somebody else: nobody sees their own."""
    if person.account_id is None:
        return true()
    return or_(Incident.account_id.is_(None), Incident.account_id != person.account_id)


def load_incident(
    db: Session,
    actor: Actor,
    incident_id: int,
    action: Action,
    *,
    revision: int | None = None,
) -> Incident:
    """Return an incident that ``actor`` may do ``action`` to.

    With ``revision``, what was on screen, it is locked; raises Conflict when somebody acted on it
    meanwhile. One that is not there and one about the person themself get the same answer.
    """
    query = select(Incident).where(Incident.id == incident_id)
    incident = db.scalar(query if revision is None else query.with_for_update())
    if incident is None:
        raise NotFound(_GONE)
    permit(actor, action, unit_id=incident.unit_id, agency_id=incident.agency_id)
    if actor.account_id is not None and incident.account_id == actor.account_id:
        raise NotFound(_GONE)
    if revision is not None and incident.revision != revision:
        raise Conflict("這個事件剛剛已由他人處理；請重新整理，看過後再登錄。")
    return incident


def require_open(incident: Incident) -> None:
    """Raise Conflict unless something can still be done about it."""
    status = IncidentStatus(incident.status)
    if status is not IncidentStatus.OPEN:
        raise Conflict(f"這個事件{status.label}，不能再登錄。")


def number_incident(db: Session, person: Actor, incident: Incident) -> None:
    """Store a new incident and give it its number: the year it was opened in, and its id."""
    incident.number = secrets.token_hex(8)  # until its own is known
    db.add(incident)
    db.flush()
    incident.number = f"件{local_date(person.now).year - 1911}-{incident.id:06d}"


def write_opening(db: Session, person: Actor, incident: Incident, records: list[int]) -> None:
    """Write the event that an incident stands."""
    events.write(
        db,
        person,
        EventType.INCIDENT_OPENED,
        about=("incident", incident.id),
        number=incident.number,
        gravity=incident.gravity,
        records=records,
    )


def write_step(
    db: Session,
    person: Actor,
    incident: Incident,
    step: Step | Mark,
    *,
    note: str,
    done_on: date | None = None,
    letter_no: str = "",
) -> None:
    """Add one step, with its event, in the caller's transaction; the opening has an event of its own."""
    day = done_on or person.today
    db.add(
        IncidentStep(
            incident_id=incident.id,
            step=step.value,
            done_on=day,
            note=note,
            letter_no=letter_no,
            at=person.now,
            account_id=person.account_id,
            actor_name=person.name[:60],
        )
    )
    if step is Mark.OPENED:
        return
    incident.revision += 1
    events.write(
        db,
        person,
        EventType.INCIDENT_STEP_TAKEN,
        about=("incident", incident.id),
        number=incident.number,
        step=step.value,
        done_on=day.isoformat(),
    )


def standing(codes: Iterable[str]) -> set[Step]:
    """Return the steps that stand, of all that were written: those since it was last taken up again."""
    done: set[Step] = set()
    for code in codes:
        if code == Mark.REOPENED:
            done = set()
        elif code in set(Step):
            done.add(Step(code))
    return done


def asked_of(db: Session, incident: Incident) -> tuple[Needed, ...]:
    """Return what an incident needs before it is closed."""
    audit = db.get(Audit, incident.audit_id) if incident.audit_id is not None else None
    spot = audit is not None and audit.kind == AuditKind.SPOT
    return needed(Gravity(incident.gravity), spot_check=spot)


def earliest_day(db: Session, incident: Incident) -> date:
    """Return the first day on which anything can have been done: that of the first use in it."""
    first = db.scalar(
        select(func.min(UsageRecord.occurred_at))
        .join(IncidentRecord, IncidentRecord.record_id == UsageRecord.id)
        .where(IncidentRecord.incident_id == incident.id)
    )
    return local_date(first) if first else local_date(incident.opened_at) - SLIP
