"""Every deadline from 2025 to 2027, against a table typed from the calendars of 114, 115 and 116."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.deadlines import (
    Calendar,
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
from services.working_days import OFFICES, OFFICIAL_UNTIL, is_working_day

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
    found = make(parse.parse(period), OFFICES)
    assert (found.obligation, found.clause) == (what, clause)
    assert found.opens_on.isoformat() == opens
    assert found.day == DueDay(date.fromisoformat(nominal), date.fromisoformat(effective))
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


def test_past_the_last_official_calendar_the_day_moves_and_is_provisional() -> None:
    assert OFFICIAL_UNTIL == 2027
    sunday = date(2028, 2, 27)  # and 和平紀念日 after it
    assert due_day(sunday, OFFICES) == DueDay(sunday, date(2028, 2, 29), provisional=True)
    assert unit_audit(Quarter(2027, 4), OFFICES).day.provisional
    assert not unit_audit(Quarter(2027, 3), OFFICES).day.provisional


def test_a_move_over_the_edge_of_the_official_calendar_is_provisional_too() -> None:
    edge = date(2026, 12, 31)
    found = due_day(edge, Calendar(lambda day: day > edge, edge))
    assert found == DueDay(edge, edge + timedelta(days=1), provisional=True)
    assert not due_day(edge, Calendar(lambda _day: True, edge)).provisional


def test_a_saturday_worked_instead_of_another_day_is_a_working_day() -> None:
    made_up = date(2025, 2, 8)
    assert made_up.isoweekday() == 6
    assert due_day(made_up, OFFICES) == DueDay(made_up, made_up)
    assert due_day(date(2025, 2, 9), OFFICES).effective == date(2025, 2, 10)


def test_overdue_is_the_day_after_the_one_that_counts() -> None:
    day = unit_audit(Quarter(2026, 3), OFFICES).day
    assert [day.is_past(date(2026, 11, n)) for n in (1, 2, 3)] == [False, False, True]
    assert as_named(date(2026, 10, 31)).is_past(date(2026, 11, 1))


# Free days of the week and the Saturday worked, typed from the official calendar of 114.
FREE = """
2025-01-01 2025-01-27 2025-01-28 2025-01-29 2025-01-30 2025-01-31 2025-02-28 2025-04-03 2025-04-04
2025-05-30 2025-09-29 2025-10-06 2025-10-10 2025-10-24 2025-12-25
"""
WORKED = ["2025-02-08"]


def test_the_calendar_of_114_is_the_official_one() -> None:
    free = {date.fromisoformat(day) for day in FREE.split()}
    worked = {date.fromisoformat(day) for day in WORKED}
    for day in (date(2025, 1, 1) + timedelta(days=n) for n in range(365)):
        usual = day.isoweekday() < 6 and day not in free
        assert is_working_day(day) is (usual or day in worked), day


@given(st.dates(date(2022, 1, 1), date(2027, 12, 20)))
def test_the_day_that_counts_is_the_first_working_day_from_the_nominal_one_on(day: date) -> None:
    found = due_day(day, OFFICES)
    assert is_working_day(found.effective)
    between = (found.effective - day).days
    assert not any(is_working_day(day + timedelta(days=n)) for n in range(between))


def test_periods_that_are_over() -> None:
    assert [str(q) for q in ended_quarters(date(2026, 2, 20), 3)] == ["2025Q2", "2025Q3", "2025Q4"]
    assert [str(h) for h in ended_halves(date(2026, 2, 20), 2)] == ["2025H1", "2025H2"]
    assert [str(h) for h in ended_halves(date(2026, 7, 1), 1)] == ["2026H1"]
