"""What is fit to print, and how a grid of facts falls into lines."""

from itertools import pairwise
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.paper import Column, Facts, Field, Table, printable
from tests.services.documents.samples import HOSTILE, UNFIT


@pytest.mark.parametrize(("text", "left"), UNFIT.items())
def test_what_has_no_place_on_paper_is_gone(text: str, left: str) -> None:
    assert printable(text) == left


@pytest.mark.parametrize("text", HOSTILE)
def test_everything_else_stays(text: str) -> None:
    assert printable(text) == text


@given(st.text())
def test_what_is_left_can_be_written_and_is_left_as_it_is(text: str) -> None:
    left = printable(text)
    assert printable(left) == left
    assert not {category(character) for character in left.replace("\n", "")} & {"Cc", "Cf", "Cs"}
    left.encode("utf-8")


FIELDS = st.lists(st.builds(Field, st.text(max_size=3), wide=st.booleans()), max_size=12)


@given(FIELDS)
def test_a_grid_keeps_every_field_in_order_and_fills_its_lines(fields: list[Field]) -> None:
    lines = Facts(tuple(fields)).lines
    assert [field for line in lines for field in line] == fields
    for line in lines:
        assert len(line) == 1 or (len(line) == 2 and not any(field.wide for field in line))
    for line, after in pairwise(lines):
        assert len(line) == 2 or line[0].wide or after[0].wide, "a partner was there"


def test_a_table_with_a_crooked_row_is_refused() -> None:
    with pytest.raises(ValueError, match="as many cells"):
        Table((Column("甲"), Column("乙")), (("1", "2"), ("3",)))
