"""The working days of government offices (政府行政機關辦公日曆表), as the package ``holidays`` carries them."""

import functools
from datetime import date

import holidays

from services.regulation.deadlines import Calendar

OFFICIAL_UNTIL = 2027
"""The last year whose official calendar is out and in the package, its make-up days with it. Later years
follow the law on holidays alone: what is reckoned with them is provisional."""


def is_working_day(day: date) -> bool:
    """Return whether offices work on ``day`` (a Taipei date)."""
    working: bool = _year(day.year).is_working_day(day)
    return working


@functools.cache
def _year(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("TW", years=year)


OFFICES = Calendar(is_working_day, date(OFFICIAL_UNTIL, 12, 31))
"""The calendar that deadlines are reckoned with."""
