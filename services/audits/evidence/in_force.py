"""The evidence that was not withdrawn, of many audits at once, and its bytes: for forms and packages."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Evidence, EvidenceWithdrawal
from services.documents import file_store


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
    sha256 = db.scalar(select(Evidence.sha256).where(Evidence.id == evidence_id))
    return None if sha256 is None else file_store.get(sha256)
