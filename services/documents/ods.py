"""Tables as ODS: every text neutral to spreadsheets, numbers as numbers, and a closing count."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from unicodedata import east_asian_width

from services.documents.neutral import neutral
from services.documents.odf_files import OdfFile, Xml, xml
from services.documents.paper import printable
from services.rocdate import roc_date, roc_time

_NAME_LENGTH = 31
_NARROWEST, _WIDEST, _LETTER, _LOOKED_AT = 8, 34, 2.1, 200
"""Of a column: letters (a Han character counts for two), millimetres a letter, and the rows that are
looked at to find its width."""
_PLAIN: Mapping[str, str] = {}
_HEAD = {"table:style-name": "Head"}
_NOT_IN_NAMES = re.compile(r"[\[\]*?:/\\']")


@dataclass(frozen=True)
class Sheet:
    """One table of the file."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    total: int
    """How many rows there are in all, of which these are some or every one."""


def ods_bytes(sheets: Iterable[Sheet], title: str, moment: datetime) -> bytes:
    """Return the sheets as ODS, the same bytes for the same sheets and ``moment``.

    Days and moments are written as officials do (ROC years, Taipei time).
    """
    file = OdfFile("spreadsheet")
    _looks(file)
    taken: set[str] = set()
    for sheet in sheets:
        file.body.append(_table(sheet, _sheet_name(sheet.name, taken)))
    return file.written(printable(title), moment)


def _looks(file: OdfFile) -> None:
    """Have every sheet printed on lying A4, and make the styles of columns, one for every width."""
    page = {
        "fo:page-width": "297mm",
        "fo:page-height": "210mm",
        "style:print-orientation": "landscape",
        "fo:margin": "12mm",
    }
    file.page_looks.append(
        xml("style:page-layout", {"style:name": "A4"}, xml("style:page-layout-properties", page))
    )
    file.pages.append(
        xml("style:master-page", {"style:name": "Standard", "style:page-layout-name": "A4"})
    )
    shade = {"fo:background-color": "#f0f0f0"}
    bold = {"fo:font-weight": "bold", "style:font-weight-asian": "bold"}
    file.looks += [
        xml(
            "style:style",
            {"style:name": "Head", "style:family": "table-cell"},
            xml("style:table-cell-properties", shade),
            xml("style:text-properties", bold),
        ),
        xml(
            "style:style",
            {
                "style:name": "Sheet",
                "style:family": "table",
                "style:master-page-name": "Standard",
            },
            xml("style:table-properties", {"table:display": "true"}),
        ),
    ]
    for letters in range(_NARROWEST, _WIDEST + 1):
        width = {"style:column-width": f"{letters * _LETTER:.1f}mm"}
        file.looks.append(
            xml(
                "style:style",
                {"style:name": f"Column{letters}", "style:family": "table-column"},
                xml("style:table-column-properties", width),
            )
        )


def _letters(values: Iterable[Any]) -> int:
    """Return for how many letters a column is made that holds ``values``, its heading among them."""
    widths = (
        sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)
        for value in values
        for line in ("" if value is None else _words(value)).split("\n")
    )
    return min(_WIDEST, max(_NARROWEST, max(widths) + 1))


def _table(sheet: Sheet, name: str) -> Xml:
    looked_at = (sheet.columns, *sheet.rows[:_LOOKED_AT])
    widths = (_letters(row[number] for row in looked_at) for number in range(len(sheet.columns)))
    columns = (
        xml("table:table-column", {"table:style-name": f"Column{letters}"}) for letters in widths
    )
    heading = xml("table:table-header-rows", {}, _row(sheet.columns, _HEAD))
    last = f"本表 {len(sheet.rows):,} 筆，符合條件者共 {sheet.total:,} 筆"
    return xml(
        "table:table",
        {"table:name": name, "table:style-name": "Sheet"},
        *(*columns, heading, *map(_row, sheet.rows), _row([last])),
    )


def _row(cells: Iterable[Any], look: Mapping[str, str] = _PLAIN) -> Xml:
    return xml("table:table-row", {}, *(_cell(value, look) for value in cells))


def _cell(value: Any, look: Mapping[str, str]) -> Xml:
    if value is None:
        return xml("table:table-cell", look)
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = {"office:value-type": "float", "office:value": str(value), **look}
        return xml("table:table-cell", number, xml("text:p", {}, str(value)))
    lines = neutral(printable(_words(value))).split("\n")
    text = {"office:value-type": "string", **look}
    return xml("table:table-cell", text, *(xml("text:p", {}, line) for line in lines))


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return roc_time(value)
    return roc_date(value) if isinstance(value, date) else str(value)


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name that every spreadsheet program takes and no other sheet of the file has."""
    name = _NOT_IN_NAMES.sub("", printable(wanted).replace("\n", " ")).strip()[:_NAME_LENGTH]
    name = name or "工作表"
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        ending = f" ({number})"
        free = name[: _NAME_LENGTH - len(ending)] + ending
    taken.add(free.casefold())
    return free
