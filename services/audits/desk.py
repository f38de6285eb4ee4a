"""What the worksheet's screen shows, read at once: its rows, the evidence, and how far everybody is."""

from dataclasses import dataclass

from data.engine import reading
from services.actor import Actor
from services.audits import store
from services.audits.effort import Effort, effort_of
from services.audits.evidence.lines import EvidenceLine, evidence_of
from services.audits.holdings import holdings_of
from services.audits.sharing import shares_of
from services.audits.sheet import SheetRow, rows_of
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.permissions import Action


@dataclass(frozen=True)
class Desk:
    """The worksheet of an audit with all that stands around its list."""

    rows: list[SheetRow]
    files: list[EvidenceLine]
    """The evidence, what was withdrawn too; opening a file is another matter."""
    effort: Effort


@guarded(Action.VIEW_AUDIT)
def view_desk(actor: Actor, audit_id: int) -> Desk:
    """Return the rows as `sheet.worksheet_rows` does, the evidence, and the progress of all judges.

    They are other people's usage records: the look is recorded first.
    """
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        held, shares = holdings_of(db, audit.id), shares_of(db, audit.id)
        desk = Desk(
            rows_of(db, actor, audit, held, shares),
            evidence_of(db, audit.id),
            effort_of(db, audit, actor.now, held.to_judge, shares),
        )
    looks.record_look(EventType.WORKSHEET_VIEWED, actor, ("audit", audit_id))
    return desk
