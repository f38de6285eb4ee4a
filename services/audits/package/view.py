"""What a screen shows of sending: what is still missing, or the letter with which it went (7.1.2)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from data.engine import reading
from data.models import AuditPackage
from services.actor import Actor
from services.audits import store
from services.audits.acts import name_of
from services.audits.package.completeness import missing_parts
from services.identity.guard import guarded
from services.identity.permissions import Action, reach


@dataclass(frozen=True)
class Sent:
    """The package that went to the bureau."""

    letter_no: str
    letter_date: date
    at: datetime
    by: str
    files: int
    manifest_sha256: str
    zip_sha256: str
    """Of the whole file; empty where it was sent before that was kept."""


@dataclass(frozen=True)
class Sending:
    """Where the sending of an agency audit stands."""

    sent: Sent | None
    missing: tuple[str, ...]
    """In sentences, what has to be there first; empty once it was sent."""
    may_send: bool


@guarded(Action.VIEW_AUDIT)
def view_sending(actor: Actor, audit_id: int) -> Sending:
    """Return where the sending of an agency audit stands."""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        may = reach(actor, Action.SEND_AUDIT).covers(agency_id=audit.agency_id)
        package = db.scalar(select(AuditPackage).where(AuditPackage.audit_id == audit.id))
        if package is None:
            return Sending(None, tuple(missing_parts(db, audit)), may)
        sent = Sent(
            package.letter_no,
            package.letter_date,
            package.sent_at,
            name_of(db, package.sent_by),
            len(package.manifest["files"]),
            package.manifest_sha256,
            package.zip_sha256,
        )
        return Sending(sent, (), may)
