"""The files that show what was done about an incident: taken in with a step, opened on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Evidence, Incident
from services import events
from services.actor import Actor
from services.audits.evidence.viewing import sound_content
from services.documents import file_store
from services.documents.files import Paper
from services.errors import Conflict, NotFound
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.incidents.store import load_incident
from services.installation.alerts import alert


@dataclass(frozen=True)
class IncidentFile:
    """One file of an incident, without its bytes."""

    id: int
    name: str
    media_type: str
    size: int
    note: str
    added_at: datetime


def keep_files(
    db: Session, person: Actor, incident: Incident, papers: Sequence[Paper], note: str
) -> None:
    """Store the files of one step in the caller's transaction; the very same file is taken once."""
    for paper in papers:
        same = select(Evidence.file_name).where(
            Evidence.incident_id == incident.id, Evidence.sha256 == paper.sha256
        )
        if (known := db.scalar(same.limit(1))) is not None:
            raise Conflict(
                f"檔案「{paper.file_name}」與已經收存的「{known}」內容相同，不必再上傳。"
            )
        file = Evidence(
            incident_id=incident.id,
            file_name=paper.file_name,
            media_type=paper.media_type,
            size=len(paper.content),
            sha256=file_store.put(db, paper.content),
            note=note,
            added_at=person.now,
            added_by=person.account_id,
            adder_name=person.name[:60],
        )
        db.add(file)
        db.flush()
        events.write(
            db,
            person,
            EventType.EVIDENCE_ADDED,
            about=("incident", incident.id),
            sha256=paper.sha256,
            bytes=len(paper.content),
        )


def files_of(db: Session, incident_id: int) -> list[IncidentFile]:
    """Return the files of an incident in the order in which they came."""
    rows = db.scalars(
        select(Evidence).where(Evidence.incident_id == incident_id).order_by(Evidence.id)
    )
    return [
        IncidentFile(row.id, row.file_name, row.media_type, row.size, row.note, row.added_at)
        for row in rows
    ]


@guarded(Action.VIEW_INCIDENTS)
def open_incident_file(actor: Actor, evidence_id: int) -> bytes:
    """Return a file's bytes once the view is on record.

    Raises Conflict, after an event and an alert, when it is not what was taken in.
    """
    with transaction() as db:
        file = db.get(Evidence, evidence_id)
        if file is None or file.incident_id is None:
            # Of an audit's files this says no more than of one that is not there.
            permit(actor, Action.VIEW_INCIDENTS, unit_id=None, agency_id=None)
            raise NotFound("找不到這個檔案，或您沒有它的權限。")
        load_incident(db, actor, file.incident_id, Action.VIEW_INCIDENTS)
        content = sound_content(db, file)
        events.write(
            db,
            actor,
            EventType.EVIDENCE_VIEWED,
            about=("evidence", file.id),
            outcome="fault" if content is None else "done",
            sha256=file.sha256,
        )
    if content is None:
        alert("an evidence file does not match its hash", evidence=file.id, sha256=file.sha256)
        raise Conflict("檔案內容與收存時的雜湊值不符，可能遭到更動，不予提供；已通知系統維運人員。")
    return content
