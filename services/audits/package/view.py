"""What a screen shows of sending: what is still missing, or the letter with which it went (7.1.2)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from data.engine import reading
from data.models import AuditPackage
from services.actor import Actor
from services.audits import store
from services.audits.acts import name_of
from services.audits.package.completeness import missing_parts
from services.audits.package.correcting import packages_of
from services.audits.words import CorrectionKind
from services.identity.guard import guarded
from services.identity.permissions import Action, reach


@dataclass(frozen=True)
class Sent:
    """A package that went to the bureau."""

    number: int
    """1 for the first; each correction has the next."""
    letter_no: str
    letter_date: date
    at: datetime
    by: str
    files: int
    manifest_sha256: str
    zip_sha256: str
    """Of the whole file; empty where it was sent before that was kept."""
    correction: CorrectionKind | None
    asked_by: str
    reason: str


@dataclass(frozen=True)
class Sending:
    """Where the sending of an agency audit stands."""

    sent: Sent | None
    """The package in force."""
    earlier: tuple[Sent, ...]
    """Those that it took the place of, the newest first."""
    missing: tuple[str, ...]
    """In sentences, what has to be there before it can be sent, or corrected once it was."""
    may_send: bool


@guarded(Action.VIEW_AUDIT)
def view_sending(actor: Actor, audit_id: int) -> Sending:
    """Return where the sending of an agency audit stands."""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        may = reach(actor, Action.SEND_AUDIT).covers(agency_id=audit.agency_id)
        sent = tuple(_sent(db, package) for package in packages_of(db, audit.id))
        # What a correction would lack matters to whoever could send it alone.
        asked = may or not sent
        missing = tuple(missing_parts(db, audit, again=bool(sent))) if asked else ()
        return Sending(sent[0] if sent else None, sent[1:], missing, may)


def _sent(db: Session, package: AuditPackage) -> Sent:
    return Sent(
        package.number,
        package.letter_no,
        package.letter_date,
        package.sent_at,
        name_of(db, package.sent_by),
        len(package.manifest["files"]),
        package.manifest_sha256,
        package.zip_sha256,
        CorrectionKind(package.correction) if package.correction else None,
        package.asked_by,
        package.reason,
    )
