"""The floors of clause 7.1.2: by table, and against the clause read anew."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.regulation.floors import (
    Floors,
    HalfYearCounts,
    agency_floors,
    explain_agency_floors,
)
from services.regulation.readings import AGENCY_PEOPLE_COUNTED, ALL_READINGS
from tests.regulation.test_floors import numbers

DAY = date(2026, 6, 30)


def half_of(total: int) -> int:
    """不得少於百分之五十, by counting up."""
    must = 0
    while must * 2 < total:
        must += 1
    return must


@st.composite
def counts(draw: st.DrawFn) -> HalfYearCounts:
    """What the units audited and what is missing, and a frame that holds at least that many records."""
    audited = draw(st.integers(0, 5_000))
    people = draw(st.integers(1, audited)) if audited else 0
    missing = draw(st.integers(0, 400))
    absent = draw(st.integers(1, missing)) if missing else 0
    frame = audited + missing + draw(st.integers(0, 5_000))
    if not frame:
        return HalfYearCounts(0, 0, 0, 0, 0)
    return HalfYearCounts(
        audited,
        people,
        frame,
        draw(st.integers(1, frame)),
        draw(st.integers(1, min(frame, 6))),
        missing,
        absent,
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
    assert floors.records == half_of(given_.audited_records + given_.missing_records)
    people = half_of(given_.audited_people + given_.missing_people)
    assert floors.users == min(people, given_.frame_people)
    assert floors.months == given_.frame_months
    assert floors.at_least == max(floors.records, floors.users, floors.months)


@given(counts())
def test_a_floor_never_asks_for_more_than_there_is(given_: HalfYearCounts) -> None:
    floors = agency_floors(given_, DAY)
    assert floors.users <= given_.frame_people
    assert floors.at_least <= given_.frame_records


@given(counts(), *[st.integers(0, 300)] * 4)
def test_more_that_was_audited_or_is_missing_never_lowers_a_floor(
    given_: HalfYearCounts, records: int, people: int, missing: int, absent: int
) -> None:
    assume(given_.audited_records and given_.missing_records)
    more = replace(
        given_,
        audited_records=given_.audited_records + records,
        audited_people=given_.audited_people + people,
        missing_records=given_.missing_records + missing,
        missing_people=given_.missing_people + absent,
        # Else there would be too few to meet it, which is refused.
        frame_records=given_.frame_records + records + missing,
    )
    fewer, floors = agency_floors(given_, DAY), agency_floors(more, DAY)
    assert floors.records >= fewer.records and floors.users >= fewer.users
    assert floors.at_least >= fewer.at_least


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


@given(counts(), st.sampled_from(["人次", "人"]))
def test_sentences_hold_every_number_they_explain(given_: HalfYearCounts, word: str) -> None:
    said = explain_agency_floors(given_, DAY, word)
    if not given_.frame_records:
        assert len(said) == 1 and "沒有使用紀錄" in said[0]
        return
    floors = agency_floors(given_, DAY)
    on_people, on_records, on_months, *_, on_size = said
    for sentence, audited, missing, whole in (
        (on_people, given_.audited_people, given_.missing_people, given_.basis_people),
        (on_records, given_.audited_records, given_.missing_records, given_.basis_records),
    ):
        told = {audited, missing, whole} if missing else {audited}
        assert told | {50, half_of(whole)} <= numbers(sentence)
    assert floors.months in numbers(on_months)
    assert floors.at_least in numbers(on_size)
    assert any("全部抽到" in one for one in said) is (
        half_of(given_.basis_people) > given_.frame_people
    )
    assert all(sentence.endswith("。") for sentence in said)


def test_the_other_reading_speaks_of_people() -> None:
    said = explain_agency_floors(HalfYearCounts(600, 81, 600, 60, 6), DAY, "人")
    assert said[0].startswith("人數：單位共稽核 81 人，")


def test_the_reading_is_a_setting_with_the_stricter_default() -> None:
    assert AGENCY_PEOPLE_COUNTED in ALL_READINGS
    assert AGENCY_PEOPLE_COUNTED.clause == "7.1.2"
    assert AGENCY_PEOPLE_COUNTED.default == "sums"
    assert set(AGENCY_PEOPLE_COUNTED.options) == {"sums", "distinct"}
