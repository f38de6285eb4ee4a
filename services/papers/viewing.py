"""Opening a kept document: held against its hash first, and every view is an event (clause 6.1)."""

from dataclasses import dataclass

from data.engine import transaction
from data.models import KeptDocument
from services import events
from services.actor import Actor
from services.documents import file_store
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.installation.alerts import alert
from services.papers.concerned import load_document
from services.rocdate import local_date, roc_date

ALTERED = (
    "文件 {id} 的內容與收存時的雜湊值不符，可能遭到更動，不予提供；已通知系統維運人員，請勿銷毀。"
)


@dataclass(frozen=True)
class OpenedPaper:
    """A document's content, as it was taken in."""

    file_name: str
    media_type: str
    content: bytes


@guarded(Action.KEEP_DOCUMENTS)
def open_paper(actor: Actor, document_id: int) -> OpenedPaper:
    """Return a document's content once the view is on record: every view, not one in ten minutes.

    Raises Conflict when it was destroyed, or when it is not what was taken in: that goes on record as
    well, and the operator is told at once.
    """
    with transaction() as db:
        document = load_document(db, actor, document_id).document
        require_there(document)
        content = sound_content(document)
        events.write(
            db,
            actor,
            EventType.DOCUMENT_VIEWED,
            about=("document", document_id),
            outcome="fault" if content is None else "done",
            kind=document.kind,
            sha256=document.sha256,
        )
    if content is None:
        raise altered(document)
    return OpenedPaper(document.file_name, document.media_type, content)


def require_there(document: KeptDocument) -> None:
    """Raise Conflict when the document's content was destroyed."""
    if document.destroyed_at is not None:
        day = roc_date(local_date(document.destroyed_at))
        raise Conflict(f"這份文件已於{day}銷毀，只留下登記與雜湊值。")


def sound_content(document: KeptDocument) -> bytes | None:
    """Return a document's bytes, or None when they are not those that its entry has the hash of."""
    return file_store.get(document.sha256)


def altered(document: KeptDocument) -> Conflict:
    """Tell the operator of a document that is not what it was, and return what users are told."""
    alert("a kept document does not match its hash", document=document.id, sha256=document.sha256)
    return Conflict(ALTERED.format(id=document.id))
