"""What a unit audit that is missing would at least have had to look at (7.1.1; domain.md §7, 6)."""

from collections.abc import Collection, Sequence

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from data.models import Audit, AuditFrame, Unit, UsageRecord
from services.audits.late import late_frame
from services.audits.pictures import count_people, effective_floors, floors_of
from services.regulation.floors import Floors
from services.regulation.periods import Quarter


def least_of_quarters(
    db: Session, units: Collection[Unit], quarters: Sequence[Quarter]
) -> dict[tuple[int, str], Floors]:
    """Return by unit and quarter what clause 7.1.1 asks of the records stored now; nothing where there are none."""
    period_of = {month: str(quarter) for quarter in quarters for month in quarter.months}
    by_id = {unit.id: unit for unit in units}
    if not by_id or not period_of:
        return {}
    period = case(period_of, value=UsageRecord.local_month)
    rows = db.execute(
        select(
            UsageRecord.unit_id,
            period.label("period"),
            func.count(),
            func.count(UsageRecord.person_key.distinct()),
            func.count(UsageRecord.local_month.distinct()),
        )
        .where(UsageRecord.unit_id.in_(by_id), UsageRecord.local_month.in_(list(period_of)))
        .group_by(UsageRecord.unit_id, "period")
    )
    found: dict[tuple[int, str], Floors] = {}
    for unit_id, name, records, people, months in rows:
        quarter = Quarter.parse(name)
        counted, _ = count_people(db, by_id[unit_id], quarter, people)
        found[unit_id, name] = floors_of(records, people, months, quarter, counted)
    return found


def least_of_supplement(db: Session, audit_id: int, quarter: Quarter) -> Floors:
    """Return what a supplement that is not signed has to look at."""
    row = db.scalars(select(AuditFrame).where(AuditFrame.audit_id == audit_id)).one()
    return floors_of(row.records, row.people, row.months, quarter, row.people_counted)


def least_of_late(db: Session, audit: Audit, quarter: Quarter) -> Floors:
    """Return what a supplement over a unit audit's late records would have to look at."""
    frame = late_frame(db, audit, quarter)
    return effective_floors(frame, quarter, len(frame.persons))
