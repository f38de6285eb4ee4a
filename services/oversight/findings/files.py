"""Opens the files that came with the steps of a finding: every view on record, never what is not as taken in."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Evidence, FindingStep
from services import events
from services.actor import Actor
from services.audits.evidence.viewing import sound_content
from services.errors import Conflict, NotFound
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.installation.alerts import alert
from services.oversight.findings.store import load_finding


def files_by_step(db: Session, finding_id: int) -> dict[int, list[Evidence]]:
    """Return the files of a finding by the step that they came with."""
    found: dict[int, list[Evidence]] = {}
    rows = db.scalars(
        select(Evidence)
        .join(FindingStep, FindingStep.id == Evidence.finding_step_id)
        .where(FindingStep.finding_id == finding_id)
        .order_by(Evidence.id)
    )
    for row in rows:
        assert row.finding_step_id is not None
        found.setdefault(row.finding_step_id, []).append(row)
    return found


@guarded(Action.VIEW_FINDINGS)
def open_finding_file(actor: Actor, evidence_id: int) -> bytes:
    """Return a file's bytes once the view is on record.

    Raises Conflict, after an event and an alert, when it is not what was taken in.
    """
    with transaction() as db:
        file = db.get(Evidence, evidence_id)
        step = db.get(FindingStep, file.finding_step_id) if file and file.finding_step_id else None
        if file is None or step is None:
            # Of an audit's files this says no more than of one that is not there.
            permit(actor, Action.VIEW_FINDINGS, unit_id=None, agency_id=None)
            raise NotFound("找不到這個檔案，或您沒有它的權限。")
        load_finding(db, actor, step.finding_id, Action.VIEW_FINDINGS)
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
