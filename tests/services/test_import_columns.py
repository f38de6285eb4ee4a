"""Headers are matched by synonyms, and by hand where that fails."""

import pytest

from services.errors import Invalid
from services.usage.importing.columns import find_header, resolve
from services.usage.importing.fields import FIELDS, guess
from services.usage.importing.text import match_key
from tests.services.import_helpers import HEADERS, sample_rows


def test_no_synonym_means_two_fields() -> None:
    keys = [match_key(word) for field in FIELDS for word in field.synonyms]
    assert len(keys) == len(set(keys))


def test_the_sample_is_understood() -> None:
    columns = resolve(find_header([HEADERS], {}), {})
    assert columns == {
        "serial": 0,
        "agency": 1,
        "unit": 2,
        "user_code": 3,
        "person_name": 4,
        "occurred_at": 5,
        "item": 6,
        "action": 7,
        "district": 8,
        "section": 9,
        "number": 10,
        "case_or_document_no": 11,
        "reason": 12,
        "address": 13,
    }


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("使用者帳號", "user_code"),
        (" 使用者 ID ", "user_code"),
        ("User_ID", "user_code"),
        ("ＵＳＥＲ＿ＩＤ", "user_code"),
        ("地　號", "number"),
        ("地(建)號", "number"),
        ("地號／建號", "number"),
        ("案號／文號", "case_or_document_no"),
        ("公文文號", "document_no"),
        ("案號", "case_no"),
        ("使用目的", "reason"),
        ("IP 位址", "address"),
        ("查詢日期時間", "occurred_at"),
        ("授權項目", "item"),
        ("作業類別", "action"),
    ],
)
def test_synonyms(header: str, field: str) -> None:
    assert guess([header]) == {field: 0}


def test_the_header_row_may_stand_below_titles() -> None:
    titles = [["使用紀錄"], [], ["機關", "", "期間：115年第3季"]]
    assert find_header([*titles, list(HEADERS), *sample_rows()[1:3]], {}).row == 4


@pytest.mark.parametrize(
    ("mapping", "field", "column"),
    [
        ({"person_name": 3}, "person_name", 3),
        ({"person_name": "使用者代號"}, "person_name", 3),
        ({"case_no": "案件號 / 公文號"}, "case_no", 11),
        ({"reason": None}, "reason", None),
    ],
)
def test_mapping_by_hand_overrides(
    mapping: dict[str, int | str | None], field: str, column: int | None
) -> None:
    assert resolve(find_header([HEADERS], mapping), mapping).get(field) == column


def test_unknown_headers_can_be_mapped_by_hand() -> None:
    head = [["報表"], ["甲", "乙", "丙", "丁", "戊"], ["1", "2", "3", "4", "5"]]
    by_name = {"unit": "甲", "user_code": "乙", "occurred_at": "丙", "item": "戊"}
    by_place = {"unit": 0, "user_code": 1, "occurred_at": 2, "item": 4}
    for mapping in (by_name, by_place):
        header = find_header(head, mapping)
        assert header.row == 2
        assert resolve(header, mapping) == by_place


@pytest.mark.parametrize(
    ("headers", "mapping", "words"),
    [
        (
            ("使用者代號", "查詢時間", "查詢項目"),
            {},
            ["使用機關或使用單位", "使用者代號、查詢時間"],
        ),
        (("機關", "查詢時間", "項目"), {}, ["缺少必要欄位：使用者代號；"]),
        (("機關", "帳號", "項目", "備註"), {}, ["缺少必要欄位：查詢時間；", "備註"]),
        (("機關", "帳號", "時間", "備註"), {}, ["缺少必要欄位：查詢項目；"]),
        (HEADERS, {"item": None, "user_code": None}, ["使用者代號、查詢項目"]),
        (HEADERS, {"item": 99}, ["99"]),
        (HEADERS, {"item": -1}, ["-1"]),
        (HEADERS, {"item": "沒有的欄"}, ["沒有的欄"]),
        (HEADERS, {"nothing": 1}, ["nothing"]),
    ],
)
def test_what_is_missing_is_named(
    headers: tuple[str, ...], mapping: dict[str, int | str | None], words: list[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        resolve(find_header([headers], mapping), mapping)
    assert all(word in str(refusal.value) for word in words)


def test_a_file_without_headers_says_so() -> None:
    with pytest.raises(Invalid, match="標題列"):
        find_header([["a"], ["b", "c"]], {})


GROUPS = [
    # Merged across and downwards, as spreadsheets give it: the first cell holds the text.
    ["項次", "使用者", "", "", "", "查詢", "", "", "標的", "", "", "案件號/公文號", "備註"],
    ["", "機關", "單位", "代號", "姓名", "時間", "項目", "作業別", "行政區", "地段", "地號"],
]
DATA = [
    "1",
    "TAX",
    "大安分處",
    "u1",
    "甲",
    "115/7/1 10:00",
    "地籍圖",
    "查詢",
    "",
    "",
    "",
    "府",
    "無",
]


@pytest.mark.parametrize("titles", [[], [["使用紀錄"]], [["使用紀錄"], ["單位：", "大安分處"]]])
def test_headings_over_two_rows_are_put_together(titles: list[list[str]]) -> None:
    header = find_header([*titles, *GROUPS, DATA], {})
    assert header.row == len(titles) + 2
    assert resolve(header, {}) == {
        "serial": 0,
        "agency": 1,
        "unit": 2,
        "user_code": 3,
        "person_name": 4,
        "occurred_at": 5,
        "item": 6,
        "action": 7,
        "district": 8,
        "section": 9,
        "number": 10,
        "case_or_document_no": 11,
    }
    assert header.cells[-1] == "備註"
    assert resolve(header, {"reason": "備註"})["reason"] == 12


@pytest.mark.parametrize(
    "data",
    [
        DATA,
        ["1", "", "地段", "建號", "", "", "", "", "", "", "", "", ""],
        [""] * 13,
        ["9", "", "", "", "", "", "", "", "", "", "地號", "文號", "事由"],
    ],
)
def test_a_row_of_data_is_no_second_row_of_headings(data: list[str]) -> None:
    single = [*HEADERS[:10], "標的", "其他", "說明"]
    header = find_header([single, data, DATA], {})
    assert (header.row, header.cells) == (1, tuple(single))


MOMENTS = [
    (["查詢日期", "查詢時間"], {"occurred_at": 0, "time_of_day": 1}),
    (["查詢時間", "查詢日期"], {"occurred_at": 1, "time_of_day": 0}),
    (["日期", "時刻"], {"occurred_at": 0, "time_of_day": 1}),
    (["作業日期", "作業時間"], {"occurred_at": 0, "time_of_day": 1}),
    (["date", "time"], {"occurred_at": 0, "time_of_day": 1}),
    (["查詢日期時間", "日期", "時間"], {"occurred_at": 0}),
    (["date", "datetime"], {"occurred_at": 1}),
    (["timestamp", "time"], {"occurred_at": 0}),
    (["查詢時間", "時刻"], {"occurred_at": 0, "time_of_day": 1}),
    (["查詢日期"], {"occurred_at": 0}),
    (["查詢時間"], {"occurred_at": 0}),
    (["時刻"], {"occurred_at": 0}),
]


@pytest.mark.parametrize(("headers", "columns"), MOMENTS)
def test_which_columns_say_the_moment(headers: list[str], columns: dict[str, int]) -> None:
    assert guess(headers) == columns
