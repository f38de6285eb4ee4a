"""Which unit owes an audit of which quarter (7.1.1): one answer for the work list, the agency and the package."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, contains_eager

from data.models import Agency, Audit, Unit, UsageMonthSum
from services.regulation.audit_kinds import AuditKind
from services.regulation.periods import Quarter

Owing = list[tuple[Unit, tuple[Quarter, ...]]]


def owing(db: Session, where: ColumnElement[bool], quarters: Collection[Quarter]) -> Owing:
    """Return the units that fulfil ``where`` by code, each with those of ``quarters`` that it owes.

    A unit in use owes every one: without records it is a nil return (a reading). When a unit came is not
    kept, so that one that is new owes them too. A closed unit owes the quarters in which it left
    records, and those that it began to audit.
    """
    asked = tuple(sorted(quarters))
    months = [month for quarter in asked for month in quarter.months]
    left = exists().where(UsageMonthSum.unit_id == Unit.id, UsageMonthSum.local_month.in_(months))
    began = exists().where(Audit.unit_id == Unit.id, *_unit_audits(asked))
    units = db.scalars(
        select(Unit)
        .join(Unit.agency)
        .options(contains_eager(Unit.agency))
        .where(where, or_(and_(Unit.active, Agency.active), left, began))
        .order_by(Unit.code)
    ).all()
    closed = _of_closed(db, [unit.id for unit in units if not _in_use(unit)], asked)
    return [
        (unit, asked if _in_use(unit) else tuple(q for q in asked if q in closed[unit.id]))
        for unit in units
    ]


def audits_of(db: Session, unit_ids: Collection[int], quarter: Quarter) -> dict[int | None, Audit]:
    """Return by unit the audits of a quarter that these units began."""
    asked = select(Audit).where(Audit.unit_id.in_(unit_ids), *_unit_audits((quarter,)))
    return {audit.unit_id: audit for audit in db.scalars(asked)}


def _in_use(unit: Unit) -> bool:
    return unit.active and unit.agency.active


def _of_closed(
    db: Session, unit_ids: list[int], quarters: Iterable[Quarter]
) -> dict[int, set[Quarter]]:
    """Return in which quarters each of the closed units left anything."""
    found: dict[int, set[Quarter]] = defaultdict(set)
    if not unit_ids:
        return found
    by_month = {month: quarter for quarter in quarters for month in quarter.months}
    used = db.execute(
        select(UsageMonthSum.unit_id, UsageMonthSum.local_month)
        .where(UsageMonthSum.unit_id.in_(unit_ids), UsageMonthSum.local_month.in_(list(by_month)))
        .distinct()
    )
    for unit_id, month in used:
        found[unit_id].add(by_month[month])
    began = select(Audit.unit_id, Audit.period).where(
        Audit.unit_id.in_(unit_ids), *_unit_audits(quarters)
    )
    for whose, period in db.execute(began):
        if whose is not None:
            found[whose].add(Quarter.parse(period))
    return found


def _unit_audits(quarters: Iterable[Quarter]) -> tuple[ColumnElement[bool], ...]:
    of_unit = Audit.kind == AuditKind.UNIT.value
    return of_unit, Audit.period.in_([str(quarter) for quarter in quarters])
