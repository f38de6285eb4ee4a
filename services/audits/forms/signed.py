"""Which signatures of an audit are in force, and what became of the record after them."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Audit, AuditAct, Signature
from services.audits.signatures import since_reopenings
from services.regulation.audit_states import AuditStatus


def held_by(db: Session, audit: Audit) -> list[Signature]:
    """Return the signatures that stand: made since the last reopening, all over the same content.

    Nothing can change between a signature and the next reopening, so the newest one has the hash of
    what the audit holds. Empty while the audit is not signed.
    """
    return held_by_audit(db, [audit])[audit.id]


def held_by_audit(db: Session, audits: Collection[Audit]) -> dict[int, list[Signature]]:
    """Return the signatures in force of many audits, in two queries."""
    held: dict[int, list[Signature]] = {audit.id: [] for audit in audits}
    signed = [audit.id for audit in audits if AuditStatus(audit.status).is_signed]
    for audit_id, rows in since_reopenings(db, signed).items():
        # Of somebody who signed twice at one moment the newer one counts.
        newest = {row.capacity: row for row in rows if row.content_hash == rows[-1].content_hash}
        held[audit_id] = sorted(newest.values(), key=lambda row: row.id)
    return held


def newest_acts(db: Session, audit_ids: Iterable[int], act: str) -> dict[int, AuditAct]:
    """Return the newest act of a kind (``received``, ``approved``, ``sent``, ``corrected``) on each of many audits."""
    rows = db.scalars(
        select(AuditAct)
        .where(AuditAct.audit_id.in_(list(audit_ids)), AuditAct.act == act)
        .order_by(AuditAct.id)
    )
    return {row.audit_id: row for row in rows}


_WHILE = {
    "received": (AuditStatus.RECEIVED,),
    "approved": (AuditStatus.APPROVED, AuditStatus.SENT),
    "sent": (AuditStatus.SENT,),
    "corrected": (AuditStatus.SENT,),
}
"""In which states an act stands: what was opened again and signed anew waits for it again."""


def act_in_force(db: Session, audit: Audit, act: str, held: Sequence[Signature]) -> AuditAct | None:
    """Return the act of a kind that is about what the signatures in force stand for.

    That the content is the same again after a reopening does not bring an earlier act back.
    """
    if AuditStatus(audit.status) not in _WHILE[act]:
        return None
    row = newest_acts(db, [audit.id], act).get(audit.id)
    return row if row is not None and held and row.content_hash == held[0].content_hash else None
