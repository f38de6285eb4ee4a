"""Every visible sheet with the headings is read, each by its own columns; the others are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.actor import Actor
from services.errors import Invalid
from services.usage.importing import service
from services.usage.importing.columns import ColumnMapping, known_headings
from services.usage.importing.delimiters import DELIMITERS
from services.usage.importing.readers import open_book, open_table
from tests.services.import_helpers import (
    GOOD,
    HEADERS,
    csv_file,
    sheet_rows,
    table_csv,
    table_ods,
    xlsx_of,
)
from tests.world import World

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def manager(world: World) -> Actor:
    return world.actor("system_manager")


def rows(*changes: dict[str, str], headers: tuple[str, ...] = HEADERS) -> list[list[str]]:
    """A header and rows that differ from `GOOD` as given, the columns in the order of ``headers``."""
    return [list(headers), *[[(GOOD | row)[name] for name in headers] for row in changes]]


def shown(
    manager: Actor, data: bytes, mapping: ColumnMapping | None = None
) -> tuple[service.Preview, dict[str, tuple[int, str]]]:
    found = service.preview(manager, "甲", "a", data, mapping)
    return found, {sheet.name: (sheet.read, sheet.left_out) for sheet in found.sheets}


@on_sqlite
def test_columns_may_stand_in_another_order_on_another_sheet(manager: Actor) -> None:
    first = sheet_rows(rows({}))
    other = sheet_rows(
        [["8月"], *rows({"序號": "2", "查詢時間": "x"}, headers=tuple(reversed(HEADERS)))]
    )
    third = sheet_rows(rows({"序號": "3"}, headers=tuple(reversed(HEADERS))))
    found, sheets = shown(manager, xlsx_of(first, other, third))
    assert sheets == {"S1": (1, ""), "S2": (1, ""), "S3": (1, "")}
    assert (found.stored, found.rejected) == (2, 1)
    (wrong,) = found.rejected_rows
    assert (wrong.sheet, wrong.number) == ("S2", 3)
    assert [(row.sheet, row.number, row.user_code) for row in found.good_rows] == [
        *(("S1", 2, "u001"), ("S3", 2, "u001"))
    ]


@on_sqlite
def test_what_is_left_out_is_named_with_its_reason(manager: Actor) -> None:
    lacking = tuple(name for name in HEADERS if name != "使用者代號")
    long = [{"序號": str(number)} for number in range(3000)]
    sheets = (
        sheet_rows([["說明"], ["這是匯出檔"]]),
        sheet_rows(rows({})),
        "",
        # Not read to its end, and the one behind it is read all the same.
        sheet_rows(rows(*long, headers=lacking)),
        sheet_rows(rows({"序號": "9000"})),
        sheet_rows(rows({"序號": "9001"})),
    )
    found, told = shown(manager, xlsx_of(*sheets, hidden={6}))
    assert told == {
        "S1": (0, "前 10 列沒有認得的標題"),
        "S2": (1, ""),
        "S3": (0, "空白"),
        "S4": (0, told["S4"][1]),
        "S5": (1, ""),
        "S6": (0, "隱藏的工作表"),
    }
    assert "缺少必要欄位：使用者代號" in told["S4"][1]
    assert (found.read, found.stored) == (2, 2)
    done = service.store(manager, "甲", "a", xlsx_of(*sheets, hidden={6}), only_good=False)
    assert {sheet.name: (sheet.read, sheet.left_out) for sheet in done.sheets} == told


@on_sqlite
def test_sheets_of_an_ods_file(manager: Actor) -> None:
    data = table_ods(rows({}), hidden=True, 七月=rows({"序號": "2"}), 八月=rows({"序號": "3"}))
    found, told = shown(manager, data)
    assert told == {"使用紀錄": (0, "隱藏的工作表"), "七月": (1, ""), "八月": (1, "")}
    assert found.stored == 2


@on_sqlite
def test_what_two_sheets_say_happened_once(manager: Actor) -> None:
    headers = HEADERS[1:]
    month, year = rows({}, {}, headers=headers), rows({}, {}, {}, headers=headers)
    found, _ = shown(manager, xlsx_of(sheet_rows(month), sheet_rows(year)))
    assert (found.read, found.stored, found.duplicates, found.alike) == (5, 3, 2, 3)
    (numbered, _) = shown(manager, xlsx_of(sheet_rows(rows({}, {})), sheet_rows(rows({}))))
    assert (numbered.stored, numbered.duplicates, numbered.alike) == (1, 2, 0)


@on_sqlite
def test_a_mapping_by_hand_means_the_heading(manager: Actor) -> None:
    names = {"使用單位": "處", "使用者代號": "誰", "查詢時間": "何時", "查詢項目": "何事"}
    first = [list(names.values()), [GOOD[name] for name in names]]
    other = [[*reversed(names.values()), "備註"], [*[GOOD[n] for n in reversed(names)], "再"]]
    again = [list(names.values()), ["大安分處", "u002", "115/07/19 10:00", "地籍圖"]]
    data = xlsx_of(sheet_rows(first), sheet_rows(other), sheet_rows(again))
    by_name = {"unit": "處", "user_code": "誰", "occurred_at": "何時", "item": "何事"}
    found, told = shown(manager, data, by_name)
    assert (found.read, found.stored, found.duplicates) == (2, 2, 0)
    assert told["S2"] == (0, "前 10 列沒有認得的標題")
    by_place = {"unit": 0, "user_code": 1, "occurred_at": 2, "item": 3}
    assert shown(manager, data, by_place)[0].stored == 2
    # A sheet of which some headings are known is read by the headings chosen on the first.
    mixed = (
        [["使用單位", "誰", "查詢時間", "查詢項目"], [GOOD[name] for name in names]],
        [["查詢項目", "查詢時間", "誰", "使用單位"], [GOOD[n] for n in reversed(names)]],
    )
    found, told = shown(manager, xlsx_of(*map(sheet_rows, mixed)), {"user_code": 1})
    assert told == {"S1": (1, ""), "S2": (1, "")}
    assert found.rejected == 0


@on_sqlite
def test_only_hidden_sheets_are_a_sentence(manager: Actor) -> None:
    data = xlsx_of(sheet_rows(rows({})), "", hidden={1})
    for call in (lambda: shown(manager, data), lambda: service.inspect_file(manager, data)):
        with pytest.raises(Invalid, match="是隱藏的"):
            call()


@on_sqlite
def test_the_head_names_the_sheets(manager: Actor) -> None:
    data = xlsx_of(sheet_rows(rows({})), sheet_rows(rows({})), "", hidden={3})
    head = service.inspect_file(manager, data)
    assert (head.sheet, head.other_sheets, head.left_out) == (
        *("S1", ("S2",), {"S3": "隱藏的工作表"}),
    )
    plain = service.inspect_file(manager, csv_file({}))
    assert (plain.sheet, plain.other_sheets, plain.left_out) == ("", (), {})
    assert plain.delimiter == ","


@on_sqlite
def test_a_list_that_is_one_table_takes_no_two(manager: Actor) -> None:
    """Names of people and personnel changes (other services) read one sheet: two are not guessed at."""
    one, other = sheet_rows(rows({})), sheet_rows([["說明"]])

    def fits(head: list[list[str]]) -> int:
        return list(HEADERS) in head

    with (
        pytest.raises(Invalid, match="2 張工作表都有標題列（「S1」、「S3」）"),
        open_table(xlsx_of(one, other, one), fits),
    ):
        pass
    for data in (xlsx_of(other, one), xlsx_of(one, other, one, hidden={1})):
        with open_table(data, fits) as table:
            assert next(table.rows) == list(HEADERS)
    with pytest.raises(Invalid, match="是隱藏的"), open_table(xlsx_of(one, hidden={1}), fits):
        pass


SEPARATED = {
    "lists in quotes": (",", [list(HEADERS[:5]), ["1", "a;b;c;d;e;f", "c|d|e|f", "g\th\ti", "j"]]),
    "commas in a semicolon file": (";", [list(HEADERS[:5]), ["1", "a,b,c,d,e,f", "x", "y", "z"]]),
    "pipes": ("|", [list(HEADERS[:5]), ["1", "a,b", "c;d", "e", "f"]]),
    "tabs": ("\t", [list(HEADERS[:5]), ["1", "a,b,c,d", "c;d;e;f", "e", "f"]]),
    "headings that nobody knows": (";", [["甲", "乙"], ["a,b", "c"], ["d", "e,f,g"], ["h", "i"]]),
    "a title above": (";", [["使用紀錄，115年，第3季,甲,乙,丙,丁"], list(HEADERS), ["1"] * 14]),
}


@pytest.mark.parametrize("name", SEPARATED)
def test_what_separates_cells_is_found_by_quotes_and_headings(name: str) -> None:
    delimiter, table = SEPARATED[name]
    data = table_csv(table, "utf-8", delimiter)
    with open_book(data, known_headings) as book:
        assert book.delimiter == delimiter
        assert list(book.sheets[0].rows()) == table


CELLS = st.text(alphabet=",;|\t\"'ab1 段\n", max_size=12)


@given(
    st.sampled_from(list(DELIMITERS)),
    st.lists(st.lists(CELLS, min_size=14, max_size=14), min_size=1, max_size=4),
)
def test_no_separator_inside_cells_leads_astray(delimiter: str, cells: list[list[str]]) -> None:
    table = [list(HEADERS), *cells]
    with open_book(table_csv(table, "utf-8", delimiter), known_headings) as book:
        assert book.delimiter == delimiter
        assert list(book.sheets[0].rows()) == table


@on_sqlite
def test_it_can_be_said_by_hand(manager: Actor) -> None:
    data = table_csv(rows({}), "utf-8", ";")
    for delimiter in DELIMITERS:
        if delimiter == ";":
            assert service.inspect_file(manager, data, ";").header.cells == HEADERS
        else:
            with pytest.raises(Invalid, match="標題列"):
                service.inspect_file(manager, data, delimiter)
    told = b"sep=;\r\n" + table_csv([["a,b", "c,d,e,f,g,h"], ["1", "2"]], "utf-8", ";")
    with open_table(told, lambda head: 0) as table:
        assert list(table.rows) == [["sep=", ""], ["a,b", "c,d,e,f,g,h"], ["1", "2"]]
