"""An audit's frame and floors, worked out anew from what is stored (7.1.1, 7.1.2)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Audit, AuditFrame, UsageRecord
from services.audits.agency.freezing import counts_of
from services.audits.agency.recounting import audited_when_frozen
from services.audits.frozen import unpack_frame
from services.audits.pictures import asked_of
from services.audits.sampling.frame import Frame, build_frame
from services.errors import Conflict
from services.regulation.audit_kinds import AuditKind
from services.regulation.floors import Floors, agency_floors
from services.regulation.periods import HalfYear, parse_period

_AT_ONCE = 10_000
"""A statement takes so many ids at most."""


def frozen_frame(row: AuditFrame) -> Frame | None:
    """Return the frame as it was frozen; None where what is stored is not what its hash says."""
    try:
        return unpack_frame(row)
    except Conflict:
        return None


def frame_now(db: Session, audit: Audit, frame: Frame) -> Frame:
    """Return the records of a frame as they are stored now, those in it only."""
    ids = frame.ids.tolist()
    columns = select(UsageRecord.id, UsageRecord.person_key, UsageRecord.local_month)
    found: list[tuple[int, str, str]] = []
    if audit.kind == AuditKind.UNIT and ids:
        # By unit and months in one walk; what lies outside of it by now is another record than before.
        wanted = set(ids)
        rows = db.execute(
            columns.where(
                UsageRecord.unit_id == audit.unit_id,
                UsageRecord.local_month.in_(parse_period(audit.period).months),
            )
        )
        found = [(one, person, month) for one, person, month in rows if one in wanted]
        ids = sorted(wanted - {one for one, _, _ in found})
    for start in range(0, len(ids), _AT_ONCE):
        rows = db.execute(columns.where(UsageRecord.id.in_(ids[start : start + _AT_ONCE])))
        found += [(one, person, month) for one, person, month in rows]
    return build_frame(found)


def floors_now(db: Session, audit: Audit, row: AuditFrame, frame: Frame) -> Floors:
    """Reckon the floors anew: a unit's from its frame, an agency's from what its units audited."""
    if audit.kind != AuditKind.AGENCY:
        return asked_of(db, audit, row, frame).floors
    half = HalfYear.parse(audit.period)
    audited = audited_when_frozen(db, row.basis)
    # Which reading of the people was in force is on record as the number that it came to.
    summed = row.people_counted == audited.people_summed
    try:
        return agency_floors(counts_of(audited, frame, summed=summed), half.last_day)
    except (
        ValueError
    ):  # a frame that is too small for its floors: they are what the units' audits say
        return Floors(len(audited.rows), 0, 0, len(audited.rows))
