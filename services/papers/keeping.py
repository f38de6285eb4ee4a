"""Storing a kept document: its entry and its hash; its bytes go to the store of files."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from data.models import KeptDocument
from services import events
from services.actor import Actor
from services.documents import file_store
from services.documents.files import Paper
from services.events import EventType


class PaperKind(StrEnum):
    """What a kept document is."""

    FORM = "form"
    PLEDGE = "pledge"
    LETTER = "letter"
    REPLY = "reply"

    @property
    def label(self) -> str:
        return {"form": "申請表", "pledge": "保密切結書", "letter": "來函", "reply": "復函"}[
            self.value
        ]


@dataclass(frozen=True)
class Belongs:
    """What a document is about: an application, an account, and the unit it is filed in."""

    unit_id: int
    application_id: int | None = None
    account_id: int | None = None


def keep(
    db: Session,
    person: Actor,
    paper: Paper,
    kind: PaperKind,
    belongs: Belongs,
    *,
    signed: bool,
    custodian_id: int | None = None,
    letter_no: str = "",
    letter_date: date | None = None,
) -> KeptDocument:
    """Store a document in the caller's transaction, with its event (clause 6.1).

    ``signed`` is a scan of what was signed; else this system made it. The custodian is the manager
    in whose charge it is, nobody while no manager has taken it.
    """
    document = KeptDocument(
        kind=kind.value,
        application_id=belongs.application_id,
        account_id=belongs.account_id,
        unit_id=belongs.unit_id,
        file_name=paper.file_name,
        media_type=paper.media_type,
        size=len(paper.content),
        sha256=file_store.put(db, paper.content),
        signed=signed,
        letter_no=letter_no,
        letter_date=letter_date,
        stored_at=person.now,
        stored_by=person.account_id,
        custodian_id=custodian_id,
    )
    db.add(document)
    db.flush()
    events.write(
        db,
        person,
        EventType.DOCUMENT_KEPT,
        about=("document", document.id),
        kind=kind.value,
        sha256=paper.sha256,
        bytes=len(paper.content),
    )
    return document
