"""The evidence of an audit as lists show it, with what was withdrawn."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Evidence, EvidenceWithdrawal


@dataclass(frozen=True)
class EvidenceLine:
    """One evidence file of an audit; of the whole audit where ``record_id`` is None."""

    id: int
    record_id: int | None
    file_name: str
    media_type: str
    size: int
    sha256: str
    note: str
    added_at: datetime
    adder: str
    withdrawn_at: datetime | None
    withdrawal_reason: str

    @property
    def in_force(self) -> bool:
        return self.withdrawn_at is None


def evidence_of(db: Session, audit_id: int) -> list[EvidenceLine]:
    """Return every evidence file of an audit, the withdrawn ones too, the first one first."""
    rows = db.execute(
        select(Evidence, EvidenceWithdrawal)
        .outerjoin(EvidenceWithdrawal, EvidenceWithdrawal.evidence_id == Evidence.id)
        .where(Evidence.audit_id == audit_id)
        .order_by(Evidence.id)
    )
    return [
        EvidenceLine(
            one.id,
            one.record_id,
            one.file_name,
            one.media_type,
            one.size,
            one.sha256,
            one.note,
            one.added_at,
            one.adder_name,
            gone.at if gone else None,
            gone.reason if gone else "",
        )
        for one, gone in rows
    ]


def counts_by_record(lines: list[EvidenceLine]) -> Counter[int | None]:
    """Count the files in force of every record; under None those of the whole audit."""
    return Counter(line.record_id for line in lines if line.in_force)
