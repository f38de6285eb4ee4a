"""When the city works: heavy Mondays, quiet weekends and holidays, office hours with a lunch dip."""

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

# The first day of the lunar year; beyond the table the holiday simply does not show.
_LUNAR_NEW_YEAR = tuple(
    date.fromisoformat(day)
    for day in [
        "2023-01-22",
        "2024-02-10",
        "2025-01-29",
        "2026-02-17",
        "2027-02-06",
        "2028-01-26",
        "2029-02-13",
        "2030-02-03",
        "2031-01-23",
        "2032-02-11",
        "2033-01-31",
        "2034-02-19",
        "2035-02-08",
    ]
)
_HOLIDAYS = {(1, 1), (2, 28), (4, 4), (4, 5), (5, 1), (10, 10)}
_WEEKDAYS = (1.18, 1.06, 1.0, 0.98, 0.86, 0.05, 0.02)

# Half hours from 07:00; the lunch break is from 12:00 to 13:30.
_HALF_HOURS = (
    *(0.2, 0.8, 3.0, 7.0, 9.5, 10.5, 10.8, 10.0, 9.0, 6.5),  # 07:00 to 12:00
    *(1.5, 1.2, 3.2),  # to 13:30
    *(8.0, 9.2, 9.6, 9.4, 8.8, 8.0, 6.6, 4.8),  # to 17:30
    *(2.0, 1.0, 0.6, 0.35, 0.2, 0.12, 0.08),  # overtime, to 21:00
)
_FIRST_SECOND = 7 * 3600
_CUMULATIVE = np.cumsum(_HALF_HOURS) / np.sum(_HALF_HOURS)

_SEASONS: dict[str, tuple[float, ...]] = {
    # The land value tax is prepared in September and due in November, the house tax in May.
    "tax": (0.8, 0.6, 0.95, 1.1, 1.7, 1.0, 0.85, 0.95, 1.35, 1.2, 1.75, 1.0),
    "works": (0.85, 0.6, 1.0, 1.05, 1.0, 1.05, 0.95, 0.95, 1.05, 1.15, 1.2, 1.3),
    "social": (1.3, 0.7, 0.95, 0.9, 0.9, 0.9, 0.9, 0.9, 1.0, 1.25, 1.35, 1.15),
}
_PLAIN_SEASON = (0.95, 0.65, 1.05, 1.0, 1.05, 1.0, 0.95, 0.95, 1.0, 1.05, 1.05, 1.05)


def day_weight(day: date) -> float:
    """Return how much a day has beside an ordinary Wednesday."""
    new_year = any(-1 <= (day - first).days <= 5 for first in _LUNAR_NEW_YEAR)
    if new_year or (day.month, day.day) in _HOLIDAYS:
        return 0.01
    return _WEEKDAYS[day.weekday()]


def season(kind: str, month: int) -> float:
    """Return how much a month (1 to 12) has beside a mean month for this kind of agency."""
    return _SEASONS.get(kind, _PLAIN_SEASON)[month - 1]


def days_of(month: str) -> list[date]:
    """Return the days of a month written ``YYYY-MM``."""
    first = date.fromisoformat(f"{month}-01")
    after = (first + timedelta(days=31)).replace(day=1)
    return [first + timedelta(days=k) for k in range((after - first).days)]


def seconds_of_day(draws: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Turn draws in [0, 1) into seconds since midnight by the rhythm of an office."""
    half_hour = np.searchsorted(_CUMULATIVE, draws, side="right")
    before = np.concatenate(([0.0], _CUMULATIVE))[half_hour]
    width = _CUMULATIVE[half_hour] - before
    within = (draws - before) / width
    seconds: npt.NDArray[np.int64] = (_FIRST_SECOND + (half_hour + within) * 1800).astype(np.int64)
    return seconds
