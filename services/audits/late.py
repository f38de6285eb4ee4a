"""Records imported after their quarter was frozen: counted, named, and audited by a supplement (7.1.1; domain.md §7, 8).

A frozen frame is never changed. What came later can be audited by a draw of its own: a supplement, with a
frame of the late records alone, its own floors, and everything else as in the unit's audit.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from data.engine import reading, transaction
from data.models import Audit, AuditFrame, Unit, UsageMonthSum
from services.actor import Actor
from services.audits.freezing import checked_size, settle_seed, store_frame
from services.audits.frozen import unpack_frame
from services.audits.opening import open_audit
from services.audits.pictures import FramePicture, effective_floors, picture_of, unit_floors_asked
from services.audits.sampling.frame import Frame
from services.audits.store import collect_frame, load_audit, require_whole
from services.audits.words import SeedSource
from services.errors import Conflict, Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.ledger.sealing import seal_aside
from services.regulation.audit_kinds import OF_UNIT, AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Quarter
from services.regulation.readings import PEOPLE_COUNTED

NONE_LATE = "凍結之後沒有再匯入本季的紀錄，或都已列入補充稽核；不需再補充。"


@dataclass(frozen=True)
class LateCount:
    """How many records of a frozen quarter are in no frame, neither the audit's nor a supplement's."""

    audit_id: int
    unit_id: int
    unit_code: str
    unit: str
    agency_id: int
    agency: str
    quarter: Quarter
    records: int


@dataclass(frozen=True)
class Supplement:
    """One supplementary audit, the first being number 1."""

    audit_id: int
    number: int
    status: AuditStatus
    records: int


@dataclass(frozen=True)
class LateView:
    """What came to a unit's quarter after its frame was frozen."""

    records: int
    """Those in no frame yet: nobody can draw them."""
    supplements: tuple[Supplement, ...]


@guarded(Action.VIEW_AUDIT)
def view_late(actor: Actor, audit_id: int) -> LateView:
    """Return how many records came after the freeze of a unit's audit, and its supplements."""
    with reading() as db:
        audit = _main(db, actor, audit_id, Action.VIEW_AUDIT)
        found = late_counts(db, Unit.id == audit.unit_id, (Quarter.parse(audit.period),))
        return LateView(sum(one.records for one in found), supplements_of(db, audit.id))


@guarded(Action.VIEW_AUDIT)
def preview_supplement(actor: Actor, audit_id: int) -> FramePicture:
    """Return the picture of the records that a supplement would freeze now; nothing is stored."""
    with reading() as db:
        audit = _main(db, actor, audit_id, Action.VIEW_AUDIT)
        quarter = Quarter.parse(audit.period)
        frame = late_frame(db, audit, quarter)
        asked = unit_floors_asked(frame, quarter, len(frame.persons), PEOPLE_COUNTED.default)
        return picture_of(db, frame, quarter, asked)


@guarded(Action.CONDUCT_AUDIT)
def open_supplement(
    actor: Actor,
    audit_id: int,
    *,
    base_records: int | None = None,
    seed_plan: SeedSource = SeedSource.SYSTEM,
    public_figure: str = "",
    published_on: date | None = None,
    seal: bool = True,
) -> int:
    """Freeze the late records of a unit's audit as a supplement and return the supplement's id.

    The arguments are those of `services.audits.freezing.freeze`, and so are floors, draw, verdicts and
    signature. People are always those with late records: the valid accounts were counted by the quarter's
    own audit. Raises Conflict when no record is late, Invalid for wrong choices.
    """
    plan = settle_seed(actor.today, seed_plan, public_figure, published_on)
    with transaction() as db:
        # Locked, so that two who open one at once do not both take the same records.
        main = _main(db, actor, audit_id, Action.CONDUCT_AUDIT, lock=True)
        quarter = Quarter.parse(main.period)
        require_whole(db, quarter)
        frame = late_frame(db, main, quarter)
        if not len(frame):
            raise Conflict(NONE_LATE)
        people = len(frame.persons)
        wanted = checked_size(effective_floors(frame, quarter, people), frame, base_records)
        assert main.unit is not None  # as every audit of a unit
        audit = open_audit(db, actor, AuditKind.SUPPLEMENT, main.unit, quarter, supplements=main.id)
        basis = {PEOPLE_COUNTED.key: PEOPLE_COUNTED.default, "supplements": main.id}
        store_frame(db, actor, audit, frame, plan, counted=people, wanted=wanted, basis=basis)
        opened = audit.id
    if seal:
        seal_aside(actor.now)
    return opened


def late_counts(
    db: Session, where: ColumnElement[bool], quarters: Sequence[Quarter]
) -> list[LateCount]:
    """Return the frozen ``quarters`` of the units that fulfil ``where`` that have late records, oldest first.

    Records are never taken away within the years that they are kept, so that what is in no frame is the
    difference of two counts: those of the monthly sums, and those of the frames.
    """
    period_of = {month: str(quarter) for quarter in quarters for month in quarter.months}
    if not period_of:
        return []
    frozen = db.execute(
        # A supplement is always the younger one.
        select(Unit.id, Audit.period, func.min(Audit.id), func.sum(AuditFrame.records))
        .join(AuditFrame, AuditFrame.audit_id == Audit.id)
        .join(Unit, Unit.id == Audit.unit_id)
        .where(Audit.kind.in_(OF_UNIT), Audit.period.in_(set(period_of.values())), where)
        .group_by(Unit.id, Unit.code, Audit.period)
        .order_by(Audit.period, Unit.code)
    ).all()
    stored = _stored(db, period_of, {row[0] for row in frozen}, {row[1] for row in frozen})
    late = [
        (unit_id, period, audit_id, stored[unit_id, period] - int(records))
        for unit_id, period, audit_id, records in frozen
        if stored[unit_id, period] > records
    ]
    asked = select(Unit).join(Unit.agency).options(contains_eager(Unit.agency))
    found = db.scalars(asked.where(Unit.id.in_({one[0] for one in late}))) if late else ()
    units = {unit.id: unit for unit in found}
    return [
        LateCount(
            audit_id,
            unit_id,
            units[unit_id].code,
            units[unit_id].name,
            units[unit_id].agency_id,
            units[unit_id].agency.name,
            Quarter.parse(period),
            records,
        )
        for unit_id, period, audit_id, records in late
    ]


def _stored(
    db: Session, period_of: Mapping[str, str], units: set[int], periods: set[str]
) -> Counter[tuple[int, str]]:
    """Return the records stored of these units and periods."""
    months = [month for month, period in period_of.items() if period in periods]
    rows = db.execute(
        # By month and unit, in the order of the table's key: by quarters the database would have to sort.
        select(UsageMonthSum.local_month, UsageMonthSum.unit_id, func.sum(UsageMonthSum.records))
        .where(UsageMonthSum.local_month.in_(months), UsageMonthSum.unit_id.in_(units))
        .group_by(UsageMonthSum.local_month, UsageMonthSum.unit_id)
    )
    found: Counter[tuple[int, str]] = Counter()
    for month, unit_id, records in rows:
        found[unit_id, period_of[month]] += int(records)
    return found


def _main(db: Session, actor: Actor, audit_id: int, action: Action, *, lock: bool = False) -> Audit:
    audit = load_audit(db, actor, audit_id, action, lock=lock)
    if audit.kind != AuditKind.UNIT:
        raise Invalid(f"補充稽核只能接在單位稽核之後；這是{AuditKind(audit.kind).label}。")
    if audit.status == AuditStatus.PLANNED:
        raise Conflict("母體尚未凍結，現在凍結就會包含全部的紀錄；不需補充。")
    return audit


def supplements_of(db: Session, audit_id: int) -> tuple[Supplement, ...]:
    """Return the supplements of a unit's audit, the first one first."""
    return supplements_by_audit(db, (audit_id,)).get(audit_id, ())


def supplements_by_audit(
    db: Session, audit_ids: Collection[int]
) -> dict[int, tuple[Supplement, ...]]:
    """Return by audit the supplements of those that have any."""
    rows = db.execute(
        select(Audit.supplements, Audit.id, Audit.status, AuditFrame.records)
        .join(AuditFrame, AuditFrame.audit_id == Audit.id)
        .where(Audit.supplements.in_(audit_ids))
        .order_by(Audit.id)
    )
    found: dict[int, tuple[Supplement, ...]] = {}
    for main, id_, status, records in rows:
        before = found.get(main or 0, ())
        found[main or 0] = *before, Supplement(id_, len(before) + 1, AuditStatus(status), records)
    return found


def late_frame(db: Session, audit: Audit, quarter: Quarter) -> Frame:
    """Return the frame of the quarter's records that stand in no frame of the audit or its supplements."""
    frames = db.scalars(
        select(AuditFrame)
        .join(Audit, Audit.id == AuditFrame.audit_id)
        .where(or_(Audit.id == audit.id, Audit.supplements == audit.id))
    )
    known = {record for row in frames for record in unpack_frame(row).ids.tolist()}
    return collect_frame(db, audit.unit_id or 0, quarter, without=known)
