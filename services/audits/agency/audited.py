"""What the units of an agency audited in a half-year, and what of it is still missing (clause 7.1.2)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Agency, Audit, Unit, UsageRecord
from services.audits.agency.minimum import (
    least_of_late,
    least_of_quarters,
    least_of_supplement,
)
from services.audits.agency.receiving import waiting_for_receipt
from services.audits.held import records_held, rows_of
from services.audits.late import Supplement, late_counts, supplements_by_audit
from services.audits.owing import audits_of, owing
from services.audits.pictures import used_by_agency
from services.audits.sampling.frame import Frame, FrameRow, build_frame
from services.audits.words import FrameScope
from services.regulation.audit_kinds import OF_UNIT
from services.regulation.audit_states import AuditStatus
from services.regulation.floors import Floors
from services.regulation.periods import HalfYear, Quarter

NOTHING = Floors(0, 0, 0, 0)


@dataclass(frozen=True)
class UnitShare:
    """What one signed unit audit looked at."""

    audit_id: int
    unit_id: int
    unit: str
    quarter: str
    people: int
    records: int
    months: tuple[str, ...]
    supplements: tuple[int, ...] = ()
    """Its supplementary audits of records imported late, counted with it."""


@dataclass(frozen=True)
class MissingAudit:
    """A unit's quarter whose audit or supplement is not signed, or whose late records nobody has audited."""

    unit_id: int
    unit: str
    """With what is missing behind it, where it is not the audit itself."""
    quarter: str
    records: int = 0
    """What it would at least have had to look at: it counts with that, so that freezing early lowers no floor."""
    people: int = 0

    @property
    def key(self) -> str:
        """Under which key a reason declares it missing; another one as soon as something else is missing."""
        return f"{self.unit_id}:{self.quarter}:{self.unit}"

    @property
    def label(self) -> str:
        """How it is called in a sentence."""
        return f"{self.unit} {Quarter.parse(self.quarter).label}"


@dataclass(frozen=True)
class HalfAudited:
    """All that an agency's units audited in a half-year, whoever may look at it."""

    units: tuple[UnitShare, ...]
    missing: tuple[MissingAudit, ...]
    rows: tuple[FrameRow, ...]
    """Every record in a signed unit audit, once."""
    unreceived: tuple[str, ...] = ()
    """Signed audits with records that the agency manager has not received yet."""

    @property
    def missing_records(self) -> int:
        """Records that the missing audits would at least have had to look at."""
        return sum(one.records for one in self.missing)

    @property
    def missing_people(self) -> int:
        """People whom the missing audits would at least have had to look at, audit by audit."""
        return sum(one.people for one in self.missing)

    @property
    def people_summed(self) -> int:
        """People audited, whoever was audited in two audits counted twice."""
        return sum(unit.people for unit in self.units)

    @property
    def people_distinct(self) -> int:
        """People audited, everybody once."""
        return len({person for _, person, _ in self.rows})

    def lists(self) -> dict[str, list[dict[str, Any]]]:
        """Return units and missing audits as the frame keeps them."""
        return {
            "units": [
                vars(unit) | {"months": list(unit.months), "supplements": list(unit.supplements)}
                for unit in self.units
            ],
            "missing": [dict(vars(one)) for one in self.missing],
        }


def share_of(
    audit_id: int,
    unit_id: int,
    unit: str,
    quarter: str,
    rows: Collection[FrameRow],
    supplements: tuple[int, ...] = (),
) -> UnitShare:
    """Count what one signed unit audit looked at, its supplements' records among ``rows``."""
    people = {person for _, person, _ in rows}
    months = tuple(sorted({month for _, _, month in rows}))
    return UnitShare(audit_id, unit_id, unit, quarter, len(people), len(rows), months, supplements)


def audited_in(db: Session, agency: Agency, half: HalfYear) -> HalfAudited:
    """Return what the units' signed audits of both quarters hold: sample, picks, what a redraw left."""
    shares: list[UnitShare] = []
    missing: list[MissingAudit] = []
    rows: dict[int, FrameRow] = {}
    owed = [(quarter, *one) for quarter in half.quarters for one in units_of(db, agency, quarter)]
    signed = [audit for _, _, audit in owed if audit is not None and _is_signed(audit)]
    of_audit = _signed_of(db, agency, half, signed)
    least = least_of_quarters(db, {one for _, one, a in owed if not _is_signed(a)}, half.quarters)
    for quarter, unit, audit in owed:
        if audit is None or not _is_signed(audit):
            floors = least.get((unit.id, str(quarter)), NOTHING)
            missing.append(_missing(unit, unit.name, quarter, floors))
            continue
        held = of_audit[audit.id]
        missing += _missing_late(db, unit, quarter, audit, held)
        whose = (audit.id, unit.id, unit.name, str(quarter))
        shares.append(share_of(*whose, held.rows, held.signed))
        rows |= {row[0]: row for row in held.rows}
    unreceived = waiting_for_receipt(
        db, [*of_audit, *chain(*(one.signed for one in of_audit.values()))]
    )
    return HalfAudited(tuple(shares), tuple(missing), tuple(rows.values()), unreceived)


@dataclass(frozen=True)
class _Signed:
    """What a signed unit audit holds, its signed supplements included."""

    supplements: tuple[Supplement, ...]
    late: int
    """Records that came late and are in no frame."""
    rows: list[FrameRow]

    @property
    def signed(self) -> tuple[int, ...]:
        """Its supplements that are signed."""
        return _signed_ones(self.supplements)


def _signed_ones(supplements: Iterable[Supplement]) -> tuple[int, ...]:
    return tuple(one.audit_id for one in supplements if one.status.is_signed)


def _is_signed(audit: Audit | None) -> bool:
    return audit is not None and AuditStatus(audit.status).is_signed


def _signed_of(
    db: Session, agency: Agency, half: HalfYear, audits: Collection[Audit]
) -> dict[int, _Signed]:
    """Return by audit what these hold, in as few statements for many as for one."""
    supplements = supplements_by_audit(db, [audit.id for audit in audits])
    late: dict[tuple[int | None, str], int] = {
        (one.unit_id, str(one.quarter)): one.records
        for one in late_counts(db, Unit.agency_id == agency.id, half.quarters)
    }
    of_one = {
        audit.id: (audit.id, *_signed_ones(supplements.get(audit.id, ()))) for audit in audits
    }
    held = records_held(db, list(chain.from_iterable(of_one.values())))
    rows = rows_of(db, set(chain.from_iterable(held.values())))
    return {
        audit.id: _Signed(
            tuple(supplements.get(audit.id, ())),
            late.get((audit.unit_id, audit.period), 0),
            [
                rows[record]
                for record in {record for one in of_one[audit.id] for record in held[one]}
                if record in rows
            ],
        )
        for audit in audits
    }


def _missing(unit: Unit, name: str, quarter: Quarter, floors: Floors) -> MissingAudit:
    return MissingAudit(unit.id, name, str(quarter), floors.at_least, floors.users)


def _missing_late(
    db: Session, unit: Unit, quarter: Quarter, audit: Audit, held: _Signed
) -> Iterator[MissingAudit]:
    """Yield what nobody has audited of the records that came after a signed audit's freeze."""
    for one in held.supplements:
        if not one.status.is_signed:
            floors = least_of_supplement(db, one.audit_id, quarter)
            yield _missing(unit, f"{unit.name}補充稽核", quarter, floors)
    if held.late:
        name = f"{unit.name}凍結後匯入 {held.late:,} 筆未稽核"
        yield _missing(unit, name, quarter, least_of_late(db, audit, quarter))


def hold_units(db: Session, agency: Agency, half: HalfYear) -> None:
    """Lock the units' audits of a half-year until what they hold is counted: nobody opens one meanwhile."""
    db.execute(
        select(Audit.id)
        .where(
            Audit.kind.in_(OF_UNIT),
            Audit.agency_id == agency.id,
            Audit.period.in_([str(quarter) for quarter in half.quarters]),
        )
        .order_by(Audit.id)
        .with_for_update()
    ).all()


def units_of(db: Session, agency: Agency, quarter: Quarter) -> list[tuple[Unit, Audit | None]]:
    """Return the agency's units that owe an audit of a quarter, each with that audit if it was begun."""
    units = [unit for unit, _ in owing(db, Unit.agency_id == agency.id, (quarter,))]
    audits = audits_of(db, [unit.id for unit in units], quarter)
    return [(unit, audits.get(unit.id)) for unit in units]


def frame_of(
    db: Session, agency: Agency, half: HalfYear, scope: FrameScope, audited: HalfAudited
) -> Frame:
    """Return the frame of a scope as it stands in the database at this moment."""
    if scope is FrameScope.AUDITED:
        return build_frame(audited.rows)
    known = {row[0]: row for row in audited.rows}
    everything = db.execute(
        select(UsageRecord.id, UsageRecord.person_key, UsageRecord.local_month).where(
            used_by_agency(agency.id, half), UsageRecord.local_month.in_(half.months)
        )
    )
    others = [
        (record, person, month) for record, person, month in everything if record not in known
    ]
    return build_frame([*others, *known.values()] if scope is FrameScope.BOTH else others)
