"""What has to stand before an incident is closed (clauses 6.3.5, 7.1.3, 7.1.4)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.incidents import (
    NEEDED,
    Gravity,
    Step,
    day_problem,
    gravest,
    missing,
    needed,
)

EVERY = ("reported", "notified", "remedied", "outcome")


@pytest.mark.parametrize(
    ("gravity", "spot_check", "steps"),
    [
        ("major", False, EVERY),
        ("abnormal", False, EVERY),
        ("deficient", False, ("remedied", "outcome")),
        ("major", True, EVERY),
        ("deficient", True, ("notified", "remedied", "outcome")),
    ],
)
def test_what_each_gravity_needs(gravity: str, spot_check: bool, steps: tuple[str, ...]) -> None:
    asked = needed(Gravity(gravity), spot_check=spot_check)
    assert tuple(one.step.value for one in asked) == steps


def test_each_step_names_the_clause_that_asks_for_it() -> None:
    assert {one.step: one.clause for one in NEEDED[Gravity.MAJOR]} == {
        Step.REPORTED: "7.1.3",
        Step.NOTIFIED: "7.1.3",
        Step.REMEDIED: "6.3.5",
        Step.OUTCOME: "7.1.3",
    }
    assert needed(Gravity.DEFICIENT, spot_check=True)[0].clause == "7.1.4"
    assert set(NEEDED) == set(Gravity)


@given(
    gravity=st.sampled_from(Gravity), spot=st.booleans(), done=st.sets(st.sampled_from(list(Step)))
)
def test_nothing_is_missing_exactly_when_all_that_is_needed_stands(
    gravity: Gravity, spot: bool, done: set[Step]
) -> None:
    asked = needed(gravity, spot_check=spot)
    left = missing(asked, done)
    assert {one.step for one in left} == {one.step for one in asked} - done
    assert (not left) == (done >= {one.step for one in asked})


@given(found=st.lists(st.sampled_from(Gravity), min_size=1))
def test_the_gravest_stands_for_all(found: list[Gravity]) -> None:
    top = gravest(found)
    assert top in found
    order = [Gravity.DEFICIENT, Gravity.ABNORMAL, Gravity.MAJOR]
    assert all(order.index(one) <= order.index(top) for one in found)


@given(
    use=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    later=st.integers(0, 400),
    day=st.integers(-500, 900),
)
def test_a_step_lies_between_the_use_and_today(use: date, later: int, day: int) -> None:
    today, done = use + timedelta(later), use + timedelta(day)
    said = day_problem(done, use, today)
    assert said == ("future" if day > later else "before_use" if day < 0 else None)


def test_every_word_is_said() -> None:
    assert [gravity.label for gravity in Gravity] == ["缺失", "異常使用", "重大缺失"]
    assert [step.label for step in Step] == [
        "提報首長",
        "通報政風",
        "補救及防範措施",
        "懲處或處理結果",
    ]
