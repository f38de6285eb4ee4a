"""Opening an evidence file: held against its hash first, and every view is an event."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Evidence
from services import events
from services.actor import Actor
from services.audits import store
from services.documents import file_store
from services.errors import Conflict, NotFound
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.installation.alerts import alert
from services.regulation.audit_kinds import AuditKind

_ALTERED = "佐證資料 {id} 的內容與加入時的雜湊值不符，可能遭到更動，不予提供；已通知系統維運人員。"


@dataclass(frozen=True)
class OpenedEvidence:
    """A file's content, as it was taken in."""

    file_name: str
    media_type: str
    content: bytes


@guarded(Action.VIEW_AUDIT)
def open_evidence(actor: Actor, evidence_id: int) -> OpenedEvidence:
    """Return a file's content once the view is on record: every view, not one in ten minutes.

    One that was withdrawn can still be opened. Raises Conflict when it is not what was taken in:
    that goes on record as well, and the operator is told at once.
    """
    with transaction() as db:
        evidence = load_evidence(db, actor, evidence_id, Action.VIEW_AUDIT)
        content = sound_content(db, evidence)
        events.write(
            db,
            actor,
            EventType.EVIDENCE_VIEWED,
            about=("evidence", evidence.id),
            outcome="fault" if content is None else "done",
            sha256=evidence.sha256,
        )
    if content is None:
        raise _altered(evidence)
    return OpenedEvidence(evidence.file_name, evidence.media_type, content)


def content_of(db: Session, evidence_id: int) -> bytes:
    """Return a file's bytes, held against their hash; raise Conflict when they are not those."""
    evidence = db.get_one(Evidence, evidence_id)
    content = sound_content(db, evidence)
    if content is None:
        raise _altered(evidence)
    return content


def load_evidence(
    db: Session, person: Actor, evidence_id: int, action: Action | Mapping[AuditKind, Action]
) -> Evidence:
    """Return a file of an audit that ``person`` may do ``action`` to.

    One that is not there and one of other people's audits get the same answer (NotFound).
    """
    evidence = db.get(Evidence, evidence_id)
    if evidence is None or evidence.audit_id is None:
        raise NotFound("找不到這份佐證資料，或您沒有它的權限。")
    store.load_audit(db, person, evidence.audit_id, action)
    return evidence


def sound_content(db: Session, evidence: Evidence) -> bytes | None:
    """Return a file's bytes; None where they are gone, cannot be decrypted, or are not those of its hash."""
    return file_store.get(evidence.sha256)


def _altered(evidence: Evidence) -> Conflict:
    alert("an evidence file does not match its hash", evidence=evidence.id, sha256=evidence.sha256)
    return Conflict(_ALTERED.format(id=evidence.id))
