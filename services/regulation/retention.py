"""Until when things are kept: application papers (clause 6.1), usage and audit records (7.1.5).

Dates are Taipei dates. A year counts as 行政程序法 §48 has it: its first day is not counted, so the
day of the cancellation is not part of the year, and the anniversary still is. Where that leads to a 29
February that the later year lacks, the year ends with that February.
"""

from calendar import isleap
from datetime import date, timedelta

from services.regulation.figures import FORM_YEARS_AFTER_CANCELLATION, RETENTION_YEARS


def destroyable_from(ended_on: date, today: date) -> date:
    """Return the first day on which papers may be destroyed (clause 6.1).

    ``ended_on`` is the day on which the account was cancelled or, of an application that never led to
    an account, on which that was closed. The figure is the one in force ``today``.
    """
    return _years_on(ended_on + timedelta(days=1), _years(today))


def ended_by(today: date) -> date:
    """Return the last day on which something can have ended whose papers may be destroyed ``today``.

    The same rule the other way round, so that a database can be asked for what may be destroyed.
    """
    return _years_back(today, _years(today)) - timedelta(days=1)


def earliest_purge(today: date) -> date:
    """Return the date before which records may be purged ``today``: whatever is of that day or later stays.

    It is the date the years of clause 7.1.5 back: the day of a record is not counted and the
    anniversary still belongs to its years, so that what is of this very date stays one day more.
    """
    return _years_back(today, _retention_years(today))


def may_be_purged(day: date, today: date) -> bool:
    """Whether a record of ``day`` has been kept for the years of clause 7.1.5."""
    return day < earliest_purge(today)


def purgeable_from(before: date, today: date) -> date:
    """Return the first day on which everything older than ``before`` may be purged.

    The figure is the one in force ``today``.
    """
    return _years_on(before, _retention_years(today))


def _years_on(day: date, years: int) -> date:
    year = day.year + years
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 3, 1)
    return day.replace(year=year)


def _years_back(day: date, years: int) -> date:
    year = day.year - years
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def _years(today: date) -> int:
    return int(FORM_YEARS_AFTER_CANCELLATION.on(today))


def _retention_years(today: date) -> int:
    return int(RETENTION_YEARS.on(today))
