"""What a frame looks like, and how much of it has to be looked at: in numbers and in sentences."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from data.models import Account, Audit, AuditFrame, Unit, UsageMonthSum, UsageRecord
from services import rocdate
from services.audits.sampling.frame import Counted
from services.regulation.audit_kinds import AuditKind
from services.regulation.figures import UNIT_PEOPLE_RATE
from services.regulation.floors import Floors, explain_unit_floors, unit_floors
from services.regulation.periods import Period, Quarter, parse_period
from services.regulation.readings import PEOPLE_COUNTED
from services.settings import readings

_AT_ONCE = 10_000


@dataclass(frozen=True)
class Asked:
    """What an audit has to look at, the sentences that explain it, and the reading it rests on."""

    floors: Floors
    people_counted: int
    explanation: tuple[str, ...]
    reading: str = ""


@dataclass(frozen=True)
class FramePicture:
    """What a frame looks like: its counts, its months and people, the floors and their reasons."""

    records: int
    people: int
    people_counted: int
    by_month: dict[str, int]
    by_person: list[tuple[str, str, int]]
    """Person key, name, records; most records first."""
    floors: Floors
    explanation: list[str]
    reading: str

    @property
    def months(self) -> int:
        """How many months have records, whether or not each has to be looked at."""
        return sum(map(bool, self.by_month.values()))


def picture_of(db: Session, frame: Counted, period: Period, asked: Asked) -> FramePicture:
    """Describe a frame for the screen, with the names that its records carry."""
    names = _names(db, frame)
    ranked = sorted(frame.by_person.items(), key=lambda entry: (-entry[1], entry[0]))
    return FramePicture(
        records=len(frame),
        people=len(frame.persons),
        people_counted=asked.people_counted,
        by_month={month: frame.by_month.get(month, 0) for month in period.months},
        by_person=[(key, names.get(key, key), count) for key, count in ranked],
        floors=asked.floors,
        explanation=list(asked.explanation),
        reading=asked.reading,
    )


def _names(db: Session, frame: Counted) -> dict[str, str]:
    """Return everybody's name by the first of their records: an agency has too many to read them all.

    The ids alone say which: with the unit beside them, SQLite would walk through all that the unit has.
    """
    ids = frame.firsts
    names: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        named = db.execute(
            select(UsageRecord.person_key, UsageRecord.person_name).where(
                UsageRecord.id.in_(ids[start : start + _AT_ONCE])
            )
        )
        names |= dict(named.all())
    return names


def asked_of(db: Session, audit: Audit, row: AuditFrame, frame: Counted) -> Asked:
    """Return what a frozen frame has to meet.

    Of a unit's it is worked out from the frame, by the reading of its freeze (7.1.1); of an agency's or
    a spot check's it was settled with the freeze and stands on it.
    """
    if AuditKind(audit.kind).of_unit:
        quarter = Quarter.parse(audit.period)
        return unit_floors_asked(frame, quarter, row.people_counted, _reading_of(row))
    basis = row.basis
    return Asked(
        Floors(**basis["floors"]), row.people_counted, tuple(basis["explanation"]), basis["reading"]
    )


def used_by_agency(agency_id: int, period: Period) -> ColumnElement[bool]:
    """Return the condition that a usage record is of the agency, by the units that it had in the period.

    The log is in order of units: asked for the agency alone, all of it would be read.
    """
    units = select(UsageMonthSum.unit_id).where(
        UsageMonthSum.agency_id == agency_id, UsageMonthSum.local_month.in_(period.months)
    )
    return and_(UsageRecord.agency_id == agency_id, UsageRecord.unit_id.in_(units))


def frozen_picture(db: Session, audit: Audit, row: AuditFrame, frame: Counted) -> FramePicture:
    """Describe a frozen frame."""
    asked = asked_of(db, audit, row, frame)
    return picture_of(db, frame, parse_period(audit.period), asked)


def unit_floors_asked(frame: Counted, quarter: Quarter, counted: int, value: str) -> Asked:
    """Return what clause 7.1.1 asks of a unit's quarter, with its sentences.

    ``counted`` people were counted by the reading ``value``: the one in force, or that of the freeze.
    """
    return Asked(
        effective_floors(frame, quarter, counted),
        counted,
        tuple(_explain(frame, quarter, counted)),
        f"總使用人數採「{PEOPLE_COUNTED.options[value]}」",
    )


def _reading_of(row: AuditFrame) -> str:
    """Return by which reading the people of a unit's frozen frame were counted."""
    # Frames of before the reading was kept tell it by the count; where both give the same, it decides nothing.
    told = PEOPLE_COUNTED.default if row.people_counted == row.people else "valid_accounts"
    return str(row.basis.get(PEOPLE_COUNTED.key, told))


def count_people(db: Session, unit: Unit, quarter: Quarter, people: int) -> tuple[int, str]:
    """Return 總使用人數 under the reading in force, and that reading (clause 7.1.1).

    ``people`` have usage records in the quarter.
    """
    value = readings.chosen(db, PEOPLE_COUNTED)
    if value == PEOPLE_COUNTED.default or not people:
        return people, value
    valid = db.scalar(
        select(func.count())
        .select_from(Account)
        .where(
            Account.unit_id == unit.id,
            Account.created_at < rocdate.midnight(quarter.next().first_day),
            or_(
                Account.cancelled_at.is_(None),
                Account.cancelled_at >= rocdate.midnight(quarter.first_day),
            ),
        )
    )
    return max(int(valid or 0), people), value


def effective_floors(frame: Counted, quarter: Quarter, people_counted: int) -> Floors:
    """Return the floors, the people floor limited to the people that the frame has."""
    return floors_of(len(frame), len(frame.persons), len(frame.months), quarter, people_counted)


def floors_of(records: int, people: int, months: int, quarter: Quarter, counted: int) -> Floors:
    """Return the floors of a quarter by its counts; ``counted`` are 總使用人數, ``people`` those to be drawn."""
    floors = unit_floors(records, counted, months, quarter.last_day)
    users = min(floors.users, people)
    return Floors(floors.records, users, floors.months, max(floors.records, users, floors.months))


def _explain(frame: Counted, quarter: Quarter, people_counted: int) -> list[str]:
    said = explain_unit_floors(len(frame), people_counted, len(frame.months), quarter.last_day)
    wanted = unit_floors(len(frame), people_counted, len(frame.months), quarter.last_day).users
    if wanted > len(frame.persons):
        said.append(f"有使用紀錄的只有 {len(frame.persons):,} 人，因此全部抽到即可。")
    if not UNIT_PEOPLE_RATE.known_on(quarter.last_day):
        since = rocdate.roc_date(UNIT_PEOPLE_RATE.values[0][0])
        said.append(f"本季在 {since} 修正生效以前；當時的規定未收錄，這裡依修正後的規定計算。")
    return said
