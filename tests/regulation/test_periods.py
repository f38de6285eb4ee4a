"""Quarters and months: their days, their names, and the walk from one to the next."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.periods import Quarter, last_finished_quarter, shift_month

QUARTERS = st.builds(Quarter, st.integers(1912, 9998), st.integers(1, 4))
DAYS = st.dates(date(1913, 1, 1), date(9998, 9, 30))


@pytest.mark.parametrize(
    ("text", "year", "number"),
    [
        ("2026Q3", 2026, 3),
        ("115Q3", 2026, 3),
        ("99Q1", 2010, 1),
        (" 2026 q 4 ", 2026, 4),
        ("１１５Ｑ２", 2026, 2),
    ],
)
def test_parse(text: str, year: int, number: int) -> None:
    assert Quarter.parse(text) == Quarter(year, number)


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026Q0", "2026Q5", "Q3", "2026-Q3", "26年第3季", "2026Q3x", "20260Q1",
     "1Q1", "00Q1", "1911Q4", "0115Q3", "9999Q1", "-115Q1"],
)  # fmt: skip
def test_what_is_no_quarter_gets_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"季別.*。$"):
        Quarter.parse(text)


@pytest.mark.parametrize(
    ("quarter", "first", "last", "due", "label"),
    [
        ("2026Q1", (2026, 1, 1), (2026, 3, 31), (2026, 4, 30), "115年第1季"),
        ("2026Q2", (2026, 4, 1), (2026, 6, 30), (2026, 7, 31), "115年第2季"),
        ("2026Q3", (2026, 7, 1), (2026, 9, 30), (2026, 10, 31), "115年第3季"),
        ("2026Q4", (2026, 10, 1), (2026, 12, 31), (2027, 1, 31), "115年第4季"),
        ("9998Q4", (9998, 10, 1), (9998, 12, 31), (9999, 1, 31), "8087年第4季"),
    ],
)
def test_days(
    quarter: str,
    first: tuple[int, int, int],
    last: tuple[int, int, int],
    due: tuple[int, int, int],
    label: str,
) -> None:
    period = Quarter.parse(quarter)
    assert (period.first_day, period.last_day, period.due) == (
        date(*first),
        date(*last),
        date(*due),
    )
    assert period.label == label


@given(QUARTERS)
def test_written_and_read_again(quarter: Quarter) -> None:
    assert Quarter.parse(str(quarter)) == quarter
    if quarter.year - 1911 in range(10, 1000):
        assert Quarter.parse(f"{quarter.year - 1911}Q{quarter.number}") == quarter


@given(DAYS)
def test_a_day_lies_in_its_quarter_and_in_no_other(day: date) -> None:
    quarter = Quarter.of(day)
    assert quarter.first_day <= day <= quarter.last_day
    assert f"{day:%Y-%m}".zfill(7) in quarter.months
    assert quarter.previous().last_day < quarter.first_day
    assert (
        quarter.last_day + timedelta(days=1)
        == Quarter.of(quarter.last_day + timedelta(days=1)).first_day
    )


@given(QUARTERS)
def test_months_are_those_of_the_days(quarter: Quarter) -> None:
    days = (quarter.last_day - quarter.first_day).days + 1
    by_day = {(quarter.first_day + timedelta(days=n)).isoformat()[:7] for n in range(days)}
    assert tuple(sorted(by_day)) == quarter.months


@given(st.builds(Quarter, st.integers(1913, 9997), st.integers(1, 4)))
def test_next_and_previous_undo_each_other(quarter: Quarter) -> None:
    assert quarter.next().previous() == quarter == quarter.previous().next()
    assert quarter.next().first_day == quarter.last_day + timedelta(days=1)
    assert quarter.previous() < quarter < quarter.next()


@given(QUARTERS)
def test_due_is_the_last_day_of_the_month_after(quarter: Quarter) -> None:
    after = quarter.last_day + timedelta(days=1)
    assert (quarter.due.year, quarter.due.month) == (after.year, after.month)
    assert (quarter.due + timedelta(days=1)).day == 1


@given(QUARTERS)
def test_ended_turns_after_the_last_day(quarter: Quarter) -> None:
    assert not quarter.ended(quarter.last_day)
    assert quarter.ended(quarter.last_day + timedelta(days=1))


@given(DAYS)
def test_the_newest_finished_quarter(day: date) -> None:
    newest = last_finished_quarter(day)
    assert newest.ended(day)
    assert not Quarter.of(day).ended(day)
    assert newest.last_day + timedelta(days=1) == Quarter.of(day).first_day


@pytest.mark.parametrize(
    ("month", "by", "expected"),
    [
        ("2026-12", 1, "2027-01"),
        ("2026-01", -1, "2025-12"),
        ("2026-07", 0, "2026-07"),
        ("2026-07", -24, "2024-07"),
        ("2026-07", 18, "2028-01"),
    ],
)
def test_shift_month(month: str, by: int, expected: str) -> None:
    assert shift_month(month, by) == expected


@given(st.dates(date(1912, 1, 1), date(9900, 1, 1)), st.integers(-200, 200))
def test_shifting_there_and_back(day: date, by: int) -> None:
    month = f"{day.year:04d}-{day.month:02d}"
    shifted = shift_month(month, by)
    assert re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", shifted)
    assert shift_month(shifted, -by) == month
    assert (shifted > month) == (by > 0)
