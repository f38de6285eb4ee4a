"""How far many audits are: what is to be judged, what is judged, and what was found wanting."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, and_, case, func, select, union
from sqlalchemy.orm import Session

from data.models import AuditDraw, JudgementPick, SampleItem, Verdict
from services.audits.words import DrawKind, Ruling

_WANTING = [ruling.value for ruling in Ruling if ruling.deviates]


@dataclass(frozen=True)
class Progress:
    """The counts of one audit."""

    sample: int = 0
    judged: int = 0
    deficient: int = 0
    """Deficient or major by the verdicts in force."""


NOTHING_YET = Progress()


def progress_of(db: Session, audit_ids: Collection[int]) -> dict[int, Progress]:
    """Count what is to be judged, what is, and what was found wanting, of all audits in one query.

    To be judged are the records of the current sample, the picks, and what a redraw left behind, as in
    `services.audits.worksheet.records_to_judge`.
    """
    newest = (
        select(Verdict.audit_id, Verdict.record_id, func.max(Verdict.sequence).label("sequence"))
        .where(Verdict.audit_id.in_(audit_ids))
        .group_by(Verdict.audit_id, Verdict.record_id)
        .subquery()
    )
    in_force = (
        select(Verdict.audit_id, Verdict.record_id, Verdict.verdict)
        .join(
            newest,
            and_(
                Verdict.audit_id == newest.c.audit_id,
                Verdict.record_id == newest.c.record_id,
                Verdict.sequence == newest.c.sequence,
            ),
        )
        .subquery()
    )
    wanted = union(
        _current_sample(audit_ids),
        select(JudgementPick.audit_id, JudgementPick.record_id).where(
            JudgementPick.audit_id.in_(audit_ids)
        ),
        select(in_force.c.audit_id, in_force.c.record_id).where(
            in_force.c.verdict != Ruling.COMPLIANT.value
        ),
    ).subquery()
    rows = db.execute(
        select(
            wanted.c.audit_id,
            func.count(),
            func.count(in_force.c.verdict),
            func.sum(case((in_force.c.verdict.in_(_WANTING), 1), else_=0)),
        )
        .select_from(wanted)
        .outerjoin(
            in_force,
            and_(
                in_force.c.audit_id == wanted.c.audit_id,
                in_force.c.record_id == wanted.c.record_id,
            ),
        )
        .group_by(wanted.c.audit_id)
    )
    return {audit_id: Progress(*map(int, counts)) for audit_id, *counts in rows}


def _current_sample(audit_ids: Collection[int]) -> Select[int, int]:
    """The records of each audit's newest whole draw and its expansions."""
    start = (
        select(AuditDraw.audit_id, func.max(AuditDraw.number).label("number"))
        .where(AuditDraw.audit_id.in_(audit_ids), AuditDraw.kind != DrawKind.EXPANSION.value)
        .group_by(AuditDraw.audit_id)
        .subquery()
    )
    return (
        select(SampleItem.audit_id, SampleItem.record_id)
        .join(AuditDraw, AuditDraw.id == SampleItem.draw_id)
        .join(start, start.c.audit_id == AuditDraw.audit_id)
        .where(AuditDraw.number >= start.c.number)
    )
