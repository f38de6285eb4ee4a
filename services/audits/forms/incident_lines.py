"""What an audit's incidents say on its form: what was found, and each step that was taken (7.1.3)."""

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from data.models import Incident
from services.audits.forms.facts import IncidentFact, StepFact
from services.incidents.words import IncidentStatus, Mark, step_label
from services.regulation.incidents import Gravity, Step

_TOLD = {*Step, Mark.CLOSED}
"""What was done about it; that it was opened or its records changed, the record says by itself."""


def incident_facts(db: Session, audit_id: int) -> tuple[IncidentFact, ...]:
    """Return the incidents that an audit found, with their steps in order.

    One that was dropped is no finding any more: the verdict it rested on was changed.
    """
    rows = db.scalars(
        select(Incident)
        .options(selectinload(Incident.steps), selectinload(Incident.records))
        .where(Incident.audit_id == audit_id, Incident.status != IncidentStatus.DROPPED)
        .order_by(Incident.id)
    )
    return tuple(
        IncidentFact(
            row.number,
            Gravity(row.gravity).label,
            row.person,
            row.title,
            IncidentStatus(row.status).label,
            tuple(one.record_id for one in row.records),
            tuple(
                StepFact(
                    step_label(step.step),
                    step.done_on,
                    step.note,
                    step.letter_no,
                    step.actor_name,
                )
                for step in row.steps
                if step.step in _TOLD
            ),
        )
        for row in rows
    )
