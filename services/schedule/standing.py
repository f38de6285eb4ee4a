"""Where every audit that is due stands, those included that nobody has begun.

A period counts once it is over: the newest one always (without records it is a nil return), earlier ones
from the first in which there are usage records, so many back; and whatever was begun and never finished.
An agency sends both quarters of a half-year, so of a unit's quarters those of the newest half-year count,
and those of an earlier one whose agency audit was begun, until they were sent.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from data.models import Audit, Unit, UsageMonthSum
from services.audits.owing import owing
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.deadlines import ended_halves, ended_quarters
from services.regulation.periods import HalfYear, Quarter

QUARTERS_BACK, HALVES_BACK = 12, 6
"""Three years: for so long the records are kept at least (7.1.5), and an audit can still be made."""
_UNFINISHED = {
    AuditKind.UNIT: (AuditStatus.PLANNED, AuditStatus.FROZEN, AuditStatus.JUDGING),
    AuditKind.AGENCY: tuple(status for status in AuditStatus if status is not AuditStatus.SENT),
}
"""What was begun and is never forgotten; a signed unit audit is asked for again by its agency's."""
_NONE = (None, AuditStatus.PLANNED)
_P = TypeVar("_P", Quarter, HalfYear)
_Found = Mapping[str, tuple[int, AuditStatus]]


@dataclass(frozen=True)
class Standing:
    """One audit of one period; ``audit_id`` is None while nobody has begun it."""

    period: Quarter | HalfYear
    agency_id: int
    agency_code: str
    agency: str
    unit_id: int | None
    unit_code: str
    unit: str
    audit_id: int | None
    status: AuditStatus


def unit_standings(db: Session, on: date, where: ColumnElement[bool]) -> list[Standing]:
    """Return the unit audits (7.1.1) that the units that fulfil ``where`` owe, the oldest first."""
    quarters = ended_quarters(on, QUARTERS_BACK)
    to_send = _to_send(db, ended_halves(on, 1)[-1])
    asked = {*quarters, *chain.from_iterable(to_send.values())}
    owed = owing(db, where, asked)
    units = [unit for unit, _ in owed]
    first = _first_months(db, units)
    found = _audits(db, AuditKind.UNIT, Audit.unit_id, [unit.id for unit in units], asked)
    standings = [
        Standing(
            period,
            unit.agency_id,
            unit.agency.code,
            unit.agency.name,
            unit.id,
            unit.code,
            unit.name,
            *found[unit.id].get(str(period), _NONE),
        )
        for unit, owes in owed
        for period in {
            *{quarters[-1], *to_send[unit.agency_id]}.intersection(owes),
            *_usual([one for one in quarters if one in owes], first.get(unit.id), found[unit.id]),
            *_begun(AuditKind.UNIT, found[unit.id], Quarter),
        }
        if period.ended(on)
    ]
    return sorted(standings, key=lambda one: (one.period.first_day, one.unit_code))


def agency_standings(db: Session, on: date, where: ColumnElement[bool]) -> list[Standing]:
    """Return the agency audits (7.1.2) of agencies with active units, the oldest first."""
    halves = ended_halves(on, HALVES_BACK)
    units = [unit for unit, _ in owing(db, where, ())]
    first: dict[int, str] = {}
    agency_of = {unit.id: unit.agency_id for unit in units}
    for unit_id, month in _first_months(db, units).items():
        if (agency_id := agency_of.get(unit_id)) is not None:
            first[agency_id] = min(month, first.get(agency_id, month))
    agencies = {unit.agency_id: unit.agency for unit in units}
    found = _audits(db, AuditKind.AGENCY, Audit.agency_id, agencies, halves)
    standings = [
        Standing(
            period,
            agency.id,
            agency.code,
            agency.name,
            None,
            "",
            "",
            *found[agency.id].get(str(period), _NONE),
        )
        for agency in agencies.values()
        for period in {
            halves[-1],
            *_usual(halves, first.get(agency.id), found[agency.id]),
            *_begun(AuditKind.AGENCY, found[agency.id], HalfYear),
        }
        if period.ended(on)
    ]
    return sorted(standings, key=lambda one: (one.period.first_day, one.agency_code))


def _to_send(db: Session, newest: HalfYear) -> defaultdict[int, set[Quarter]]:
    """Return by agency the quarters still to be sent: of the newest half-year, and of those begun."""
    found: defaultdict[int, set[Quarter]] = defaultdict(lambda: set(newest.quarters))
    sent = Audit.status == AuditStatus.SENT.value
    rows = db.execute(
        select(Audit.agency_id, Audit.period, sent).where(
            Audit.kind == AuditKind.AGENCY.value, or_(~sent, Audit.period == str(newest))
        )
    )
    for agency_id, period, was_sent in rows:
        quarters = HalfYear.parse(period).quarters
        if was_sent:
            found[agency_id].difference_update(quarters)
        else:
            found[agency_id].update(quarters)
    return found


def _first_months(db: Session, units: Iterable[Unit]) -> dict[int, str]:
    """Return the first month with usage records of each unit that has any."""
    # Unit by unit: months come first in the table's key, so each search ends at the first that it meets.
    first = (
        select(func.min(UsageMonthSum.local_month))
        .where(UsageMonthSum.unit_id == Unit.id)
        .correlate(Unit)
        .scalar_subquery()
    )
    rows = db.execute(select(Unit.id, first).where(Unit.id.in_([unit.id for unit in units])))
    return {unit_id: first for unit_id, first in rows.all() if first}


def _audits(
    db: Session,
    kind: AuditKind,
    column: InstrumentedAttribute[Any],
    ids: Iterable[int],
    periods: Iterable[Quarter | HalfYear],
) -> dict[int, dict[str, tuple[int, AuditStatus]]]:
    """Return audit and state by unit (or agency) and period, with an entry for each of ``ids``."""
    found: dict[int, dict[str, tuple[int, AuditStatus]]] = {one: {} for one in ids}
    rows = db.execute(
        select(column, Audit.period, Audit.id, Audit.status).where(
            Audit.kind == kind.value,
            column.in_(list(found)),
            or_(
                Audit.period.in_([str(period) for period in periods]),
                Audit.status.in_([status.value for status in _UNFINISHED[kind]]),
            ),
        )
    )
    for whose, period, id_, status in rows:
        found[whose][period] = (id_, AuditStatus(status))
    return found


def _usual(periods: Collection[_P], first_month: str | None, found: _Found) -> list[_P]:
    """Return those periods that have records in or before them, or an audit."""
    return [
        period
        for period in periods
        if str(period) in found or (first_month and first_month <= period.months[-1])
    ]


def _begun(kind: AuditKind, found: _Found, of: type[_P]) -> list[_P]:
    """Return the periods of audits that were begun and never finished, however long ago."""
    return [of.parse(text) for text, (_, status) in found.items() if status in _UNFINISHED[kind]]
