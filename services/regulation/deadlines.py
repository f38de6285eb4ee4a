"""When what is due: audits and their sending (7.1.1, 7.1.2), the nominal day and the one it moves to.

The rule names the last day of a month. Where that is no working day, the next working day counts
(行政程序法第48條, by analogy; a reading). Which days are working days comes in as an argument; past the
last official calendar the day is provisional.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.regulation.periods import HalfYear, Quarter


@dataclass(frozen=True)
class Calendar:
    """Which days offices work, and until when that is official."""

    is_working: Callable[[date], bool]
    official_until: date


class Obligation(StrEnum):
    """What the rule sets a day for."""

    UNIT_AUDIT = "unit_audit"
    AGENCY_AUDIT = "agency_audit"
    SENDING = "sending"

    @property
    def label(self) -> str:
        return {"unit_audit": "單位稽核", "agency_audit": "機關稽核", "sending": "函送地政局"}[
            self.value
        ]

    @property
    def clause(self) -> str:
        return "7.1.1" if self is Obligation.UNIT_AUDIT else "7.1.2"


@dataclass(frozen=True)
class DueDay:
    """A last day: as the rule names it, and the one that counts."""

    nominal: date
    effective: date
    provisional: bool = False
    """The official calendar of a day that was needed is not out yet."""

    @property
    def moved(self) -> bool:
        return self.effective != self.nominal

    @property
    def overdue_from(self) -> date:
        """The first day on which what was due is overdue."""
        return self.effective + timedelta(days=1)

    def is_past(self, today: date) -> bool:
        """Whether what was due is overdue on ``today`` (a Taipei date)."""
        return today > self.effective


@dataclass(frozen=True)
class Deadline:
    """What is due for one period: from when it can be done, and until when."""

    obligation: Obligation
    period: Quarter | HalfYear
    opens_on: date
    day: DueDay

    @property
    def clause(self) -> str:
        return self.obligation.clause


def due_day(nominal: date, calendar: Calendar) -> DueDay:
    """Return the day that counts: the nominal one, or the first working day after it."""
    day = nominal
    while not calendar.is_working(day):
        day += timedelta(days=1)
    return DueDay(nominal, day, provisional=day > calendar.official_until)


def as_named(day: date) -> DueDay:
    """Return a day that holds as it stands, working day or not."""
    return DueDay(day, day)


def unit_audit(quarter: Quarter, calendar: Calendar) -> Deadline:
    """Return when the unit audit of a quarter is due: in the month after it (7.1.1)."""
    day = due_day(quarter.due, calendar)
    return Deadline(Obligation.UNIT_AUDIT, quarter, _after(quarter), day)


def agency_audit(half: HalfYear, calendar: Calendar) -> Deadline:
    """Return when the agency audit of a half-year is due: in January or July (7.1.2)."""
    return Deadline(Obligation.AGENCY_AUDIT, half, _after(half), due_day(half.due, calendar))


def sending(half: HalfYear, calendar: Calendar) -> Deadline:
    """Return until when a half-year's audits go to the bureau: the end of February or August (7.1.2)."""
    return Deadline(Obligation.SENDING, half, _after(half), due_day(half.send_due, calendar))


def half_of(quarter: Quarter) -> HalfYear:
    """Return the half-year whose agency audit stands on this quarter's unit audits."""
    return HalfYear.of(quarter.first_day)


def ended_quarters(today: date, most: int) -> tuple[Quarter, ...]:
    """Return the quarters that are over on ``today``, the oldest first, ``most`` at most."""
    found = [Quarter.of(today).previous()]
    while len(found) < most:
        found.append(found[-1].previous())
    return tuple(reversed(found))


def ended_halves(today: date, most: int) -> tuple[HalfYear, ...]:
    """Return the half-years that are over on ``today``, the oldest first, ``most`` at most."""
    found = [HalfYear.of(today).previous()]
    while len(found) < most:
        found.append(found[-1].previous())
    return tuple(reversed(found))


def _after(period: Quarter | HalfYear) -> date:
    return period.last_day + timedelta(days=1)
