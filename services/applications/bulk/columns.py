"""The columns of a list of people: their headers, the row that holds them, and the template."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.documents.tables import csv_file
from services.errors import Invalid
from services.regulation.items import Item
from services.usage.importing.text import clean, match_key
from services.usage.importing.workbook import HEAD_ROWS

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("姓名",),
    "staff_no": ("員工編號", "職員編號"),
    "username": ("帳號", "帳號名稱", "希望的帳號名稱"),
    "title": ("職稱",),
    "email": ("公務電子郵件", "電子郵件", "公務信箱"),
    "phone": ("電話", "聯絡電話"),
    "unit": ("單位", "單位代碼", "使用單位"),
    "items": ("授權項目",),
    "reason": ("原因", "申請原因"),
}
"""Fields with their header and the other headers that mean the same."""
HEADERS = tuple(names[0] for names in COLUMNS.values())
EXAMPLE = "【範例】"
"""How the name in the template's example row begins: such a row is never sent in."""
_FIELD_OF = {match_key(name): field for field, names in COLUMNS.items() for name in names}
_FEWEST = 3
_NOT_NEEDED = {"title"}


@dataclass(frozen=True)
class Head:
    """The row with the headers (1 is the file's first), and where each field stands."""

    row: int
    places: dict[str, int]

    def cell(self, cells: Sequence[str], field: str) -> str:
        """Return a field of a row; a cell that is not there is empty."""
        place = self.places.get(field, len(cells))
        return cells[place] if place < len(cells) else ""


def is_head(rows: list[list[str]]) -> bool:
    """Whether one of these rows has headers of a list of people."""
    return any(len(_known(row)) >= _FEWEST for row in rows)


def find_head(rows: Sequence[Sequence[str]]) -> Head:
    """Return the header row among the first rows of a file; raise Invalid where one is wanting."""
    found = [_known(row) for row in rows]
    best = max(found, key=lambda row: len(set(row)), default=[])
    fields = [field for field, _ in best]
    missing = [
        names[0]
        for field, names in COLUMNS.items()
        if field not in fields and field not in _NOT_NEEDED
    ]
    if len(best) < _FEWEST:
        raise Invalid(
            f"前 {HEAD_ROWS} 列找不到標題列；請使用範本，標題列的欄位是：{'、'.join(HEADERS)}。"
        )
    if missing:
        raise Invalid(f"標題列缺少欄位：{'、'.join(missing)}；請依範本補上後重新上傳。")
    for field in COLUMNS:
        if fields.count(field) > 1:
            raise Invalid(f"標題列有兩個「{COLUMNS[field][0]}」欄；請只留一個。")
    return Head(found.index(best) + 1, dict(best))


def template() -> bytes:
    """Return the empty list as CSV: the headers, and one row that is marked as an example."""
    items = "、".join(item.label for item in (Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP))
    example = (
        *(f"{EXAMPLE}王小明", "A12345", "wang.xm", "科員", "wang.xm@gov.taipei", "02-27208889"),
        *("填單位名稱或代碼", items, "辦理地價稅稽徵業務"),
    )
    return csv_file([HEADERS, example])


def _known(row: Sequence[str]) -> list[tuple[str, int]]:
    keys = ((match_key(clean(cell)), place) for place, cell in enumerate(row))
    return [(_FIELD_OF[key], place) for key, place in keys if key in _FIELD_OF]
