"""Every deadline from 2025 to 2027, against a table typed from the calendars of 114, 115 and 116."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from taiwan_holidays.taiwan_calendar import TaiwanCalendar  # type: ignore[import-untyped]

from services.regulation.deadlines import (
    DueDay,
    Obligation,
    agency_audit,
    as_named,
    due_day,
    ended_halves,
    ended_quarters,
    half_of,
    sending,
    unit_audit,
)
from services.regulation.periods import HalfYear, Quarter
from services.working_days import is_working_day, years_known

MAKE: dict[str, tuple[Any, Any, str]] = {
    Obligation.UNIT_AUDIT: (Quarter, unit_audit, "7.1.1"),
    Obligation.AGENCY_AUDIT: (HalfYear, agency_audit, "7.1.2"),
    Obligation.SENDING: (HalfYear, sending, "7.1.2"),
}

# What, of which period, from when, the nominal day, the day that counts; typed from the calendars.
TABLE = """
unit_audit   2024Q4 2025-01-01 2025-01-31 2025-02-03  Friday, of the Lunar New Year
agency_audit 2024H2 2025-01-01 2025-01-31 2025-02-03
sending      2024H2 2025-01-01 2025-02-28 2025-03-03  和平紀念日, a Friday
unit_audit   2025Q1 2025-04-01 2025-04-30 2025-04-30
unit_audit   2025Q2 2025-07-01 2025-07-31 2025-07-31
agency_audit 2025H1 2025-07-01 2025-07-31 2025-07-31
sending      2025H1 2025-07-01 2025-08-31 2025-09-01  Sunday
unit_audit   2025Q3 2025-10-01 2025-10-31 2025-10-31
unit_audit   2025Q4 2026-01-01 2026-01-31 2026-02-02  Saturday
agency_audit 2025H2 2026-01-01 2026-01-31 2026-02-02
sending      2025H2 2026-01-01 2026-02-28 2026-03-02  和平紀念日, a Saturday
unit_audit   2026Q1 2026-04-01 2026-04-30 2026-04-30
unit_audit   2026Q2 2026-07-01 2026-07-31 2026-07-31
agency_audit 2026H1 2026-07-01 2026-07-31 2026-07-31
sending      2026H1 2026-07-01 2026-08-31 2026-08-31
unit_audit   2026Q3 2026-10-01 2026-10-31 2026-11-02  Saturday
unit_audit   2026Q4 2027-01-01 2027-01-31 2027-02-01  Sunday
agency_audit 2026H2 2027-01-01 2027-01-31 2027-02-01
sending      2026H2 2027-01-01 2027-02-28 2027-03-02  和平紀念日, a Sunday; its Monday is free too
unit_audit   2027Q1 2027-04-01 2027-04-30 2027-05-03  free for Labour Day, a Saturday
unit_audit   2027Q2 2027-07-01 2027-07-31 2027-08-02  Saturday
agency_audit 2027H1 2027-07-01 2027-07-31 2027-08-02
sending      2027H1 2027-07-01 2027-08-31 2027-08-31
unit_audit   2027Q3 2027-10-01 2027-10-31 2027-11-01  Sunday
"""
ROWS = [tuple(line.split()[:5]) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("what", "period", "opens", "nominal", "effective"), ROWS)
def test_every_deadline_of_the_table(
    what: str, period: str, opens: str, nominal: str, effective: str
) -> None:
    parse, make, clause = MAKE[what]
    found = make(parse.parse(period), is_working_day)
    assert (found.obligation, found.clause) == (what, clause)
    assert found.opens_on.isoformat() == opens
    assert found.day == DueDay(date.fromisoformat(nominal), date.fromisoformat(effective), True)
    assert found.day.moved is (nominal != effective)


def test_the_table_lacks_no_deadline_of_the_three_years() -> None:
    wanted = set()
    for number in range(13):
        quarter = Quarter(2024 + (number + 3) // 4, (number + 3) % 4 + 1)
        wanted.add(("unit_audit", str(quarter)))
        wanted |= {(what, str(half_of(quarter))) for what in ("agency_audit", "sending")}
    # 2027's last periods are due in 2028.
    due_later = {("unit_audit", "2027Q4"), ("agency_audit", "2027H2"), ("sending", "2027H2")}
    assert {row[:2] for row in ROWS} == wanted - due_later


@pytest.mark.parametrize("day", ["2028-01-31", "2021-02-28"])
def test_without_a_calendar_the_nominal_day_stands_and_that_is_said(day: str) -> None:
    """2028 is not published yet; of 2021 (ROC 110) the package has no table. 2021-02-28 is a Sunday."""
    nominal = date.fromisoformat(day)
    assert nominal.year not in years_known()
    assert due_day(nominal, is_working_day) == DueDay(nominal, nominal, False)
    assert unit_audit(Quarter(2027, 4), is_working_day).day.calendar_known is False


def test_a_free_day_at_the_edge_of_the_calendar_stands_too() -> None:
    """A move would need to know the first days of a year that is not there."""
    edge = date(2026, 12, 31)
    found = due_day(edge, lambda day: None if day > edge else False)
    assert found == DueDay(edge, edge, False)


def test_a_saturday_worked_instead_of_another_day_is_a_working_day() -> None:
    made_up = date(2025, 2, 8)
    assert made_up.isoweekday() == 6
    assert due_day(made_up, is_working_day) == DueDay(made_up, made_up)
    assert due_day(date(2025, 2, 9), is_working_day).effective == date(2025, 2, 10)


def test_overdue_is_the_day_after_the_one_that_counts() -> None:
    day = unit_audit(Quarter(2026, 3), is_working_day).day
    assert [day.is_past(date(2026, 11, n)) for n in (1, 2, 3)] == [False, False, True]
    assert as_named(date(2026, 10, 31)).is_past(date(2026, 11, 1))


def test_the_calendar_is_that_of_the_package() -> None:
    assert years_known() == {2019, 2020, 2022, 2023, 2024, 2025, 2026, 2027}
    official = TaiwanCalendar()
    for day in (date(2025, 1, 20) + timedelta(days=n) for n in range(60)):
        assert is_working_day(day) is (not official.is_holiday(day.isoformat()))


@given(st.dates(date(2022, 1, 1), date(2027, 12, 20)))
def test_the_day_that_counts_is_the_first_working_day_from_the_nominal_one_on(day: date) -> None:
    found = due_day(day, is_working_day)
    assert is_working_day(found.effective)
    between = (found.effective - day).days
    assert not any(is_working_day(day + timedelta(days=n)) for n in range(between))


def test_periods_that_are_over() -> None:
    assert [str(q) for q in ended_quarters(date(2026, 2, 20), 3)] == ["2025Q2", "2025Q3", "2025Q4"]
    assert [str(h) for h in ended_halves(date(2026, 2, 20), 2)] == ["2025H1", "2025H2"]
    assert [str(h) for h in ended_halves(date(2026, 7, 1), 1)] == ["2026H1"]
