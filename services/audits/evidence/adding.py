"""Adding evidence to an audit or a record of it, and taking it back before the signature."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Audit, Evidence, EvidenceWithdrawal
from services import events
from services.actor import Actor
from services.audits import store
from services.audits.evidence.keeping import checked_note, keep_evidence, read_evidence
from services.audits.evidence.viewing import load_evidence
from services.audits.words import CONDUCT
from services.audits.worksheet import records_to_judge
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.regulation.audit_states import AuditStatus
from services.regulation.purpose import tidy

REASON_MIN, REASON_MAX = 2, 200
_WORKING = (AuditStatus.FROZEN, AuditStatus.JUDGING)
"""From the freeze to the signature: a nil return can have its evidence, too."""


@guarded(*CONDUCT.values())
def add_evidence(
    actor: Actor,
    audit_id: int,
    record_id: int | None,
    name: str,
    content: bytes,
    note: str = "",
) -> int:
    """Add a file to an audit, or to one record of its worksheet; return its id.

    The file is taken by its content (`keeping.read_evidence`). Raises Invalid for a wrong file or a
    record that is not in the worksheet, Conflict after the signature.
    """
    paper = read_evidence(name, content)
    text = checked_note(note)
    with transaction() as db:
        audit = _working(db, actor, audit_id)
        if record_id is not None and record_id not in records_to_judge(db, audit.id):
            raise Invalid(f"紀錄 {record_id} 不在這件稽核的樣本內，不能加入佐證資料。")
        return keep_evidence(db, actor, paper, text, audit_id=audit.id, record_id=record_id).id


@guarded(*CONDUCT.values())
def withdraw_evidence(actor: Actor, evidence_id: int, reason: str) -> None:
    """Take a file back before the signature; its entry, its bytes and the reason stay on record."""
    why = tidy(reason)
    if not REASON_MIN <= len(why) <= REASON_MAX:
        raise Invalid(f"撤回的理由請寫 {REASON_MIN} 至 {REASON_MAX} 個字，目前 {len(why)} 個字。")
    try:
        with transaction() as db:
            evidence = load_evidence(db, actor, evidence_id, CONDUCT)
            _working(db, actor, evidence.audit_id or 0)
            _require_in_force(db, evidence)
            db.add(
                EvidenceWithdrawal(
                    evidence_id=evidence.id, reason=why, at=actor.now, account_id=actor.account_id
                )
            )
            events.write(
                db,
                actor,
                EventType.EVIDENCE_WITHDRAWN,
                about=("evidence", evidence.id),
                sha256=evidence.sha256,
                reason=why,
            )
    except IntegrityError:
        raise Conflict("他人剛剛已經撤回這份佐證資料；請重新整理。") from None


def _working(db: Session, actor: Actor, audit_id: int) -> Audit:
    audit = store.load_audit(db, actor, audit_id, CONDUCT, lock=True)
    if actor.account_id is None:
        raise Refused("佐證資料必須由有帳號的稽核人員辦理。")
    store.require_status(audit, *_WORKING)
    return audit


def _require_in_force(db: Session, evidence: Evidence) -> None:
    taken_back = select(EvidenceWithdrawal.id).where(EvidenceWithdrawal.evidence_id == evidence.id)
    if db.scalar(taken_back) is not None:
        raise Conflict(f"佐證資料 {evidence.id} 已經撤回。")
