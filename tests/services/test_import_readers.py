"""Files are told by their content, read row by row, and never evaluated."""

import io
import random
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import Invalid
from services.moments import parse_moment
from services.usage.importing import workbook
from services.usage.importing.readers import open_table
from services.usage.importing.sheets import open_file
from services.usage.importing.text import BIG5_ERRORS, clean, fold
from services.usage.importing.workbook_worker import as_text
from tests.services.import_helpers import (
    GOOD,
    HEADERS,
    csv_file,
    sample,
    sample_rows,
    table_csv,
    table_ods,
    text_cell,
    xlsx_of,
)


def read(data: bytes | Path) -> list[list[str]]:
    with open_table(data, lambda head: True) as table:
        return list(table.rows)


def kind(data: bytes | Path) -> str:
    with open_table(data, lambda head: True) as table:
        return table.kind


def not_empty(rows: list[list[str]]) -> list[list[str]]:
    return [row for row in rows if any(row)]


@pytest.mark.parametrize(
    ("encoding", "delimiter", "label"),
    [
        ("utf-8", ",", "CSV（UTF-8）"),
        ("utf-8-sig", ",", "CSV（UTF-8）"),
        ("cp950", ",", "CSV（Big5）"),
        ("utf-16", ",", "CSV（UTF-16）"),
        ("utf-16", "\t", "CSV（UTF-16）"),
        ("utf-8", ";", "CSV（UTF-8）"),
        ("cp950", "\t", "CSV（Big5）"),
    ],
)
def test_every_encoding_reads_the_same(encoding: str, delimiter: str, label: str) -> None:
    data = table_csv(sample_rows(), encoding, delimiter)
    assert read(data) == sample_rows()
    assert kind(data) == label


def test_workbooks_read_like_the_csv() -> None:
    title, *rows = read(sample("xlsx"))
    assert title[0] == "查詢使用紀錄匯出"
    assert rows == sample_rows()
    head = sample_rows()[:40]
    assert read(table_ods(head)) == head
    assert kind(sample("xlsx")) == "XLSX"
    assert kind(table_ods(head)) == "ODS"


def _without(archive: bytes, *, suffix: str) -> bytes:
    """The archive with the bytes of one member spoilt."""
    spoilt = bytearray(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        member = next(m for m in opened.infolist() if m.filename.endswith(suffix))
        start = member.header_offset + 30 + len(member.filename) + len(member.extra)
        for place in range(start + member.compress_size // 3, start + member.compress_size // 2):
            spoilt[place] ^= 0x5A
    return bytes(spoilt)


def _zip_of(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


XLSX = sample("xlsx").read_bytes()
UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "檔案是空的"),
    "bom only": (b"\xef\xbb\xbf", "檔案是空的"),
    "blank": (b" \r\n \r\n", "檔案是空的"),
    "binary named csv": (bytes(range(256)) * 20, "二進位"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(64), "二進位"),
    "text in no known encoding": ("機關,".encode() + b"\xff\xff\xfe,\n", "文字編碼"),
    "half a utf-16": (b"\xff\xfea", "文字編碼"),
    "xls or encrypted": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "XLS"),
    "zip cut short": (XLSX[: len(XLSX) // 2], "已損壞"),
    "zip without its end": (XLSX[:-10], "已損壞"),
    "broken zip inside": (_without(XLSX, suffix="sheet1.xml"), "已損壞"),
    "only a zip signature": (b"PK\x03\x04", "已損壞"),
    "a zip of something else": (_zip_of(readme="hello"), "不是試算表"),
    "ods without a table": (
        _zip_of(mimetype="application/x", **{"content.xml": "<a", "META-INF/manifest.xml": "<a"}),
        "已損壞",
    ),
    "empty workbook": (xlsx_of(""), "都是空的"),
    "a web page named xls": (b"\xef\xbb\xbf<html><body><table><tr><td>1</td></tr></table>", "HTML"),
    "a web page in another case": (b"\r\n <!DOCTYPE HTML>\n<TABLE>", "HTML"),
    "a table alone": (b"<table border=1><tr><td>", "HTML"),
    "a web page in utf-16": ("\ufeff<html>".encode("utf-16-le"), "HTML"),
    "an archived web page": (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook", "MHTML"),
    "xml of Excel 2003": (
        b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "XML 試算表",
    ),
    "a flat ods": (
        b'<?xml version="1.0"?><office:document '
        b'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0">',
        "FODS",
    ),
    "any xml": (b'<?xml version="1.0" encoding="Big5"?><log/>', "XML"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "quote without end": (csv_file({}) + b'"' + b"x" * 200_000, "第 3 列"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_said_in_a_sentence(name: str) -> None:
    data, words = UNREADABLE[name]
    with pytest.raises(Invalid, match=words) as refusal:
        read(data)
    assert str(refusal.value).endswith("。")


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="沒有\\.csv"):
        read(tmp_path / "沒有.csv")


@pytest.mark.parametrize("source", ["xlsx", "ods"])
def test_damaged_workbooks_end_in_rows_or_in_a_sentence(source: str) -> None:
    whole = XLSX if source == "xlsx" else table_ods(sample_rows()[:60])
    dice = random.Random(source)
    outcomes = set[object]()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            # The directory at the end of the archive is where damage does most.
            place = -dice.randint(1, 900) if dice.random() < 0.5 else dice.randrange(len(data))
            data[place] = dice.randrange(256)
        try:
            with open_file(bytes(data), {}) as file:
                outcomes.add(any(sum(1 for _ in sheet.rows) > 0 for sheet in file.sheets()))
        except Invalid as refusal:
            outcomes.add(str(refusal)[-1])
    assert outcomes == {True, "。"}


def test_a_workbook_too_large_for_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_EXPANDED_BYTES", 1_000_000)
    with pytest.raises(Invalid, match="另存成 CSV"):
        read(sample("xlsx"))
    assert len(read(table_ods(sample_rows()[:20]))) == 20


def test_formulas_dates_and_numbers_of_a_workbook() -> None:
    data = xlsx_of(
        f"<row r='2'>{text_cell('使用單位')}{text_cell('查詢時間')}{text_cell('序號')}{text_cell('姓名')}</row>"
        "<row r='4'><c t='str'><f>HYPERLINK(\"http://x\")</f><v>大安分處</v></c>"
        "<c s='1'><v>46221.4914699074</v></c><c><v>1220</v></c>"
        f"{text_cell('=1+1')}</row>"
    )
    # Row numbers are those of the sheet: blank rows in front are kept.
    assert read(data) == [
        ["", "", "", ""],
        ["使用單位", "查詢時間", "序號", "姓名"],
        ["", "", "", ""],
        ["大安分處", "2026-07-18 11:47:43", "1220", "=1+1"],
    ]


def test_every_second_of_a_day_in_a_workbook_is_that_second() -> None:
    """A spreadsheet keeps a moment as a fraction of a day; nothing of a whole second is cut away."""
    seconds = range(0, 86_400, 7)
    day = "".join(
        f"<row r='{row}'><c s='1'><v>{46221 + second / 86_400!r}</v></c></row>"
        for row, second in enumerate(seconds, 1)
    )
    midnight = parse_moment("2026-07-18 00:00:00")
    assert [parse_moment(cells[0]) for cells in read(xlsx_of(day))] == [
        midnight + timedelta(seconds=second) for second in seconds
    ]


def test_a_date_among_times_is_midnight_and_a_date_among_dates_a_date() -> None:
    def row(number: int, *values: str) -> str:
        cells = "".join(
            text_cell(value) if ":" in value else f"<c s='1'><v>{value}</v></c>" for value in values
        )
        return f"<row r='{number}'>{cells}</row>"

    data = xlsx_of(
        row(1, "46221", "46221", "46221", "0.545243055")
        + row(2, "46222", "46222", "46222", "0")
        + row(3, "46223.5", "46223", "115/07/18 10:00", "0.5")
    )
    days = [f"2026-07-{day}" for day in (18, 19, 20)]
    assert [list(column) for column in zip(*read(data), strict=True)] == [
        [f"{days[0]} 00:00:00", f"{days[1]} 00:00:00", f"{days[2]} 12:00:00"],
        days,
        [f"{days[0]} 00:00:00", f"{days[1]} 00:00:00", "115/07/18 10:00"],
        ["13:05:09", "00:00:00", "12:00:00"],
    ]


def test_the_sheet_with_our_headers_is_taken() -> None:
    notes = f"<row r='1'>{text_cell('說明')}</row>"
    ours = f"<row r='1'>{''.join(map(text_cell, HEADERS))}</row><row r='2'>{text_cell('9')}</row>"
    with open_file(xlsx_of(notes, "", ours), {}) as file:
        (sheet,) = file.sheets()
        assert sheet.header.cells == HEADERS
        assert [cells[0] for _, cells in sheet.rows] == ["9"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "=1+1"),
        (12.0, "12"),
        (0.5, "0.5"),
        (True, "TRUE"),
        (None, ""),
        (date(2026, 7, 18), "2026-07-18"),
        (time(9, 5), "09:05:00"),
        (datetime.fromisoformat("2026-07-18T10:01:02"), "2026-07-18 10:01:02"),
        (datetime.fromisoformat("2026-12-31T23:59:59.600000"), "2026-12-31 23:59:59.600"),
        (timedelta(hours=13, minutes=5, seconds=9.7), "13:05:09"),
        (1136012388123450.0, "1136012388123450.0"),
    ],
)
def test_cells_become_text(value: Any, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("pair", "char"),
    [
        # First and last of Big5's areas for an office's own characters, as Windows maps them.
        (b"\xfa\x40", "\ue000"),
        (b"\xfe\xfe", "\ue310"),
        (b"\x8e\x40", "\ue311"),
        (b"\xa0\xfe", "\ueeb7"),
        (b"\x81\x40", "\ueeb8"),
        (b"\x8d\xfe", "\uf6b0"),
        (b"\xc8\xfe", "\uf848"),
    ],
)
def test_own_characters_of_big5_survive(pair: bytes, char: str) -> None:
    assert pair.decode("cp950", BIG5_ERRORS) == char
    data = csv_file({"姓名": "王\ufffd"}, encoding="utf-8").replace("王\ufffd".encode(), b"")
    name = "王".encode("cp950") + pair
    big5 = data.decode().encode("cp950").replace(b",u001,", b",u001," + name)
    assert read(big5)[1][4] == "王" + char
    assert fold("王" + char) == "王" + char


@given(st.binary(max_size=300))
def test_any_bytes_end_in_rows_or_in_a_sentence(data: bytes) -> None:
    sentence, rows = "。", list[list[str]]()
    try:
        rows = read(data)
    except Invalid as refusal:
        sentence = str(refusal)
    assert sentence.endswith("。")
    assert all(isinstance(cell, str) for row in rows for cell in row)


@given(st.text())
def test_folding_is_stable_and_leaves_no_control_characters(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert clean(folded) == folded
    assert not any(ord(ch) < 32 or ch == "\x7f" for ch in folded)


def test_full_width_digits_fold_and_punctuation_stays() -> None:
    assert fold("１３１－２４　（補）") == "131-24 （補）"
    assert clean("多\r\n行\x00字\u200b") == "多  行字"
    assert GOOD["序號"] == fold("１")
