"""What a usage record can say, and how other systems head it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.usage.importing.text import match_key


@dataclass(frozen=True)
class Field:
    """One thing a usage record can say, what people call it, and how other systems head it."""

    name: str
    label: str
    synonyms: tuple[str, ...]


FIELDS: tuple[Field, ...] = (
    Field(
        "serial",
        "序號",
        ("序號", "流水號", "項次", "編號", "紀錄編號", "紀錄序號", "serial", "no", "id"),
    ),
    Field(
        "agency", "使用機關", ("使用機關", "機關", "機關名稱", "使用機關名稱", "所屬機關", "agency")
    ),
    Field(
        "unit",
        "使用單位",
        ("使用單位", "單位", "單位名稱", "使用單位名稱", "所屬單位", "科室", "部門", "unit"),
    ),
    Field(
        "user_code",
        "使用者代號",
        (
            *(
                "使用者代號",
                "使用者代碼",
                "使用者帳號",
                "使用者編號",
                "使用者ID",
                "帳號",
                "登入帳號",
            ),
            *("查詢人帳號", "查詢者帳號", "user_code", "user_id", "account"),
        ),
    ),
    Field(
        "person_name",
        "姓名",
        (
            *("姓名", "使用者姓名", "使用者名稱", "使用者", "使用人", "使用人姓名", "查詢人"),
            *("查詢人姓名", "查詢者", "人員姓名", "person_name", "name"),
        ),
    ),
    Field(
        "occurred_at",
        "查詢時間",
        (
            *(
                "查詢時間",
                "使用時間",
                "查詢日期時間",
                "使用日期時間",
                "日期時間",
                "操作時間",
                "作業時間",
            ),
            *(
                "存取時間",
                "查詢日期",
                "使用日期",
                "操作日期",
                "作業日期",
                "存取日期",
                "時間",
                "日期",
                "date",
                "occurred_at",
                "datetime",
                "timestamp",
            ),
        ),
    ),
    Field(
        "item",
        "查詢項目",
        ("查詢項目", "授權項目", "使用項目", "項目", "資料項目", "查詢類別", "資料類別", "item"),
    ),
    Field(
        "action",
        "作業別",
        (
            "作業別",
            "作業類別",
            "作業類型",
            "操作類別",
            "使用方式",
            "動作",
            "作業",
            "操作",
            "action",
        ),
    ),
    Field("district", "行政區", ("行政區", "行政區名稱", "鄉鎮市區", "區別", "district")),
    Field("section", "地段", ("地段", "地段名稱", "段別", "段小段", "段名", "section")),
    Field(
        "number",
        "地建號",
        ("地號/建號", "地建號", "地號或建號", "地號", "建號", "地號或建號號碼", "number"),
    ),
    Field(
        "case_or_document_no",
        "案件號或公文號",
        (
            *("案件號/公文號", "公文號/案件號", "案號/文號", "文號/案號", "案件號或公文號"),
            *("案號或文號", "案件或公文號", "案件(公文)號", "case_or_document_no"),
        ),
    ),
    Field(
        "case_no",
        "案件號",
        ("案件號", "案號", "案件編號", "案件號碼", "收件號", "收件字號", "case_no"),
    ),
    Field(
        "document_no",
        "公文號",
        (
            "公文號",
            "文號",
            "公文文號",
            "公文字號",
            "發文字號",
            "收文字號",
            "來文字號",
            "document_no",
        ),
    ),
    Field(
        "reason",
        "查詢原因",
        (
            *("查詢原因", "使用原因", "原因", "查詢事由", "事由", "查詢目的", "使用目的", "目的"),
            *("查詢用途", "用途", "案由", "reason"),
        ),
    ),
    Field(
        "address",
        "來源位址",
        ("來源IP", "IP", "IP位址", "IP地址", "來源位址", "使用者IP", "登入IP", "address"),
    ),
    Field(
        "time_of_day",
        "時刻（日期另在一欄）",
        ("時刻", "查詢時刻", "使用時刻", "時分秒", "查詢時分秒", "time_of_day", "time"),
    ),
)
FIELD_NAMES = tuple(field.name for field in FIELDS)
FIELD_LABELS = {field.name: field.label for field in FIELDS}
_FIELD_OF = {match_key(word): field.name for field in FIELDS for word in field.synonyms}
PLACES = ("agency", "unit")
"""One of these is required."""
REQUIRED = (*PLACES, "user_code", "occurred_at", "item")
_DATES = frozenset(map(match_key, ("查詢日期", "使用日期", "日期")))
_OTHER_DATES = frozenset(map(match_key, ("操作日期", "作業日期", "存取日期", "date")))
_TIMES = frozenset(
    map(match_key, ("查詢時間", "使用時間", "操作時間", "作業時間", "存取時間", "時間"))
)
_OF_THE_FILE = re.compile("匯出|輸出|製表|產製|產表|報表|頁次|頁碼|export")


def field_of(heading: str) -> str | None:
    """Return the field that a heading names, or None."""
    return _FIELD_OF.get(match_key(heading))


def says_of_the_file(heading: str) -> bool:
    """Whether a heading is about the export (匯出時間, 製表人, 頁次): it differs each time one is made."""
    return bool(_OF_THE_FILE.match(match_key(heading)))


def guess(cells: Sequence[str]) -> dict[str, int]:
    """Return the column of every field that a header's synonyms name; the first column wins.

    A moment in two columns, 查詢日期 and 查詢時間, is its date and its time of day.
    """
    found: dict[str, int] = {}
    dates: list[int] = []
    others: list[int] = []
    times: list[int] = []
    for index, cell in enumerate(cells):
        name = field_of(cell)
        if name == "occurred_at":
            key = match_key(cell)
            if key in _OTHER_DATES:
                others.append(index)
                continue  # a heading that says the moment better may follow
            (dates if key in _DATES else times if key in _TIMES else []).append(index)
        if name:
            found.setdefault(name, index)
    _moment(found, [*dates, *others], times)
    return found


def _moment(found: dict[str, int], dates: list[int], times: list[int]) -> None:
    """Settle which columns say the moment."""
    chosen = found.get("occurred_at")
    if dates and (chosen is None or chosen in dates or chosen in times):
        found["occurred_at"] = dates[0]
        if times:
            found.setdefault("time_of_day", times[0])
    elif chosen is None and "time_of_day" in found:
        found["occurred_at"] = found.pop("time_of_day")
    elif chosen is not None and chosen not in times:
        found.pop("time_of_day", None)  # the heading of the moment says both
