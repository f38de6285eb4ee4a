"""Tables as ODS, read back by the reader that imports use."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from services.documents.neutral import neutral
from services.documents.ods import Sheet, ods_bytes
from services.documents.paper import printable
from tests.services.documents.samples import HOSTILE, NOW, UNFIT


def read(*sheets: Sheet) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(ods_bytes(sheets, "清冊", NOW)))
    return {
        name: [list(row) for row in book.get_sheet_by_name(name).to_python()]
        for name in book.sheet_names
    }


def one(*cells: object) -> list[object]:
    (rows,) = read(Sheet("表", tuple("欄" for _ in cells), [cells], 1)).values()
    return rows[1]


@pytest.mark.parametrize("words", [*HOSTILE, *UNFIT])
def test_hostile_text_is_text_and_no_formula(words: str) -> None:
    (cell, last) = one(words, "末")
    assert cell == neutral(printable(words)) and last == "末"
    assert not str(cell).startswith(("=", "+", "-", "@"))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=5))
def test_any_text_comes_out_as_it_was(cells: list[str]) -> None:
    found = one(*cells, "末")
    assert [str(cell).split() for cell in found[:-1]] == [
        neutral(printable(cell)).split() for cell in cells
    ]


def test_numbers_days_and_nothing() -> None:
    moment = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    row = one(3, 2.5, -7, None, True, date(2024, 5, 22), moment, "末")
    assert row == [3, 2.5, -7, "", "是", "113年5月22日", "116年1月1日 00:30", "末"]


def test_the_count_stands_below_and_the_heading_above() -> None:
    (rows,) = read(Sheet("表", ("姓名", "=1+1"), [("陳", 1), ("林", 2)], 12_345)).values()
    assert rows[0] == ["姓名", "'=1+1"]
    assert rows[-1][0] == "本表 2 筆，符合條件者共 12,345 筆"
    assert len(rows) == 4


def test_sheets_get_names_that_programs_take() -> None:
    names = ["清冊", "清冊", "a/b:c*d?[e]'\\", "", "長" * 40, "長" * 40, "ABC", "abc"]
    found = list(read(*(Sheet(name, ("欄",), [], 0) for name in names)))
    assert found == [
        *("清冊", "清冊 (2)", "abcde", "工作表", "長" * 31, "長" * 27 + " (2)", "ABC", "abc (2)")
    ]


def test_the_same_sheets_and_moment_make_the_same_bytes() -> None:
    sheet = Sheet("表", ("欄",), [("值",)], 1)
    first = ods_bytes([sheet], "題", NOW)
    assert first == ods_bytes([sheet], "題", NOW)
    assert first != ods_bytes([sheet], "題", NOW + timedelta(seconds=2))
