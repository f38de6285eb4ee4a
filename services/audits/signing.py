"""Signing an audit, and the recorded reopening that is the only way to change a signed one."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Audit, Reopening, Signature
from services import events
from services.audits import store
from services.audits.findings import Findings, summarise
from services.audits.words import AuditStatus
from services.audits.worksheet import latest_verdicts
from services.errors import Conflict, Refused
from services.events import EventType
from services.identity.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.ledger import proofs
from services.regulation.roles import Duty


@guarded(Action.SIGN_AUDIT)
def sign(actor: Actor, audit_id: int, shown: str) -> None:
    """Sign a unit audit as unit head or appointed auditor (clause 7.1.1).

    ``shown`` is the hash of what the signer had on screen (`AuditView.content_hash`); when the
    audit is no longer that, nothing is signed and Conflict says so. The signature names the newest
    checkpoint of the ledger.

    Needs every record judged; a frame without records is signed as a nil return. Afterwards nothing
    changes except by `reopen`.
    """
    with transaction() as db:
        audit = store.load_audit(db, actor, audit_id, Action.SIGN_AUDIT, lock=True)
        if actor.account_id is None:
            raise Refused("簽核必須由有帳號的人員辦理。")
        frame = store.load_frame_row(db, audit.id)
        nil_return = frame.records == 0
        store.require_status(audit, AuditStatus.FROZEN if nil_return else AuditStatus.JUDGING)
        findings = summarise(db, audit.id)
        if left := findings.to_judge - findings.judged:
            raise Conflict(f"還有 {left:,} 筆紀錄未判定；全部判定後才能簽核。")
        content = signed_content(db, audit, findings)
        if hash_of(content) != shown:
            raise Conflict("稽核內容剛剛有變動；請重新看過後再簽核。")
        checkpoint = proofs.newest(db)
        db.add(
            Signature(
                audit_id=audit.id,
                capacity=_capacity(actor, audit).value,
                signed_at=actor.now,
                signed_by=actor.account_id,
                signer_name=actor.name,
                content_hash=hash_of(content),
                summary=asdict(findings) | {"checkpoint": checkpoint and checkpoint.as_dict()},
            )
        )
        audit.status = AuditStatus.SIGNED.value
        events.write(
            db,
            actor,
            EventType.AUDIT_SIGNED,
            about=("audit", audit.id),
            content_hash=hash_of(content),
            nil_return=nil_return,
        )


def _capacity(actor: Actor, audit: Audit) -> Duty:
    """In which duty the person signs; the unit head's comes first."""
    held = {duty.duty for duty in actor.duties if duty.unit_id == audit.unit_id}
    return next(duty for duty in (Duty.UNIT_HEAD, Duty.AUDITOR) if duty in held)


def signed_content(db: Session, audit: Audit, findings: Findings) -> dict[str, Any]:
    """Return everything a signature stands for: frame, draws, verdicts in force, findings."""
    frame = store.load_frame_row(db, audit.id)
    return {
        "audit": audit.id,
        "unit": audit.unit_id,
        "period": audit.period,
        "frame_hash": frame.frame_hash,
        "draws": [
            [draw.number, draw.kind, draw.seed, draw.size]
            for draw in store.load_draws(db, audit.id)
        ],
        "verdicts": [
            [record, judged.sequence, judged.ruling, judged.note]
            for record, judged in sorted(latest_verdicts(db, audit.id).items())
        ],
        "findings": asdict(findings),
    }


def hash_of(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the content in one canonical JSON form."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@guarded(Action.REOPEN_AUDIT)
def reopen(actor: Actor, audit_id: int, reason: str) -> None:
    """Open a signed audit again for a stated reason; the signatures and verdicts before it stay."""
    why = store.require_reason(reason, "重新開啟的理由")
    with transaction() as db:
        audit = store.load_audit(db, actor, audit_id, Action.REOPEN_AUDIT, lock=True)
        if actor.account_id is None:
            raise Refused("重新開啟必須由有帳號的人員辦理。")
        store.require_status(audit, AuditStatus.SIGNED)
        nil_return = store.load_frame_row(db, audit.id).records == 0
        audit.status = (AuditStatus.FROZEN if nil_return else AuditStatus.JUDGING).value
        db.add(
            Reopening(
                audit_id=audit.id,
                reason=why,
                reopened_at=actor.now,
                reopened_by=actor.account_id,
            )
        )
        events.write(db, actor, EventType.AUDIT_REOPENED, about=("audit", audit.id), reason=why)
