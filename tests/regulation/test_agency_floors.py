"""The floors of clause 7.1.2: by table, and against the clause read anew."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.floors import (
    Floors,
    HalfYearCounts,
    agency_floors,
    explain_agency_floors,
)
from services.regulation.readings import AGENCY_PEOPLE_COUNTED, ALL_READINGS

DAY = date(2026, 6, 30)


def half_of(total: int) -> int:
    """不得少於百分之五十, by counting up."""
    must = 0
    while must * 2 < total:
        must += 1
    return must


@st.composite
def counts(draw: st.DrawFn) -> HalfYearCounts:
    """What the units audited, and a frame that holds at least that many records."""
    audited = draw(st.integers(0, 5_000))
    people = draw(st.integers(1, audited)) if audited else 0
    frame = audited + draw(st.integers(0, 5_000))
    if not frame:
        return HalfYearCounts(0, 0, 0, 0, 0)
    return HalfYearCounts(
        audited,
        people,
        frame,
        draw(st.integers(1, frame)),
        draw(st.integers(1, min(frame, 6))),
    )


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        # audited records, people; the frame's records, people, months
        ((600, 80, 600, 60, 6), Floors(300, 40, 6, 300)),
        ((601, 81, 601, 60, 6), Floors(301, 41, 6, 301)),
        ((10, 10, 10, 8, 6), Floors(5, 5, 6, 6)),
        ((40, 40, 40, 21, 3), Floors(20, 20, 3, 20)),
        # More people due than the frame has: all of them.
        ((40, 40, 40, 12, 6), Floors(20, 12, 6, 20)),
        ((1, 1, 1, 1, 1), Floors(1, 1, 1, 1)),
        # What units did not audit, while they audited nothing yet: the months alone.
        ((0, 0, 500, 40, 6), Floors(0, 0, 6, 6)),
        ((0, 0, 0, 0, 0), Floors(0, 0, 0, 0)),
    ],
)
def test_the_floors(given_: tuple[int, int, int, int, int], expected: Floors) -> None:
    assert agency_floors(HalfYearCounts(*given_), DAY) == expected


@given(counts())
def test_against_the_clause_read_anew(given_: HalfYearCounts) -> None:
    floors = agency_floors(given_, DAY)
    assert floors.records == half_of(given_.audited_records)
    assert floors.users == min(half_of(given_.audited_people), given_.frame_people)
    assert floors.months == given_.frame_months
    assert floors.at_least == max(floors.records, floors.users, floors.months)
    assert floors.at_least <= given_.frame_records


@given(counts(), st.integers(0, 5_000))
def test_counting_people_once_never_asks_for_more(given_: HalfYearCounts, fewer: int) -> None:
    """The sums of both quarters are the stricter reading, whatever the counts."""
    distinct = max(given_.audited_people - fewer, 1 if given_.audited_records else 0)
    once = agency_floors(replace(given_, audited_people=distinct), DAY)
    sums = agency_floors(given_, DAY)
    assert once.users <= sums.users
    assert once.at_least <= sums.at_least
    assert once.records == sums.records


@pytest.mark.parametrize("wider", [True, False])
def test_a_frame_with_too_few_records_is_refused(wider: bool) -> None:
    with pytest.raises(ValueError, match="母體只有 19 筆，不足應稽核的 20 筆") as refused:
        agency_floors(HalfYearCounts(40, 30, 19, 15, 6), DAY, wider=wider)
    assert ("請改選「已稽核與未稽核的紀錄」" in str(refused.value)) is wider


def test_too_few_people_are_refused_where_another_scope_has_more() -> None:
    few = HalfYearCounts(40, 40, 60, 12, 6)
    with pytest.raises(ValueError, match="只有 12 人，不足應稽核的 20 人；請改選"):
        agency_floors(few, DAY, wider=True)
    assert agency_floors(few, DAY).users == 12


@pytest.mark.parametrize(
    "impossible",
    [(-1, 1, 1, 1, 1), (1, 0, 1, 1, 1), (0, 1, 1, 1, 1), (1, 1, 1, 0, 1), (1, 1, 1, 1, 0),
     (1, 1, 2, 3, 1), (1, 1, 2, 1, 3), (1, 1, 9, 1, 7)],
)  # fmt: skip
def test_counts_that_cannot_be(impossible: tuple[int, int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="。"):
        HalfYearCounts(*impossible)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ((600, 81, 600, 60, 6), ["81 人次", "50% 無條件進位為 41 人", "300 筆", "6 個月"]),
        ((40, 40, 40, 12, 6), ["母體只有 12 人，因此全部抽到即可"]),
        ((10, 10, 10, 8, 6), ["每個月至少一筆，就要 6 筆"]),
        ((10, 20, 40, 30, 6), ["雖然筆數只要 5 筆，要查到 10 人就至少要 10 筆"]),
        ((0, 0, 0, 0, 0), ["沒有使用紀錄", "簽核"]),
    ],
)
def test_the_sentences(given_: tuple[int, int, int, int, int], words: list[str]) -> None:
    said = "".join(explain_agency_floors(HalfYearCounts(*given_), DAY))
    assert all(word in said for word in words), said


def test_the_other_reading_speaks_of_people() -> None:
    said = explain_agency_floors(HalfYearCounts(600, 81, 600, 60, 6), DAY, "人")
    assert said[0].startswith("人數：單位共稽核 81 人，")


def test_the_reading_is_a_setting_with_the_stricter_default() -> None:
    assert AGENCY_PEOPLE_COUNTED in ALL_READINGS
    assert AGENCY_PEOPLE_COUNTED.clause == "7.1.2"
    assert AGENCY_PEOPLE_COUNTED.default == "sums"
    assert set(AGENCY_PEOPLE_COUNTED.options) == {"sums", "distinct"}
