"""Clause 6.1: one full year after the cancellation; clause 7.1.5: three years of records; day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.retention import (
    destroyable_from,
    earliest_purge,
    ended_by,
    may_be_purged,
    purgeable_from,
)

TODAY = date(2026, 11, 23)

EDGES = (
    # cancelled on, the last day of the year after it, the first lawful day
    (date(2024, 5, 22), date(2025, 5, 22), date(2025, 5, 23)),
    (date(2025, 1, 1), date(2026, 1, 1), date(2026, 1, 2)),
    (date(2025, 12, 31), date(2026, 12, 31), date(2027, 1, 1)),
    (date(2025, 4, 30), date(2026, 4, 30), date(2026, 5, 1)),
    # Around 29 February: that of the cancellation, and that of the year after.
    (date(2024, 2, 27), date(2025, 2, 27), date(2025, 2, 28)),
    (date(2024, 2, 28), date(2025, 2, 28), date(2025, 3, 1)),
    (date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1)),
    (date(2024, 3, 1), date(2025, 3, 1), date(2025, 3, 2)),
    (date(2027, 2, 27), date(2028, 2, 27), date(2028, 2, 28)),
    (date(2027, 2, 28), date(2028, 2, 29), date(2028, 3, 1)),
    (date(2027, 3, 1), date(2028, 3, 1), date(2028, 3, 2)),
)


@pytest.mark.parametrize(("cancelled", "last", "first"), EDGES)
def test_the_day_itself_is_still_kept_and_the_next_is_lawful(
    cancelled: date, last: date, first: date
) -> None:
    assert destroyable_from(cancelled, TODAY) == first
    assert first - last == timedelta(days=1)
    assert ended_by(last) < cancelled <= ended_by(first)


def test_one_year_minus_a_day_and_the_anniversary_are_too_early() -> None:
    cancelled = date(2025, 11, 23)
    assert ended_by(date(2026, 11, 22)) < cancelled
    assert ended_by(date(2026, 11, 23)) < cancelled
    assert ended_by(date(2026, 11, 24)) >= cancelled


def test_every_day_of_twelve_years_by_brute_force() -> None:
    """Asked day by day, both directions say the same, and never less than 365 whole days pass."""
    days = [date(2023, 1, 1) + timedelta(days=n) for n in range(12 * 366)]
    lawful = {day: destroyable_from(day, TODAY) for day in days}
    for ended, first in lawful.items():
        assert (first - ended).days - 1 in (365, 366)
    for today in days[800:-800]:
        allowed = [ended for ended in days if lawful[ended] <= today]
        assert max(allowed) == ended_by(today)


@given(
    st.dates(date(1990, 1, 1), date(2200, 1, 1)),
    st.dates(date(1990, 1, 1), date(2200, 1, 1)),
)
def test_whoever_ends_later_is_kept_at_least_as_long(one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert destroyable_from(first, TODAY) <= destroyable_from(second, TODAY)
    assert (destroyable_from(first, TODAY) <= second) == (first <= ended_by(second))


# --- usage and audit records (7.1.5) ---------------------------------------------------------------

KEPT = (
    # a record's day, the last day on which it must be kept, the first on which it may go
    (date(2023, 11, 27), date(2026, 11, 27), date(2026, 11, 28)),
    (date(2023, 11, 28), date(2026, 11, 28), date(2026, 11, 29)),
    (date(2023, 12, 31), date(2026, 12, 31), date(2027, 1, 1)),
    # Around 29 February: that of the record, and that of the year in which its three years end.
    (date(2024, 2, 27), date(2027, 2, 27), date(2027, 2, 28)),
    (date(2024, 2, 28), date(2027, 2, 28), date(2027, 3, 1)),
    (date(2024, 2, 29), date(2027, 2, 28), date(2027, 3, 1)),
    (date(2024, 3, 1), date(2027, 3, 1), date(2027, 3, 2)),
    (date(2025, 2, 27), date(2028, 2, 27), date(2028, 2, 28)),
    (date(2025, 2, 28), date(2028, 2, 29), date(2028, 3, 1)),
    (date(2025, 3, 1), date(2028, 3, 1), date(2028, 3, 2)),
)


@pytest.mark.parametrize(("day", "last", "first"), KEPT)
def test_a_record_is_kept_through_its_third_anniversary(day: date, last: date, first: date) -> None:
    assert not may_be_purged(day, last)
    assert may_be_purged(day, first)


@pytest.mark.parametrize(
    ("today", "before"),
    [
        (date(2026, 11, 28), date(2023, 11, 28)),
        (date(2027, 2, 28), date(2024, 2, 28)),
        (date(2027, 3, 1), date(2024, 3, 1)),
        (date(2028, 2, 28), date(2025, 2, 28)),
        (date(2028, 2, 29), date(2025, 2, 28)),
        (date(2028, 3, 1), date(2025, 3, 1)),
    ],
)
def test_the_latest_date_that_can_be_named_today(today: date, before: date) -> None:
    assert earliest_purge(today) == before
    assert not may_be_purged(before, today)
    assert may_be_purged(before - timedelta(days=1), today)


def test_three_years_minus_a_day_the_day_itself_and_the_day_after() -> None:
    used = date(2023, 11, 28)
    assert [may_be_purged(used, date(2026, 11, day)) for day in (27, 28, 29)] == [
        False,
        False,
        True,
    ]


@given(
    st.dates(date(2024, 7, 1), date(2200, 1, 1)),
    st.dates(date(2000, 1, 1), date(2200, 1, 1)),
)
def test_a_date_becomes_allowed_on_the_day_that_the_refusal_names(
    today: date, before: date
) -> None:
    assert (before <= earliest_purge(today)) == (purgeable_from(before, today) <= today)
    assert may_be_purged(before - timedelta(days=1), purgeable_from(before, today))
