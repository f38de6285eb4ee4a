"""Which records stand in audits, of many in as few statements as of one."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import AuditDraw, JudgementPick, SampleItem, UsageRecord, Verdict
from services.audits import store
from services.audits.sampling.frame import FrameRow
from services.audits.words import Ruling

_AT_ONCE = 10_000
"""A statement takes so many ids at most."""


def records_held(db: Session, audit_ids: Collection[int]) -> dict[int, list[int]]:
    """Return by audit the ids of the current sample in drawing order, the picks, and what a redraw left.

    A record found wanting stays in the audit although a redraw has replaced its sample.
    """
    # A dict keeps the order in which records came, and each once.
    found: dict[int, dict[int, None]] = {audit_id: {} for audit_id in audit_ids}
    for part in (_sampled, _picked, _wanting):
        for audit_id, record in part(db, audit_ids):
            found[audit_id][record] = None
    return {audit_id: list(records) for audit_id, records in found.items()}


def rows_of(db: Session, record_ids: Collection[int]) -> dict[int, FrameRow]:
    """Return these records as a frame has them."""
    ids = list(record_ids)
    found: dict[int, FrameRow] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = db.execute(
            select(UsageRecord.id, UsageRecord.person_key, UsageRecord.local_month).where(
                UsageRecord.id.in_(ids[start : start + _AT_ONCE])
            )
        )
        found |= {record: (record, person, month) for record, person, month in rows}
    return found


_Held = Iterator[tuple[int, int]]


def _sampled(db: Session, audit_ids: Collection[int]) -> _Held:
    draws: dict[int, list[AuditDraw]] = defaultdict(list)
    for draw in db.scalars(
        select(AuditDraw)
        .where(AuditDraw.audit_id.in_(audit_ids))
        .order_by(AuditDraw.audit_id, AuditDraw.number)
    ):
        draws[draw.audit_id].append(draw)
    current = [draw.id for of_one in draws.values() for draw in store.current_draws(of_one)]
    rows = db.execute(
        select(SampleItem.audit_id, SampleItem.record_id)
        .where(SampleItem.draw_id.in_(current))
        .order_by(SampleItem.draw_id, SampleItem.position)
    )
    return ((audit_id, record) for audit_id, record in rows)


def _picked(db: Session, audit_ids: Collection[int]) -> _Held:
    rows = db.execute(
        select(JudgementPick.audit_id, JudgementPick.record_id)
        .where(JudgementPick.audit_id.in_(audit_ids))
        .order_by(JudgementPick.id)
    )
    return ((audit_id, record) for audit_id, record in rows)


def _wanting(db: Session, audit_ids: Collection[int]) -> _Held:
    newest = (
        select(Verdict.audit_id, Verdict.record_id, func.max(Verdict.sequence).label("sequence"))
        .where(Verdict.audit_id.in_(audit_ids))
        .group_by(Verdict.audit_id, Verdict.record_id)
        .subquery()
    )
    rows = db.execute(
        select(Verdict.audit_id, Verdict.record_id)
        .join(
            newest,
            (Verdict.audit_id == newest.c.audit_id)
            & (Verdict.record_id == newest.c.record_id)
            & (Verdict.sequence == newest.c.sequence),
        )
        .where(Verdict.verdict != Ruling.COMPLIANT.value)
        .order_by(Verdict.record_id)
    )
    return ((audit_id, record) for audit_id, record in rows)
