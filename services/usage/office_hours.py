"""When offices work: use outside of it is no fault, and worth a look. The hours are ours, not the rule's."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Integer, and_, cast, extract, false, func, not_, or_
from sqlalchemy.orm import Session

from data.models import UsageRecord
from services import rocdate
from services.working_days import is_working_day

OPENS, CLOSES = 8, 18
"""Hours of the day in Taipei; a setting of flexible hours lies within."""
NIGHT = (22, 6)


class TimeOfUse(StrEnum):
    """Which part of the days a list is narrowed to; the value is what an address holds."""

    OUTSIDE = "outside"
    DAYS_OFF = "days_off"
    NIGHT = "night"
    OFFICE = "office"
    HOURS = "hours"

    @property
    def label(self) -> str:
        return {
            "outside": "上班時間以外（含假日）",
            "days_off": "假日",
            "night": f"夜間（{NIGHT[0]} 時至 {NIGHT[1]} 時）",
            "office": f"上班日 {OPENS} 時至 {CLOSES} 時",
            "hours": "自訂時刻",
        }[self.value]


def outside_words(moment: datetime) -> str:
    """Say how a moment lies outside office hours: 假日 or 非上班時間; empty where it does not."""
    local = rocdate.taipei(moment)
    if not is_working_day(local.date()):
        return "假日"
    return "" if OPENS <= local.hour < CLOSES else "非上班時間"


def hours_between(first: int, last: int) -> frozenset[int]:
    """Return the hours from ``first`` up to before ``last``, past midnight where that is earlier.

    The same hour twice is the whole day.
    """
    length = (last - first) % 24 or 24
    return frozenset((first + step) % 24 for step in range(length))


def within_time(
    db: Session, part: TimeOfUse, days: tuple[date, date], hours: tuple[int, int]
) -> ColumnElement[bool]:
    """Return the condition that a record of ``days`` (both included) lies in that part of them.

    ``hours`` count for `TimeOfUse.HOURS` alone.
    """
    if part is TimeOfUse.HOURS:
        return _at(db, hours_between(*hours))
    if part is TimeOfUse.NIGHT:
        return _at(db, hours_between(*NIGHT))
    office, days_off = _at(db, hours_between(OPENS, CLOSES)), _on_days_off(*days)
    if part is TimeOfUse.DAYS_OFF:
        return days_off
    if part is TimeOfUse.OFFICE:
        return and_(office, not_(days_off))
    return or_(not_(office), days_off)


def _at(db: Session, hours: Collection[int]) -> ColumnElement[bool]:
    """The condition on the hour in Taipei, as each database works it out of a moment in UTC."""
    if db.get_bind().dialect.name == "sqlite":
        hour: ColumnElement[int] = cast(
            func.strftime("%H", UsageRecord.occurred_at, "+8 hours"), Integer
        )
    else:
        hour = extract("hour", func.timezone(rocdate.TAIPEI.key, UsageRecord.occurred_at))
    return hour.in_(sorted(hours))


def _on_days_off(first: date, last: date) -> ColumnElement[bool]:
    """The condition on the day: one span a run of days off, so that the calendar stays out of SQL."""
    spans = [
        and_(
            UsageRecord.occurred_at >= rocdate.midnight(start),
            UsageRecord.occurred_at < rocdate.midnight(end + timedelta(days=1)),
        )
        for start, end in _runs_off(first, last)
    ]
    return or_(*spans) if spans else false()


def _runs_off(first: date, last: date) -> Iterator[tuple[date, date]]:
    start: date | None = None
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if not is_working_day(day):
            start = start or day
        elif start is not None:
            yield start, day - timedelta(days=1)
            start = None
    if start is not None:
        yield start, last
