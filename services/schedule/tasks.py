"""The work list of one person: what they owe, what of it is overdue, what waits on somebody else."""

from data.engine import reading
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.schedule.accounts import account_tasks
from services.schedule.agency_audits import agency_audit_tasks, spot_check_tasks
from services.schedule.incidents import incident_tasks
from services.schedule.late_audits import late_tasks
from services.schedule.oversight import oversight_tasks
from services.schedule.unit_audits import unit_audit_tasks
from services.schedule.words import Task


@guarded(Action.VIEW_HOME)
def tasks_of(actor: Actor) -> list[Task]:
    """Return everything this person owes or waits for, the most pressing first."""
    permit(actor, Action.VIEW_HOME, account_id=actor.account_id)
    found = list(account_tasks(actor))
    with reading() as db:
        found += unit_audit_tasks(db, actor)
        found += late_tasks(db, actor)
        found += agency_audit_tasks(db, actor)
        found += spot_check_tasks(db, actor)
        found += incident_tasks(db, actor)
        found += oversight_tasks(db, actor)
    return sorted(found, key=lambda task: task.rank)
