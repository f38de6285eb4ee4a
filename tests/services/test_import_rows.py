"""Cells → a record, or the sentence why there is none: one line a case."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.identity.organisation import UnitInfo
from services.regulation.purpose import FLAG_LABELS
from services.usage.importing.cells import GoodRow, RejectedRow
from services.usage.importing.columns import find_header, resolve
from services.usage.importing.lookups import Lookups
from services.usage.importing.rows import RowReader, parcel_number
from services.usage.importing.sections import section_index
from tests.services.import_helpers import GOOD, HEADERS

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
UNITS = (
    UnitInfo(1, "TAX-DAAN", "大安分處", 10, "TAX", "臺北市稅捐稽徵處"),
    UnitInfo(2, "TAX-ZS", "中山分處", 10, "TAX", "臺北市稅捐稽徵處"),
    UnitInfo(3, "PWD-LAND", "用地科", 20, "PWD", "臺北市政府工務局"),
    UnitInfo(4, "HCG-LAND", "用地科", 30, "HCG", "新設機關"),
)
SECTIONS = section_index(
    [
        ("AD0609", "松山區", "延吉段一小段"),
        ("AA0010", "大安區", "學府段三小段"),
        ("AE0001", "士林區", "光華段"),
        ("AF0001", "大安區", "光華段"),
    ]
)


def read(**cells: str) -> GoodRow | RejectedRow:
    """Read `GOOD` with some cells changed (slashes of the headers left out)."""
    changed = {header: cells.pop(header.replace("/", ""), value) for header, value in GOOD.items()}
    assert not cells
    return reader().read(7, list(changed.values()))


def reader(by_hand: dict[tuple[str, str], int] | None = None) -> RowReader:
    columns = resolve(find_header([HEADERS], {}), {})
    return RowReader(columns, Lookups(UNITS, SECTIONS, by_hand or {}), NOW)


def good(**cells: str) -> GoodRow:
    row = read(**cells)
    assert isinstance(row, GoodRow), row
    return row


def test_a_whole_row() -> None:
    row = good()
    assert row == GoodRow(
        number=7,
        source_key=row.source_key,
        occurred_at=datetime(2026, 7, 18, 3, 49, 43, tzinfo=UTC),
        local_month="2026-07",
        user_code="u001",
        person_name="測試001",
        unit_id=1,
        item="LandDescription",
        action="query",
        section_code="AD0609",
        parcel="00180001",
        target="松山區延吉段一小段18-1",
        case_no="",
        document_no="府授地資字第1157554639號",
        reason="",
        flags="",
        address="10.6.29.141",
        numbered=True,
    )
    # What the first version gave this row: a file imported then stores nothing now.
    assert row.source_key == "33aaf2fa71b5f3460515bf4337c03d73"


REJECTED: list[tuple[dict[str, str], str]] = [
    ({"查詢時間": ""}, "沒有填查詢時間。"),
    ({"查詢時間": "115/13/05 10:00:00"}, "115/13/05"),
    ({"查詢時間": "115年2月30日 上午9時0分0秒"}, "2月30日"),
    ({"查詢時間": "115/07/18"}, "沒有時間"),
    ({"查詢時間": "115/07/18 25:00:00"}, "25:00"),
    ({"查詢時間": "昨天"}, "昨天"),
    ({"查詢時間": "9" * 5000}, "看不懂時間「999"),
    ({"查詢時間": "=NOW()"}, "=NOW"),
    ({"查詢時間": "2026-11-23 10:00:01"}, "晚於現在"),
    ({"查詢時間": "1999-12-31 23:59:59"}, "早於"),
    ({"使用者代號": ""}, "沒有填使用者代號。"),
    ({"使用者代號": " 　"}, "沒有填使用者代號。"),
    ({"使用者代號": "a,b"}, "逗號"),
    ({"使用者代號": "a，b"}, "逗號"),
    ({"使用者代號": "a\nb"}, "控制字元"),
    ({"使用者代號": "a\x00b"}, "控制字元"),
    ({"使用者代號": "x" * 61}, "61 個字，不可超過 60"),
    ({"姓名": "王" * 200}, "姓名有 200 個字，不可超過 60"),
    ({"查詢項目": ""}, "沒有填查詢項目。"),
    ({"查詢項目": "全部資料"}, "全部資料"),
    ({"作業別": "刪除"}, "刪除"),
    ({"作業別": "-"}, "作業別"),
    ({"使用單位": "不存在的單位"}, "沒有使用單位「不存在的單位」"),
    ({"使用機關": "高雄市政府"}, "找不到使用機關「高雄市政府」"),
    ({"使用單位": ""}, "有多個單位"),
    ({"使用機關": "", "使用單位": "用地科"}, "不只一個單位"),
    ({"使用機關": "", "使用單位": "甲科"}, "找不到使用單位「甲科」"),
    ({"使用機關": "", "使用單位": ""}, "沒有填使用機關與使用單位"),
    ({"案件號公文號": "府" * 61}, "公文號有 61 個字，不可超過 60"),
    ({"案件號公文號": "115年大安字第" + "1" * 60 + "號"}, "案件號有 "),
    ({"查詢原因": "查" * 201}, "查詢原因有 201 個字，不可超過 200"),
    ({"來源IP": "1" * 61}, "來源位址有 61 個字"),
    ({"地段": "段" * 120}, "標的（行政區、地段與地建號）有 "),
    ({"使用者代號": "1.13601E+12"}, "科學記號"),
    ({"使用者代號": "1.1360123881234568e+16"}, "科學記號"),
    ({"使用者代號": "１.１３６E＋１２"}, "科學記號"),
    ({"使用者代號": "1136012388123450.0"}, "尾端多了 .0"),
    ({"使用者代號": "12.0"}, "尾端多了 .0"),
    ({"使用者代號": "1136012388123450"}, "超過 15 位"),
    ({"使用者代號": "113601238812345000"}, "超過 15 位"),
    ({"使用者代號": "2026-03-05"}, "改成日期"),
    ({"使用者代號": "2026-03-05 00:00:00"}, "改成日期"),
    ({"使用者代號": "3月5日"}, "改成日期"),
    ({"使用者代號": "5-Mar"}, "改成日期"),
    ({"使用者代號": "#N/A"}, "錯誤值"),
    ({"使用者代號": "########"}, "錯誤值"),
]


@pytest.mark.parametrize(("cells", "words"), REJECTED)
def test_rejected(cells: dict[str, str], words: str) -> None:
    row = read(**cells)
    assert isinstance(row, RejectedRow)
    assert words in row.reason
    assert row.reason.endswith("。")
    assert len(row.reason) < 200
    assert row.number == 7
    assert row.cells == tuple(
        cells.get(header.replace("/", ""), value) for header, value in GOOD.items()
    )


def test_every_reason_is_named() -> None:
    row = read(查詢時間="", 查詢項目="全部資料", 使用單位="甲科")
    assert isinstance(row, RejectedRow)
    assert all(word in row.reason for word in ("甲科", "查詢時間", "全部資料"))
    assert row.unknown_unit == ("臺北市稅捐稽徵處", "甲科")


ACCEPTED: list[tuple[dict[str, str], dict[str, object]]] = [
    ({"查詢時間": "１１５／０７／１８　１１：４９：４３"}, {"local_month": "2026-07"}),
    ({"查詢時間": "2026-07-31T23:59:59"}, {"local_month": "2026-07"}),
    ({"查詢時間": "2026-08-01 00:00:00"}, {"local_month": "2026-08"}),
    ({"查詢時間": "2026-11-23 10:00:00"}, {"occurred_at": NOW}),
    ({"查詢時間": "2000-01-01 08:00:00"}, {"local_month": "2000-01"}),
    ({"使用者代號": "Ｕ００１ "}, {"user_code": "U001"}),
    ({"使用者代號": "=cmd|'/c calc'!A1"}, {"user_code": "=cmd|'/c calc'!A1"}),
    # Digits and an E that nothing has damaged; what only protects is taken away, from every cell.
    ({"使用者代號": "12E5"}, {"user_code": "12E5"}),
    ({"使用者代號": "113601238812345"}, {"user_code": "113601238812345"}),
    ({"使用者代號": "1136012388123456"}, {"user_code": "1136012388123456"}),
    ({"使用者代號": '="0012"'}, {"user_code": "0012"}),
    ({"使用者代號": '="1136012388123450"'}, {"user_code": "1136012388123450"}),
    ({"使用者代號": "'1136012388123450"}, {"user_code": "1136012388123450"}),
    ({"使用者代號": "'0012"}, {"user_code": "0012"}),
    ({"查詢時間": "'115/07/18 11:49:43"}, {"local_month": "2026-07"}),
    ({"地號建號": '="18-1"'}, {"parcel": "00180001", "target": "松山區延吉段一小段18-1"}),
    ({"案件號公文號": "'1157554639"}, {"document_no": "1157554639", "flags": ""}),
    ({"查詢原因": "'引號'開頭的事由"}, {"reason": "'引號'開頭的事由"}),
    ({"姓名": "@SUM(1+1)"}, {"person_name": "@SUM(1+1)"}),
    ({"姓名": ""}, {"person_name": ""}),
    ({"姓名": "王" * 60}, {"person_name": "王" * 60}),
    ({"查詢項目": "建物所有權"}, {"item": "BuildingOwnership", "parcel": "00018001"}),
    ({"查詢項目": "landownership"}, {"item": "LandOwnership"}),
    ({"查詢項目": " 土地 標示部 "}, {"item": "LandDescription"}),
    ({"查詢項目": "歸戶"}, {"item": "OwnerHoldings", "section_code": None, "flags": ""}),
    (
        {"查詢項目": "地籍圖", "行政區": "", "地段": "", "地號建號": ""},
        {"item": "CadastralMap", "flags": "", "target": ""},
    ),
    ({"作業別": ""}, {"action": "query"}),
    ({"作業別": "列印"}, {"action": "print"}),
    ({"作業別": "Download"}, {"action": "download"}),
    ({"使用機關": "台北市稅捐稽徵處"}, {"unit_id": 1}),
    ({"使用機關": "TAX", "使用單位": "tax-zs"}, {"unit_id": 2}),
    ({"使用機關": "", "使用單位": "大安分處"}, {"unit_id": 1}),
    ({"使用單位": "臺北市稅捐稽徵處大安分處"}, {"unit_id": 1}),
    ({"使用機關": "新設機關", "使用單位": ""}, {"unit_id": 4}),
    (
        {"案件號公文號": "115年大安字第010740號"},
        {"case_no": "115年大安字第010740號", "document_no": ""},
    ),
    ({"案件號公文號": "abc"}, {"document_no": "abc", "flags": "number_malformed"}),
    ({"案件號公文號": ""}, {"flags": "purpose_missing"}),
    ({"案件號公文號": "", "查詢原因": "查詢"}, {"flags": "purpose_filler", "reason": "查詢"}),
    ({"案件號公文號": "", "查詢原因": "地價稅稽徵查核"}, {"flags": ""}),
    ({"地段": "木新段一小段"}, {"flags": "section_unknown", "section_code": None, "parcel": None}),
    ({"行政區": "文山區"}, {"flags": "section_unknown"}),
    ({"行政區": "", "地段": "延吉段一小段"}, {"section_code": "AD0609"}),
    ({"行政區": "", "地段": "光華段"}, {"flags": "section_unknown"}),
    ({"行政區": "大安區", "地段": "光華段"}, {"section_code": "AF0001"}),
    ({"地號建號": "十八"}, {"flags": "target_malformed", "section_code": None}),
    ({"地號建號": "18-1、18-2"}, {"flags": "target_list", "section_code": None, "parcel": None}),
    ({"地號建號": "18-1等7筆"}, {"flags": "target_list"}),
    ({"行政區": "臺北市松山區"}, {"section_code": "AD0609", "flags": ""}),
    ({"地段": "AD0609"}, {"section_code": "AD0609", "flags": ""}),
    ({"地段": "延吉段ㄧ小段"}, {"section_code": "AD0609", "flags": ""}),
    ({"地號建號": ""}, {"flags": "target_malformed", "target": "松山區延吉段一小段"}),
    (
        {"地段": "無", "地號建號": "x", "案件號公文號": ""},
        {"flags": "purpose_missing section_unknown target_malformed"},
    ),
    ({"地號建號": "１８－１"}, {"parcel": "00180001", "target": "松山區延吉段一小段１８－１"}),
    ({"查詢原因": "多\r\n行\x00的原因"}, {"reason": "多  行的原因"}),
]


@pytest.mark.parametrize(("cells", "expected"), ACCEPTED)
def test_accepted(cells: dict[str, str], expected: dict[str, object]) -> None:
    row = good(**cells)
    assert {name: getattr(row, name) for name in expected} == expected
    assert set(row.flags.split()) <= set(FLAG_LABELS)


def reader_with(*headings: str, unsaid: frozenset[int] = frozenset(), **more: Any) -> RowReader:
    """A reader of files that have these headings behind the usual ones."""
    columns = resolve(find_header([HEADERS], {}), {})
    headers = (*HEADERS, *headings)
    return RowReader(columns, Lookups(UNITS, SECTIONS), NOW, headers, unsaid=unsaid, **more)


def key(reading: RowReader, *cells: str, **changed: str) -> tuple[str, str]:
    row = reading.read(7, [*(GOOD | changed).values(), *cells])
    assert isinstance(row, GoodRow), row
    return row.source_key, next(iter(row.other_keys), "")


def test_what_unmapped_columns_say_makes_another_row() -> None:
    usual = good().source_key
    two = reader_with("流水", "備註")
    assert key(two, "", " ") == (usual, "")
    assert key(two) == (usual, "")
    found = {key(two, *cells) for cells in (("31", ""), ("32", ""), ("31", "急"), ("", "31"))}
    assert len({own for own, _ in found}) == 4
    # The record an earlier version stored of it is found by the key of then.
    assert {earlier for _, earlier in found} == {usual}
    # Columns may change places; spelling, format and protection say nothing.
    swapped = reader_with("備註", "流水")
    assert key(swapped, "急", "３１") == key(two, "31", "急") == key(two, '="31"', "急 ")
    dated = reader_with("登打時間")
    assert key(dated, "115/07/18 13:05:09") == key(dated, "2026-07-18 13:05:09.500")
    # A cell behind the last heading says something too, and a column set aside does not.
    assert key(reader_with(), "額外")[0] != usual
    assert key(reader_with("匯出時間", unsaid=frozenset({14})), "115/10/01") == (usual, "")


def test_the_keys_of_earlier_versions_are_known() -> None:
    usual = good().source_key
    book = reader_with(workbook=True)
    at = "2026-07-18 11:49:{}"
    assert key(book, 查詢時間=at.format("43")) == (usual, "")
    # Workbooks' fractions of a second were rounded, those of text were cut.
    assert key(book, 查詢時間=at.format("42.700"))[1] == usual
    assert key(book, 查詢時間=at.format("43.300")) == (usual, "")
    assert key(reader_with(), 查詢時間=at.format("43.700")) == (usual, "")
    # Protection was part of the text.
    own, earlier = key(reader_with(), 使用者代號="'0012")
    assert own == key(reader_with(), 使用者代號="0012")[0]
    assert earlier not in ("", own)


def test_digits_of_a_workbook_s_text_are_its_own() -> None:
    code = {"使用者代號": "1136012388123450"}
    assert isinstance(reader_with().read(7, list((GOOD | code).values())), RejectedRow)
    row = reader_with(workbook=True).read(7, list((GOOD | code).values()))
    assert isinstance(row, GoodRow)
    assert row.user_code == code["使用者代號"]


@pytest.mark.parametrize(
    ("building", "text", "number"),
    [
        (False, "0131-0024", "01310024"),
        (True, "0131-0024", "00131024"),
        (False, "141-12", "01410012"),
        (True, "141-12", "00141012"),
        (False, "１４１－１２", "01410012"),
        (False, "675-0", "06750000"),
        (False, "18之1地號", "00180001"),
        (True, "00123000", "00123000"),
        (True, "12345", "12345000"),
        (False, "12345", None),
        (True, "18-1000", None),
        (False, "0-1", None),
        (False, "18-1;DROP", None),
        (False, "1" * 9999, None),
    ],
)
def test_numbers_are_brought_into_the_registers_form(
    building: bool, text: str, number: str | None
) -> None:
    assert parcel_number(building, text) == number


def test_a_unit_mapped_by_hand_makes_its_rows_good() -> None:
    texts = ("臺北市稅捐稽徵處", "不存在的單位")
    row = reader({texts: 2}).read(7, list((GOOD | {"使用單位": texts[1]}).values()))
    assert isinstance(row, GoodRow)
    assert row.unit_id == 2


SAME = [
    {"查詢時間": "2026-07-18T11:49:43"},
    {"查詢時間": "115年7月18日 上午11時49分43秒"},
    {"查詢項目": "LandDescription"},
    {"作業別": ""},
    {"地號建號": "１８－１"},
    {"姓名": "改名的人"},
    {"來源IP": " 10.6.29.141"},
]
OTHER = [
    {"序號": "2"},
    {"使用單位": "中山分處"},
    {"使用者代號": "u002"},
    {"查詢時間": "2026-07-18T11:49:44"},
    {"查詢項目": "土地所有權部"},
    {"作業別": "列印"},
    {"地段": "無"},
    {"地號建號": "18-2"},
    {"案件號公文號": "府授地資字第1157554630號"},
    {"查詢原因": "地價稅稽徵查核"},
    {"來源IP": "10.6.29.142"},
]


@pytest.mark.parametrize("cells", SAME)
def test_other_spellings_of_a_row_are_the_same_row(cells: dict[str, str]) -> None:
    assert good(**cells).source_key == good().source_key


@pytest.mark.parametrize("cells", OTHER)
def test_rows_that_say_something_else_are_other_rows(cells: dict[str, str]) -> None:
    assert good(**cells).source_key != good().source_key


def test_short_and_long_rows_are_read_to_their_headers() -> None:
    columns = resolve(find_header([HEADERS], {}), {})
    cells = list(GOOD.values())
    short, long = reader().read(2, cells[:11]), reader().read(3, [*cells, "註", "=1"])
    assert isinstance(short, GoodRow)
    assert (short.flags, short.address) == ("purpose_missing", "")
    assert isinstance(long, GoodRow)
    assert long.address == GOOD["來源IP"]
    few = {name: columns[name] for name in ("agency", "unit", "user_code", "occurred_at", "item")}
    bare = RowReader(few, Lookups(UNITS, SECTIONS), NOW).read(2, [*cells, "多的"])
    assert isinstance(bare, GoodRow)
    assert (bare.person_name, bare.target, bare.action) == ("", "", "query")
