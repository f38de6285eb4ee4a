"""The official calendar of working days (政府行政機關辦公日曆表), as the package taiwan-holidays carries it.

Its tables are read directly and once: its own class takes seconds to load them and looks a day up by
going through all of them.
"""

import csv
import functools
import io
from datetime import date
from importlib.resources import files

_DAY, _OFF = "西元日期", "是否放假"
_HOLIDAY = "2"


def is_working_day(day: date) -> bool | None:
    """Return whether ``day`` is a working day; None where the calendar lacks it."""
    known, working = _calendar()
    return day in working if day in known else None


def years_known() -> frozenset[int]:
    """Return the years (of our era) that the calendar has."""
    return frozenset(day.year for day in _calendar()[0])


@functools.cache
def _calendar() -> tuple[frozenset[date], frozenset[date]]:
    """Return all days of the calendar, and those of them that are working days."""
    known, working = set(), set()
    for table in files("taiwan_holidays").joinpath("data").iterdir():
        if not table.name.endswith(".csv"):
            continue
        for row in csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))):
            day = date.fromisoformat(row[_DAY])
            known.add(day)
            if row[_OFF] != _HOLIDAY:
                working.add(day)
    return frozenset(known), frozenset(working)
