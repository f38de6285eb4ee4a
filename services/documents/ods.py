"""Tables as ODS: every text neutral to spreadsheets, numbers as numbers, and a closing count."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from unicodedata import east_asian_width

from odf import style, table, text
from odf.opendocument import OpenDocumentSpreadsheet
from odf.teletype import addTextToElement

from services.documents.neutral import neutral
from services.documents.odf_files import described, file_bytes
from services.documents.paper import printable
from services.rocdate import roc_date, roc_time

_NAME_LENGTH = 31
_NARROWEST, _WIDEST, _LETTER, _LOOKED_AT = 8, 34, 2.1, 200
"""Of a column: letters (a Han character counts for two), millimetres a letter, and the rows that are
looked at to find its width."""
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
    file = OpenDocumentSpreadsheet()
    described(file, printable(title), moment)
    head = style.Style(name="Head", family="table-cell")
    head.addElement(style.TextProperties(fontweight="bold", fontweightasian="bold"))
    head.addElement(style.TableCellProperties(backgroundcolor="#f0f0f0"))
    file.automaticstyles.addElement(head)
    _looks(file)
    taken: set[str] = set()
    for sheet in sheets:
        name = _sheet_name(sheet.name, taken)
        file.spreadsheet.addElement(_table(sheet, name))
    return file_bytes(file, moment)


def _looks(file: Any) -> None:
    """Have every sheet printed on lying A4, and make the styles of columns, one for every width."""
    layout = style.PageLayout(name="A4")
    layout.addElement(
        style.PageLayoutProperties(
            pagewidth="297mm",
            pageheight="210mm",
            printorientation="landscape",
            margin="12mm",
        )
    )
    file.automaticstyles.addElement(layout)
    file.masterstyles.addElement(style.MasterPage(name="Standard", pagelayoutname=layout))
    sheet = style.Style(name="Sheet", family="table", masterpagename="Standard")
    sheet.addElement(style.TableProperties(display="true"))
    file.automaticstyles.addElement(sheet)
    for letters in range(_NARROWEST, _WIDEST + 1):
        column = style.Style(name=f"Column{letters}", family="table-column")
        column.addElement(style.TableColumnProperties(columnwidth=f"{letters * _LETTER:.1f}mm"))
        file.automaticstyles.addElement(column)


def _letters(values: Iterable[Any]) -> int:
    """Return for how many letters a column is made that holds ``values``, its heading among them."""
    widths = (
        sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)
        for value in values
        for line in ("" if value is None else _words(value)).split("\n")
    )
    return min(_WIDEST, max(_NARROWEST, max(widths) + 1))


def _table(sheet: Sheet, name: str) -> Any:
    made = table.Table(name=name, stylename="Sheet")
    looked_at = (sheet.columns, *sheet.rows[:_LOOKED_AT])
    for number in range(len(sheet.columns)):
        letters = _letters(row[number] for row in looked_at)
        made.addElement(table.TableColumn(stylename=f"Column{letters}"))
    heading = table.TableHeaderRows()
    heading.addElement(_row(sheet.columns, stylename="Head"))
    made.addElement(heading)
    for cells in sheet.rows:
        made.addElement(_row(cells))
    made.addElement(_row([f"本表 {len(sheet.rows):,} 筆，符合條件者共 {sheet.total:,} 筆"]))
    return made


def _row(cells: Iterable[Any], **look: str) -> Any:
    row = table.TableRow()
    for value in cells:
        row.addElement(_cell(value, **look))
    return row


def _cell(value: Any, **look: str) -> Any:
    if value is None:
        return table.TableCell(**look)
    if isinstance(value, int | float) and not isinstance(value, bool):
        cell = table.TableCell(valuetype="float", value=str(value), **look)
        cell.addElement(text.P(text=str(value)))
        return cell
    cell = table.TableCell(valuetype="string", **look)
    for words in neutral(printable(_words(value))).split("\n"):
        line = text.P()
        addTextToElement(line, words)
        cell.addElement(line)
    return cell


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
