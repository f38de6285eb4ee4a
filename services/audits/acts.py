"""What happened to an audit once it was judged: signatures, reopenings, and what others did with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Account, Audit, AuditAct, Reopening, Signature
from services import rocdate
from services.actor import Actor
from services.audits import signatures
from services.ledger import proofs
from services.ledger.proofs import CheckpointView
from services.regulation.audit_states import AuditStatus

CHANGED, REOPENED = "簽核後內容有變動，已失效", "重新開啟後已失效"
_STANDING = (AuditStatus.RECEIVED, AuditStatus.APPROVED, AuditStatus.SENT)
"""In which states what became of a signed record stands: a reopening leaves none of them."""
ACT_LABELS = {
    "received": "收存",
    "approved": "核定",
    "returned": "退回",
    "sent": "函送地政局",
    "corrected": "更正函送",
}


@dataclass(frozen=True)
class Act:
    """A signature, a reopening, or what became of the signed record."""

    at: datetime
    who: str
    what: str
    detail_label: str
    detail: str
    checkpoint: CheckpointView | None = None
    lapsed: str = ""
    """Why a signature, receipt or approval is in force no longer; empty while it is."""
    conclusion: str = ""
    """What the signer concluded, in their own words."""


def acts_of(db: Session, audit_id: int, content_hash: str, since: Sequence[Signature]) -> list[Act]:
    """Return everything in the order of time; ``content_hash`` is of what the audit holds now.

    ``since`` are the signatures given since it was last opened again.
    """
    status = AuditStatus(db.get_one(Audit, audit_id).status)
    newest = {row.id for row in since}
    signed = [
        Act(
            row.signed_at,
            row.signer_name,
            f"{signatures.capacity_of(row.capacity).label}簽核",
            "簽核內容雜湊值",
            row.content_hash,
            proofs.recall(row.summary.get("checkpoint")),
            lapsed=REOPENED
            if row.id not in newest
            else ("" if row.content_hash == content_hash else CHANGED),
            conclusion=row.summary.get("conclusion", ""),
        )
        for row in db.scalars(
            select(Signature).where(Signature.audit_id == audit_id).order_by(Signature.id)
        )
    ]
    acts = db.scalars(
        select(AuditAct).where(AuditAct.audit_id == audit_id).order_by(AuditAct.id)
    ).all()
    # Whoever returns an audit opens it again with that: one act, told once.
    returned = {row.at for row in acts if row.act == "returned"}
    reopened = [
        Act(row.reopened_at, name_of(db, row.reopened_by), "重新開啟", "理由", row.reason)
        for row in db.scalars(
            select(Reopening).where(Reopening.audit_id == audit_id).order_by(Reopening.id)
        )
        if row.reopened_at not in returned
    ]
    # By kind and state and not by time: two acts may be of the same moment.
    last = {row.act: row.id for row in acts} if status in _STANDING else {}
    others = [
        Act(
            row.at,
            row.actor_name,
            ACT_LABELS.get(row.act, row.act),
            *_detail(row),
            lapsed="" if row.act == "returned" or last.get(row.act) == row.id else REOPENED,
        )
        for row in acts
    ]
    return sorted(signed + reopened + others, key=lambda act: act.at)


def _detail(row: AuditAct) -> tuple[str, str]:
    if row.letter_no:
        day = f"（{rocdate.roc_date(row.letter_date)}）" if row.letter_date else ""
        return "公文", f"{row.letter_no}{day}"
    if row.act == "returned":
        return "理由", row.note
    return ("意見", row.note) if row.note else ("內容雜湊值", row.content_hash)


def name_of(db: Session, account_id: int | None) -> str:
    """Return 姓名（帳號） of an account, or the operator's name."""
    if account_id is None:
        return "系統維運"
    account = db.get(Account, account_id)
    return f"{account.name}（{account.username}）" if account else ""


def add_act(
    db: Session, actor: Actor, audit: Audit, act: str, content_hash: str, **more: Any
) -> None:
    """Write down what became of an audit's record, and of what content; ``more`` are further columns."""
    db.add(
        AuditAct(
            audit_id=audit.id,
            act=act,
            at=actor.now,
            account_id=actor.account_id,
            actor_name=actor.name,
            content_hash=content_hash,
            **more,
        )
    )
