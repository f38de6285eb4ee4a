"""Runs of row numbers: the same numbers whichever way they are written, and no second way to write them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.id_runs import IdRuns, union

NUMBERS = st.sets(st.integers(1, 60))


def runs(ids: set[int]) -> IdRuns:
    return IdRuns.of(np.array(sorted(ids), dtype=np.int64))


@given(NUMBERS)
def test_runs_name_exactly_the_numbers_they_were_made_of(ids: set[int]) -> None:
    made = runs(ids)
    assert len(made) == len(ids)
    assert {n for first, last in made.pairs() for n in range(first, last + 1)} == ids
    assert made.among(list(range(70))) == [n in ids for n in range(70)]
    assert IdRuns.read(made.text).text == made.text
    if ids:
        assert (made.first, made.last) == (min(ids), max(ids))


def test_a_few_by_hand() -> None:
    assert runs({1001, 1002, 1003, 1300}).text == "1001-1003,1300"
    assert runs(set()).text == "" and len(IdRuns.read("")) == 0


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-1",
        "2-1",
        "1,1",
        "3,1",
        "1-2,3",
        "1-5,4",
        "01",
        "1-01",
        " 1",
        "1,",
        "a",
        "1-2-3",
        "1–2",
        "9" * 30,
    ],
)
def test_only_one_form_is_read(text: str) -> None:
    with pytest.raises(ValueError):
        IdRuns.read(text)


@given(st.lists(NUMBERS, max_size=4))
def test_a_union_names_each_number_once(parts: list[set[int]]) -> None:
    together = union([runs(part) for part in parts])
    everything = set().union(*parts)
    assert len(together) == len(everything)
    assert together.among(list(range(70))) == [n in everything for n in range(70)]
