"""Open incidents as tasks (6.3.5, 7.1.3): whoever handles them owes their next step."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from data.models import Incident
from services.actor import Actor
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.schedule.words import INCIDENT_PAGE, Task, TaskKind, TaskState


def incident_tasks(db: Session, person: Actor) -> list[Task]:
    """Return the open incidents that this person handles; nobody is shown one about themselves."""
    reached = reach(person, Action.HANDLE_INCIDENT)
    if not reached:
        return []
    rows = db.scalars(
        select(Incident)
        .options(joinedload(Incident.unit), selectinload(Incident.steps))
        .where(
            Incident.status == "open",
            within(reached, unit=Incident.unit_id, agency=Incident.agency_id),
            or_(Incident.account_id.is_(None), Incident.account_id != person.account_id),
        )
        .order_by(Incident.id)
    ).all()
    return [_task(one) for one in rows]


def _task(one: Incident) -> Task:
    strong = f"{one.unit.name} {one.number} {one.title}"
    done = f"已有 {len(one.steps):,} 項處理紀錄，待續辦" if one.steps else "待通報與處理"
    return Task(
        key=f"{TaskKind.INCIDENT.value}:{one.id}",
        kind=TaskKind.INCIDENT,
        state=TaskState.DUE,
        words=f"{strong}　{done}",
        strong=strong,
        page=INCIDENT_PAGE,
        fields=(("incident", str(one.id)),),
        many="件事件尚未結案",
    )
