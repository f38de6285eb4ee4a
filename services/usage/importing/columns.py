"""Which column of a file holds what: fields, their synonyms, the header row, mapping by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.errors import Invalid
from services.usage.importing.text import match_key, short
from services.usage.importing.workbook import HEAD_ROWS

ColumnMapping = Mapping[str, int | str | None]
"""By hand: a field's column (counted from 0) or its header; None leaves the field out."""


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
                "時間",
                "日期",
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
)
FIELD_NAMES = tuple(field.name for field in FIELDS)
FIELD_LABELS = {field.name: field.label for field in FIELDS}
_FIELD_OF = {match_key(word): field.name for field in FIELDS for word in field.synonyms}
PLACES = ("agency", "unit")
"""One of these is required."""
REQUIRED = (*PLACES, "user_code", "occurred_at", "item")
_FEWEST_MATCHES = 2
_FEWEST_CELLS = 4


@dataclass(frozen=True)
class Header:
    """The header row (1 is the file's first) and what stands in it."""

    row: int
    cells: tuple[str, ...]


def guess(cells: Sequence[str]) -> dict[str, int]:
    """Return the column of every field that a header's synonyms name; the first column wins."""
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        if name := _FIELD_OF.get(match_key(cell)):
            found.setdefault(name, index)
    return found


def is_header(head: list[list[str]]) -> bool:
    """Whether one of these rows has headers that we know."""
    return any(len(guess(row)) >= _FEWEST_MATCHES for row in head)


def find_header(head: Sequence[Sequence[str]], mapping: ColumnMapping) -> Header:
    """Return the header row among the first rows of a file, or raise Invalid.

    It is the row with most known headers (those named by hand included); where none is known,
    the first row that is no title.
    """
    by_hand = {match_key(value) for value in mapping.values() if isinstance(value, str)}
    scores = [
        len(guess(row)) + len(by_hand & {match_key(cell) for cell in row if cell}) for row in head
    ]
    best = max(scores, default=0)
    if best >= _FEWEST_MATCHES:
        index = scores.index(best)
    else:
        wide = [i for i, row in enumerate(head) if sum(map(bool, row)) >= _FEWEST_CELLS]
        if not wide:
            raise Invalid(
                f"前 {HEAD_ROWS} 列找不到標題列；檔案要有一列欄位名稱，例如：使用機關、使用單位、"
                "使用者代號、查詢時間、查詢項目。"
            )
        index = wide[0]
    return Header(index + 1, tuple(cell.strip() for cell in head[index]))


def resolve(header: Header, mapping: ColumnMapping) -> dict[str, int]:
    """Return the column of every field: by synonyms, then as mapped by hand.

    Raises Invalid when a required field has no column, naming it and the headers that were found.
    """
    columns = guess(header.cells)
    keys = [match_key(cell) for cell in header.cells]
    for name, wanted in mapping.items():
        if name not in FIELD_NAMES:
            raise Invalid(
                f"沒有「{short(name)}」這個欄位；可對應的欄位是：{'、'.join(FIELD_NAMES)}。"
            )
        if wanted is None:
            columns.pop(name, None)
        elif isinstance(wanted, str) and match_key(wanted) in keys:
            columns[name] = keys.index(match_key(wanted))
        elif isinstance(wanted, int) and 0 <= wanted < len(keys):
            columns[name] = wanted
        else:
            raise Invalid(
                f"「{FIELD_LABELS[name]}」對應的欄位「{short(str(wanted))}」不在檔案裡；"
                f"檔案的標題是：{_shown(header)}。"
            )
    if missing := _missing(columns):
        raise Invalid(
            f"缺少必要欄位：{'、'.join(missing)}；檔案的標題（第 {header.row} 列）是："
            f"{_shown(header)}。請改正標題，或手動對應欄位。"
        )
    return columns


def _missing(columns: Mapping[str, int]) -> list[str]:
    missing = [] if set(PLACES) & set(columns) else ["使用機關或使用單位"]
    needed = [name for name in REQUIRED if name not in PLACES]
    return missing + [FIELD_LABELS[name] for name in needed if name not in columns]


def _shown(header: Header) -> str:
    cells = [short(cell) for cell in header.cells if cell]
    return "、".join(cells[:20]) + ("…" if len(cells) > 20 else "") or "（空白）"
