"""The floors of clause 7.1.1: by table around every threshold, and against the clause read anew."""

import re
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from services.regulation.floors import Floors, explain_unit_floors, unit_floors

DAY = date(2026, 9, 30)


def clause_records(total: int) -> int:
    """Clause 7.1.1 on records, word by word and by counting up, with whole numbers only."""
    if total >= 30000:  # 達三萬筆以上者，應稽核使用紀錄筆數為三百筆
        return 300
    if total < 5:  # 總使用紀錄筆數未達五筆者應全數稽核
        return total
    must = 0
    while must * 100 < total:  # 不得少於單位總使用紀錄筆數百分之一
        must += 1
    if must < 5:  # 應稽核使用紀錄筆數未達五筆者，至少稽核五筆
        must = 5
    return must


def clause_people(total: int) -> int:
    """不得少於單位稽核期間總使用人數百分之五十."""
    must = 0
    while must * 2 < total:
        must += 1
    return must


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int, int]:
    """Records, people and months as a quarter can have them."""
    near = st.sampled_from([1, 4, 5, 100, 400, 500, 29_900, 30_000])
    records = max(0, draw(st.integers(0, 60_000) | near) + draw(st.integers(-2, 2)))
    if records == 0:
        return 0, 0, 0
    users = draw(st.integers(1, min(records, 2_000)))
    return records, users, draw(st.integers(1, min(records, 3)))


@pytest.mark.parametrize(
    ("records", "floor"),
    [
        (0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 5), (99, 5), (100, 5), (101, 5),
        (399, 5), (400, 5), (401, 5), (480, 5), (499, 5), (500, 5), (501, 6), (600, 6), (601, 7),
        (9_999, 100), (10_000, 100), (10_001, 101), (29_800, 298), (29_801, 299), (29_900, 299),
        (29_901, 300), (29_999, 300), (30_000, 300), (30_001, 300), (41_000, 300),
        (10_000_000, 300),
    ],
)  # fmt: skip
def test_records_floor(records: int, floor: int) -> None:
    months = min(records, 3)
    assert unit_floors(records, min(records, 2), months, DAY).records == floor


@pytest.mark.parametrize(
    ("users", "floor"),
    [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (41, 21), (599, 300), (600, 300), (601, 301)],
)
def test_people_floor(users: int, floor: int) -> None:
    assert unit_floors(41_000, users, 3, DAY).users == floor


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        # The call that issue 2 fixes word for word.
        ((41_000, 640, 3), Floors(300, 320, 3, 320)),
        # 50% of 41 people is 21 although the record floor is 12.
        ((1_200, 41, 3), Floors(12, 21, 3, 21)),
        ((41_000, 600, 3), Floors(300, 300, 3, 300)),
        ((41_000, 602, 3), Floors(300, 301, 3, 301)),
        ((3, 1, 3), Floors(3, 1, 3, 3)),
        ((3, 3, 1), Floors(3, 2, 1, 3)),
        ((1, 1, 1), Floors(1, 1, 1, 1)),
        ((0, 0, 0), Floors(0, 0, 0, 0)),
        # All valid accounts counted: without records there is still nothing to audit.
        ((0, 12, 0), Floors(0, 0, 0, 0)),
        # … and more people can be due than there are records.
        ((4, 12, 2), Floors(4, 6, 2, 6)),
    ],
)
def test_all_floors_together(given_: tuple[int, int, int], expected: Floors) -> None:
    floors = unit_floors(*given_, DAY)
    assert floors == expected
    assert floors.as_dict() == {
        "records": expected.records,
        "users": expected.users,
        "months": expected.months,
        "at_least": expected.at_least,
    }


@given(counts())
@example((29_999, 1, 1))
@example((30_000, 1, 1))
def test_against_the_clause_read_anew(given_: tuple[int, int, int]) -> None:
    records, users, months = given_
    floors = unit_floors(records, users, months, DAY)
    assert floors.records == clause_records(records)
    assert floors.users == clause_people(users)
    assert floors.months == months
    assert floors.at_least == max(floors.records, floors.users, floors.months)


@given(counts())
def test_a_floor_never_asks_for_more_than_there_is(given_: tuple[int, int, int]) -> None:
    records, users, months = given_
    floors = unit_floors(records, users, months, DAY)
    assert floors.records <= records and floors.users <= users
    assert floors.at_least <= records


@given(counts(), st.integers(0, 500), st.integers(0, 50))
def test_more_use_never_lowers_a_floor(
    given_: tuple[int, int, int], more_records: int, more_users: int
) -> None:
    records, users, months = given_
    assume(records)
    fewer = unit_floors(records, users, months, DAY)
    more = unit_floors(records + more_records, users + more_users, months, DAY)
    assert more.records >= fewer.records
    assert more.users >= fewer.users
    assert more.at_least >= fewer.at_least


def test_below_the_threshold_is_never_above_it() -> None:
    # 29,999 records ask for 300 as well: the clause has no step back at the threshold.
    assert unit_floors(29_999, 9, 3, DAY).records == unit_floors(30_000, 9, 3, DAY).records


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ((-1, 0, 0), "負數"),
        ((5, -1, 1), "負數"),
        ((5, 1, -1), "負數"),
        ((5, 0, 1), "至少為 1"),
        ((5, 1, 0), "至少為 1"),
        ((2, 1, 3), "月數不得多於"),
        ((0, 5, 1), "月數不得多於"),
        ((500, 5, 4), "一季也只有 3 個月"),
    ],
)
def test_counts_that_cannot_be(given_: tuple[int, int, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        unit_floors(*given_, DAY)
    with pytest.raises(ValueError, match=words):
        explain_unit_floors(*given_, DAY)


def numbers(sentence: str) -> set[int]:
    return {int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", sentence)}


@pytest.mark.parametrize(
    ("given_", "records_words", "size_words"),
    [
        ((41_000, 640, 3), "41,000 筆，達 30,000 筆，應稽核 300 筆", "320 人就至少要 320 筆"),
        ((1_200, 41, 3), "1% 無條件進位為 12 筆，應稽核 12 筆", "筆數只要 12 筆，要查到 21 人"),
        ((29_999, 9, 3), "未達 30,000 筆；1% 無條件進位為 300 筆", "至少 300 筆"),
        ((480, 9, 3), "1% 無條件進位為 5 筆，應稽核 5 筆", "至少 5 筆"),
        ((400, 9, 3), "1% 無條件進位為 4 筆，不足 5 筆，至少稽核 5 筆", "至少 5 筆"),
        ((5, 1, 1), "1% 無條件進位為 1 筆，不足 5 筆，至少稽核 5 筆", "至少 5 筆"),
        ((4, 2, 2), "只有 4 筆，未達 5 筆，全數稽核", "至少 4 筆"),
    ],
)
def test_sentences(given_: tuple[int, int, int], records_words: str, size_words: str) -> None:
    on_records, on_people, on_months, on_size = explain_unit_floors(*given_, DAY)
    assert records_words in on_records
    assert f"{given_[1]:,} 人的 50%" in on_people
    assert f"{given_[2]} 個月" in on_months
    assert size_words in on_size


@given(counts())
def test_sentences_hold_every_number_they_explain(given_: tuple[int, int, int]) -> None:
    records, users, months = given_
    sentences = explain_unit_floors(records, users, months, DAY)
    if records == 0:
        assert len(sentences) == 1 and "沒有使用紀錄" in sentences[0] and "簽核" in sentences[0]
        return
    floors = unit_floors(records, users, months, DAY)
    on_records, on_people, on_months, on_size = sentences
    assert {records, floors.records} <= numbers(on_records)
    assert {users, floors.users, 50} <= numbers(on_people)
    assert months in numbers(on_months)
    assert floors.at_least in numbers(on_size)
    assert all(sentence.endswith("。") for sentence in sentences)
