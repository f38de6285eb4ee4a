"""What one audit holds, read once for all that a screen says of it: frame, draws, sample, picks, verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import AuditDraw, AuditFrame, JudgementPick
from services.audits import store
from services.audits.store import Sampled
from services.audits.words import Ruling
from services.audits.worksheet import Judged, latest_verdicts


@dataclass(frozen=True)
class Holdings:
    """The rows of one audit that findings, worksheet and signature rest on."""

    frame: AuditFrame
    draws: Sequence[AuditDraw]
    """All of them, the first one first."""
    sample: Sequence[Sampled]
    """Of the draws that are judged, in drawing order."""
    picks: Mapping[int, str]
    """The reason of every record taken by judgement, the first one first."""
    verdicts: Mapping[int, Judged]
    """Those in force."""
    to_judge: Sequence[int]
    """The records, in the order of `services.audits.held.records_held`."""


def holdings_of(db: Session, audit_id: int) -> Holdings:
    """Return what a frozen audit holds; raise Conflict when nothing was frozen yet."""
    frame, draws = store.load_frame_row(db, audit_id), store.load_draws(db, audit_id)
    sample = store.load_sample(db, store.current_draws(draws))
    picks = dict(
        db.execute(
            select(JudgementPick.record_id, JudgementPick.reason)
            .where(JudgementPick.audit_id == audit_id)
            .order_by(JudgementPick.id)
        ).all()
    )
    verdicts = latest_verdicts(db, audit_id)
    wanting = sorted(
        record for record, judged in verdicts.items() if judged.ruling is not Ruling.COMPLIANT
    )
    # A dict keeps the order in which records came, and each once.
    to_judge = dict.fromkeys([*(item.record_id for item in sample), *picks, *wanting])
    return Holdings(frame, draws, sample, picks, verdicts, list(to_judge))
