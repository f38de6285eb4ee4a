"""Taking an evidence file in: what it may be, its entry and its hash; its bytes go to the store of files."""

from collections.abc import Mapping
from unicodedata import category

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Evidence, EvidenceWithdrawal
from services import events
from services.actor import Actor
from services.documents import file_store
from services.documents.files import ACCEPTED, OPEN_DOCUMENTS, Paper, read_paper
from services.errors import Conflict, Invalid
from services.events import EventType
from services.regulation.purpose import tidy

EVIDENCE_KINDS = ACCEPTED | OPEN_DOCUMENTS
"""What evidence can be, by its content, and how such a file may be called."""
NOTE_MAX = 200
_SHOWN = 60


def read_evidence(
    name: str, content: bytes, accepted: Mapping[str, tuple[str, ...]] = EVIDENCE_KINDS
) -> Paper:
    """Return the file, or raise Invalid with what is wrong and what is accepted.

    A name that holds a path or a sign that cannot be seen is refused, not put right in silence: it goes
    on record as it was given.
    """
    if any(sign in "/\\／＼" or category(sign)[0] == "C" for sign in name):
        seen = "".join("□" if category(sign)[0] == "C" else sign for sign in name)
        shown = seen if len(seen) <= _SHOWN else f"{seen[:_SHOWN]}…"
        raise Invalid(f"檔名「{shown}」含有路徑或控制字元；請改為單純的檔名再上傳。")
    return read_paper(name, content, accepted)


def checked_note(text: str) -> str:
    """Return a tidied note; raise Invalid when it is too long."""
    note = tidy(text)
    if len(note) > NOTE_MAX:
        raise Invalid(f"佐證資料的說明最多 {NOTE_MAX} 個字，目前 {len(note)} 個字。")
    return note


def keep_evidence(
    db: Session,
    person: Actor,
    paper: Paper,
    note: str,
    *,
    audit_id: int | None = None,
    record_id: int | None = None,
    incident_id: int | None = None,
    finding_step_id: int | None = None,
) -> Evidence:
    """Store a file in the caller's transaction, with its event.

    Raises Conflict when the very same file stands there already.
    """
    same = (
        select(Evidence.id)
        .outerjoin(EvidenceWithdrawal, EvidenceWithdrawal.evidence_id == Evidence.id)
        .where(
            Evidence.sha256 == paper.sha256,
            Evidence.audit_id == audit_id,
            Evidence.record_id == record_id,
            Evidence.incident_id == incident_id,
            Evidence.finding_step_id == finding_step_id,
            EvidenceWithdrawal.id.is_(None),
        )
    )
    if (known := db.scalar(same.limit(1))) is not None:
        raise Conflict(f"同一個檔案已經加入為佐證資料 {known}，不必再上傳。")
    evidence = Evidence(
        audit_id=audit_id,
        record_id=record_id,
        incident_id=incident_id,
        finding_step_id=finding_step_id,
        file_name=paper.file_name,
        media_type=paper.media_type,
        size=len(paper.content),
        sha256=file_store.put(db, paper.content),
        note=note,
        added_at=person.now,
        added_by=person.account_id,
        adder_name=person.name,
    )
    db.add(evidence)
    db.flush()
    events.write(
        db,
        person,
        EventType.EVIDENCE_ADDED,
        about=("evidence", evidence.id),
        sha256=paper.sha256,
        bytes=len(paper.content),
        record=record_id if record_id is not None else "",
    )
    return evidence
