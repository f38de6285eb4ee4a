"""The dates of leaving and moving (clause 6.3.4)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.leaving import (
    DUE,
    Leaving,
    days_left,
    due_words,
    is_past,
    suspended_from,
)
from services.regulation.workflows import Kind

LAST = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("last_day", "first_day"),
    [
        (date(2026, 11, 30), date(2026, 12, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2027, 2, 28), date(2027, 3, 1)),
        (date(2028, 2, 28), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 3, 1)),
    ],
)
def test_an_account_is_suspended_from_the_day_after_the_last(
    last_day: date, first_day: date
) -> None:
    assert suspended_from(last_day) == first_day


@pytest.mark.parametrize(
    ("today", "left", "past"),
    [
        (date(2026, 11, 16), 14, False),
        (date(2026, 11, 29), 1, False),
        (date(2026, 11, 30), 0, False),
        (date(2026, 12, 1), -1, True),
        (date(2027, 11, 30), -365, True),
    ],
)
def test_days_are_counted_to_the_last_one(today: date, left: int, past: bool) -> None:
    assert (days_left(LAST, today), is_past(LAST, today)) == (left, past)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-800, 800))
def test_a_day_is_past_exactly_when_none_are_left(last_day: date, after: int) -> None:
    today = last_day + timedelta(days=after)
    assert is_past(last_day, today) == (days_left(last_day, today) < 0) == (after > 0)


def test_who_leaves_cancels_and_who_moves_changes_or_cancels() -> None:
    assert DUE == {Leaving.LEAVE: (Kind.CANCEL,), Leaving.MOVE: (Kind.CHANGE, Kind.CANCEL)}
    assert (due_words(Leaving.LEAVE), due_words(Leaving.MOVE)) == ("帳號註銷", "權限異動或帳號註銷")
