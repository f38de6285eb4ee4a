"""The evidence that was not withdrawn, of many audits at once, and its bytes: for forms and packages."""

from collections.abc import Iterable, Sequence

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Evidence, EvidenceContent, EvidenceWithdrawal
from services.installation import keys


def evidence_of(db: Session, audit_ids: Iterable[int]) -> Sequence[Evidence]:
    """Return the evidence of these audits that was not withdrawn, the oldest first."""
    return db.scalars(
        select(Evidence)
        .outerjoin(EvidenceWithdrawal, EvidenceWithdrawal.evidence_id == Evidence.id)
        .where(Evidence.audit_id.in_(list(audit_ids)), EvidenceWithdrawal.id.is_(None))
        .order_by(Evidence.id)
    ).all()


def content_of(db: Session, evidence_id: int) -> bytes | None:
    """Return the bytes of an evidence file; None where they are gone or are not ours any more."""
    stored = db.scalar(
        select(EvidenceContent.content).where(EvidenceContent.evidence_id == evidence_id)
    )
    try:
        return None if stored is None else keys.data_cipher().decrypt(stored)
    except InvalidToken:
        return None
