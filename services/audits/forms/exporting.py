"""The record of an audit as a file: 附件二 or 附件三 as PDF and ODT, its records as ODS and CSV."""

import hashlib
from datetime import datetime

from data.engine import reading, transaction
from services import events
from services.actor import Actor
from services.audits import store
from services.audits.forms.agency_form import agency_form
from services.audits.forms.facts import AuditFacts
from services.audits.forms.gathering import facts_of
from services.audits.forms.record_rows import COLUMNS, record_rows, sheets
from services.audits.forms.unit_form import unit_form
from services.documents.formats import FileFormat
from services.documents.ods import ods_bytes
from services.documents.odt import odt_bytes
from services.documents.paper import Paper
from services.documents.pdf import pdf_bytes
from services.documents.tables import csv_bytes
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action


@guarded(Action.VIEW_AUDIT)
def export_form(actor: Actor, audit_id: int, kind: FileFormat) -> bytes:
    """Return the record of an audit as a file of ``kind``, after the export is recorded.

    Until it is signed it is a draft and says so. Raises Conflict before the draw, and for a PDF on a
    machine without a Chinese font.
    """
    with reading() as db:
        facts = facts_of(db, store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT))
    content = form_file(facts, kind, actor.now)
    with transaction() as db:
        events.write(
            db,
            actor,
            EventType.AUDIT_FORM_EXPORTED,
            about=("audit", audit_id),
            format=kind.value,
            content_hash=facts.content_hash,
            sha256=hashlib.sha256(content).hexdigest(),
        )
    return content


def form_file(facts: AuditFacts, kind: FileFormat, moment: datetime) -> bytes:
    """Return the record in one format; the same bytes for the same facts and ``moment``."""
    match kind:
        case FileFormat.PDF:
            return pdf_bytes(form_of(facts), moment)
        case FileFormat.ODT:
            return odt_bytes(form_of(facts), moment)
        case FileFormat.ODS:
            return ods_bytes(sheets(facts), form_of(facts).title, moment)
        case FileFormat.CSV:
            return csv_bytes(COLUMNS, record_rows(facts), len(facts.lines))


def form_of(facts: AuditFacts) -> Paper:
    """Return the paper that belongs to the kind of audit."""
    return agency_form(facts) if facts.of_agency else unit_form(facts)
