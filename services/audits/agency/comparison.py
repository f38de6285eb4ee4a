"""The units' own verdicts beside the agency's, on the same records (clause 7.1.2)."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Audit
from services.actor import Actor
from services.audits import store
from services.audits.counted import counted_audits
from services.audits.worksheet import Judged, latest_verdicts
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.regulation.audit_kinds import AuditKind


@dataclass(frozen=True)
class Beside:
    """What the unit had found of a record; ``differs`` once the agency has found otherwise."""

    unit: Judged
    differs: bool


def unit_verdicts(db: Session, audit: Audit) -> dict[int, Judged]:
    """Return the verdicts in force of the unit audits that an agency audit's frame rests on, by record."""
    found: dict[int, Judged] = {}
    if audit.kind == AuditKind.AGENCY:
        for unit_audit in counted_audits(store.load_frame_row(db, audit.id).basis):
            found |= latest_verdicts(db, unit_audit)
    return found


@guarded(Action.VIEW_AUDIT)
def verdicts_beside(actor: Actor, audit_id: int) -> dict[int, Beside]:
    """Return the units' verdicts on the records that their audits and this agency audit have in common."""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        own = latest_verdicts(db, audit.id)
        return {
            record: Beside(judged, record in own and own[record].ruling is not judged.ruling)
            for record, judged in unit_verdicts(db, audit).items()
        }
