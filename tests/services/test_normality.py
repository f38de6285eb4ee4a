"""The normality cue: median and median absolute deviation, by table and by property."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.usage.normality import RULE_TEXT, Cue, unusual

STEADY = [400, 410, 390, 405, 395, 400, 402, 398, 401, 399, 404, 396]


def cue(history: list[int], records: int) -> Cue | None:
    return unusual("1", "用地科", "2026-10", history, records)


@pytest.mark.parametrize(
    ("history", "records", "flagged"),
    [
        pytest.param(STEADY, 1234, True, id="a jump"),
        pytest.param(STEADY, 0, True, id="silence"),
        pytest.param(STEADY, 400, False, id="the median itself"),
        pytest.param(STEADY, 429, False, id="29 away is never worth a look"),
        pytest.param(STEADY, 430, True, id="30 away beyond the bound"),
        pytest.param([100, 500] * 6, 700, False, id="a unit that always swings"),
        pytest.param([0] * 12, 29, False, id="never used, then a little"),
        pytest.param([0] * 12, 30, True, id="never used, then 30"),
        pytest.param([400] * 5, 5000, False, id="five months are no history"),
        pytest.param([400] * 6, 5000, True, id="six months are"),
        pytest.param([], 5000, False, id="no history at all"),
    ],
)
def test_table(history: list[int], records: int, flagged: bool) -> None:
    assert (cue(history, records) is not None) is flagged


def test_the_bound_is_three_scaled_deviations() -> None:
    # Median 1000, median absolute deviation 100: the bound is 3 * 1.4826 * 100 = 444.78.
    history = [900, 1100] * 6
    assert cue(history, 1444) is None
    found = cue(history, 1445)
    assert found is not None
    assert (found.usual, found.low, found.high) == (1000, 555, 1445)


def test_sentences() -> None:
    found = cue(STEADY, 1234)
    assert found is not None
    assert found.sentence == "用地科 115年10月 1,234 筆，平常約 400 筆（387 至 413 筆）。"
    flat = cue([1400] * 12, 0)
    assert flat is not None
    assert flat.sentence == "用地科 115年10月 0 筆，平常每月 1,400 筆。"


def test_the_help_text_states_the_rule() -> None:
    for words in ("12 個月", "中位數", "3 × 1.4826", "MAD", "30 筆", "6 個月"):
        assert words in RULE_TEXT


@given(st.lists(st.integers(0, 50_000), max_size=15), st.integers(0, 100_000))
def test_a_cue_always_keeps_its_rule(history: list[int], records: int) -> None:
    found = cue(history, records)
    if len(history) < 6:
        assert found is None
        return
    middle = median(history)
    bound = 3 * 1.4826 * median(abs(value - middle) for value in history)
    assert (found is not None) == (abs(records - middle) > bound and abs(records - middle) >= 30)


@given(st.lists(st.integers(0, 5000), min_size=6, max_size=12))
def test_the_order_of_the_months_does_not_matter(history: list[int]) -> None:
    assert cue(history, 9000) == cue(sorted(history), 9000)
