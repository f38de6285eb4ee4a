"""One incident whole: its records with their verdicts, what is required, what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Audit, Incident, IncidentStep, UsageRecord
from services.actor import Actor
from services.audits.worksheet import latest_verdicts
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.incidents.evidence import IncidentFile, files_of
from services.incidents.store import asked_of, earliest_day, load_incident, standing
from services.incidents.words import IncidentStatus, step_label
from services.regulation.audit_kinds import AuditKind
from services.regulation.incidents import Gravity, Needed, Step, missing
from services.regulation.items import Item, UsageAction
from services.regulation.periods import parse_period
from services.usage.flags import noticed


@dataclass(frozen=True)
class IncidentUse:
    """A usage record of an incident, with the verdict that put it there."""

    record_id: int
    gravity: Gravity
    occurred_at: datetime
    item: str
    target: str
    purpose: str
    checks: tuple[str, ...]
    verdict: str
    """What the judge wrote, with the judge's name; empty where no audit found it."""


@dataclass(frozen=True)
class StepTaken:
    """Something that was done, with the files that came with it."""

    label: str
    step: Step | None
    """None where it happened to the incident itself."""
    done_on: date
    note: str
    letter_no: str
    at: datetime
    who: str
    files: tuple[IncidentFile, ...]


@dataclass(frozen=True)
class FoundBy:
    """The audit that found an incident."""

    audit_id: int
    kind: AuditKind
    label: str


@dataclass(frozen=True)
class IncidentView:
    """Everything about one incident."""

    id: int
    number: str
    title: str
    gravity: Gravity
    status: IncidentStatus
    revision: int
    agency: str
    unit: str
    person: str
    opened_at: datetime
    closed_at: datetime | None
    found_by: FoundBy | None
    uses: tuple[IncidentUse, ...]
    steps: tuple[StepTaken, ...]
    needed: tuple[Needed, ...]
    done: frozenset[Step]
    """Which steps stand: those since it was last taken up again."""
    missing: tuple[Needed, ...]
    earliest: date
    may_handle: bool
    """Whether buttons are shown; the services decide again."""


@guarded(Action.VIEW_INCIDENTS)
def view_incident(actor: Actor, incident_id: int) -> IncidentView:
    """Return one incident; it is about somebody else's use, so the look is recorded first."""
    with reading() as db:
        incident = load_incident(db, actor, incident_id, Action.VIEW_INCIDENTS)
        steps = db.scalars(
            select(IncidentStep)
            .where(IncidentStep.incident_id == incident.id)
            .order_by(IncidentStep.id)
        ).all()
        asked, done = asked_of(db, incident), standing(step.step for step in steps)
        handles = reach(actor, Action.HANDLE_INCIDENT)
        view = IncidentView(
            id=incident.id,
            number=incident.number,
            title=incident.title,
            gravity=Gravity(incident.gravity),
            status=IncidentStatus(incident.status),
            revision=incident.revision,
            agency=incident.agency.name,
            unit=incident.unit.name,
            person=incident.person,
            opened_at=incident.opened_at,
            closed_at=incident.closed_at,
            found_by=_found_by(db, incident),
            uses=_uses(db, incident),
            steps=_steps(steps, files_of(db, incident.id)),
            needed=asked,
            done=frozenset(done),
            missing=missing(asked, done),
            earliest=earliest_day(db, incident),
            may_handle=handles.covers(incident.unit_id, incident.agency_id),
        )
    looks.record_look(
        EventType.INCIDENT_VIEWED, actor, ("incident", incident_id), number=view.number
    )
    return view


def _found_by(db: Session, incident: Incident) -> FoundBy | None:
    if incident.audit_id is None:
        return None
    audit = db.get_one(Audit, incident.audit_id)
    kind = AuditKind(audit.kind)
    return FoundBy(audit.id, kind, f"{parse_period(audit.period).label}{kind.label}")


def _uses(db: Session, incident: Incident) -> tuple[IncidentUse, ...]:
    held = {row.record_id: Gravity(row.gravity) for row in incident.records}
    verdicts = latest_verdicts(db, incident.audit_id) if incident.audit_id is not None else {}
    uses = db.scalars(select(UsageRecord).where(UsageRecord.id.in_(held)).order_by(UsageRecord.id))
    return tuple(
        IncidentUse(
            record_id=use.id,
            gravity=held[use.id],
            occurred_at=use.occurred_at,
            item=f"{Item(use.item).label}．{UsageAction(use.action).label}",
            target=use.target,
            purpose="／".join(part for part in (use.case_no, use.document_no, use.reason) if part),
            checks=noticed(use),
            verdict=(
                f"{verdicts[use.id].note}（{verdicts[use.id].judge}）" if use.id in verdicts else ""
            ),
        )
        for use in uses
    )


def _steps(rows: Sequence[IncidentStep], files: list[IncidentFile]) -> tuple[StepTaken, ...]:
    return tuple(
        StepTaken(
            label=step_label(row.step),
            step=Step(row.step) if row.step in set(Step) else None,
            done_on=row.done_on,
            note=row.note,
            letter_no=row.letter_no,
            at=row.at,
            who=row.actor_name,
            # A step and its files are written at one moment under one name.
            files=tuple(
                file
                for file in files
                if file.added_at == row.at and file.note == step_label(row.step)
            ),
        )
        for row in rows
    )
