"""Reading and locking the rows of an audit; shared by the services of its life."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from data.models import Audit, AuditDraw, AuditFrame, Purge, SampleItem, Unit, UsageRecord
from services import rocdate
from services.actor import Actor
from services.audits.sampling.frame import Frame, Tally, build_frame
from services.audits.words import REASON_MAX, REASON_MIN, DrawKind
from services.errors import Conflict, Invalid, NotFound
from services.identity.permissions import Action, permit
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Period
from services.regulation.purpose import tidy


def load_unit(db: Session, actor: Actor, unit_id: int, action: Action) -> Unit:
    """Return a unit that ``actor`` may do ``action`` in; refuse without saying whether it exists."""
    unit = db.get(Unit, unit_id, options=[joinedload(Unit.agency)])
    if unit is None:
        raise NotFound("找不到這個單位，或您沒有它的權限。")
    permit(actor, action, unit_id=unit.id, agency_id=unit.agency_id)
    return unit


def load_audit(
    db: Session,
    actor: Actor,
    audit_id: int,
    action: Action | Mapping[AuditKind, Action],
    *,
    lock: bool = False,
) -> Audit:
    """Return an audit that ``actor`` may do ``action`` to, locked against others when asked.

    Where the action depends on the kind of audit, ``action`` has one for each (`words.CONDUCT`).
    """
    query = select(Audit).where(Audit.id == audit_id)
    audit = db.scalar(query.with_for_update() if lock else query)
    if audit is None:
        raise NotFound("找不到這件稽核，或您沒有它的權限。")
    asked = action if isinstance(action, Action) else action[AuditKind(audit.kind)]
    permit(actor, asked, unit_id=audit.unit_id, agency_id=audit.agency_id)
    return audit


def require_status(audit: Audit, *allowed: AuditStatus) -> None:
    """Raise Conflict, saying where the audit stands, unless it is in one of the states."""
    status = AuditStatus(audit.status)
    if status not in allowed:
        wanted = "、".join(state.label for state in allowed)
        raise Conflict(f"這件稽核目前是「{status.label}」，要在「{wanted}」時才能這樣做。")


def require_reason(text: str, what: str) -> str:
    """Return a tidied reason; raise Invalid when it is too short or too long."""
    reason = tidy(text)
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        raise Invalid(f"{what}請寫 {REASON_MIN} 至 {REASON_MAX} 個字，目前 {len(reason)} 個字。")
    return reason


def require_whole(db: Session, period: Period) -> None:
    """Raise Conflict where records of the period may have been purged: what is left is no frame (7.1.5)."""
    before = db.scalar(select(func.max(Purge.before)).where(Purge.records > 0))
    if before is not None and period.first_day < before:
        raise Conflict(
            f"{rocdate.roc_date(before)}以前有使用紀錄已依 7.1.5 銷毀，{period.label}的母體不再完整，不能凍結；"
            "請選較近的期間。"
        )


def collect_frame(
    db: Session, unit_id: int, period: Period, *, without: Collection[int] = frozenset()
) -> Frame:
    """Return the frame of a unit and period as it stands at this moment, ``without`` these records."""
    rows = db.execute(
        select(UsageRecord.id, UsageRecord.person_key, UsageRecord.local_month).where(
            UsageRecord.unit_id == unit_id, UsageRecord.local_month.in_(period.months)
        )
    )
    return build_frame(
        (record, person, month) for record, person, month in rows if record not in without
    )


def count_frame(db: Session, unit_id: int, period: Period) -> Tally:
    """Return the counts of `collect_frame`, which takes several times as long for a large unit."""
    rows = db.execute(
        select(
            UsageRecord.person_key,
            UsageRecord.local_month,
            func.count(),
            func.min(UsageRecord.id),
        )
        .where(UsageRecord.unit_id == unit_id, UsageRecord.local_month.in_(period.months))
        .group_by(UsageRecord.person_key, UsageRecord.local_month)
    )
    by_person: Counter[str] = Counter()
    by_month: Counter[str] = Counter()
    firsts: dict[str, int] = {}
    for person, month, records, first in rows:
        by_person[person] += records
        by_month[month] += records
        firsts[person] = min(first, firsts.get(person, first))
    return Tally(dict(by_person), dict(by_month), [firsts[person] for person in sorted(firsts)])


def load_frame_row(db: Session, audit_id: int) -> AuditFrame:
    """Return the audit's frozen frame; raise Conflict when nothing was frozen yet."""
    frame = db.scalar(select(AuditFrame).where(AuditFrame.audit_id == audit_id))
    if frame is None:
        raise Conflict("母體尚未凍結；請先凍結母體。")
    return frame


def load_draws(db: Session, audit_id: int) -> Sequence[AuditDraw]:
    """Return every draw of the audit, the first one first."""
    return db.scalars(
        select(AuditDraw).where(AuditDraw.audit_id == audit_id).order_by(AuditDraw.number)
    ).all()


def current_draws(draws: Sequence[AuditDraw]) -> Sequence[AuditDraw]:
    """Return the draws whose sample is judged: the newest whole draw and its expansions."""
    starts = [place for place, draw in enumerate(draws) if draw.kind != DrawKind.EXPANSION]
    return draws[starts[-1] :] if starts else ()


class Sampled(NamedTuple):
    """A drawn record and why it was drawn: a `SampleItem`, of which a page reads hundreds."""

    draw_id: int
    record_id: int
    person_key: str
    local_month: str
    position: int
    ticket: str
    rank: int
    basis: str


_SAMPLED = tuple(getattr(SampleItem, name) for name in Sampled._fields)


def load_sample(db: Session, draws: Sequence[AuditDraw]) -> Sequence[Sampled]:
    """Return the items of the given draws in the order in which they were taken."""
    rows = db.execute(
        select(*_SAMPLED)
        .where(SampleItem.draw_id.in_([draw.id for draw in draws]))
        .order_by(SampleItem.draw_id, SampleItem.position)
    )
    return [Sampled(*row) for row in rows]
