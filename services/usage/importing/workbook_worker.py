"""Reads one workbook in a process of its own, which may die of it: started by `workbook.py`.

A file of one kilobyte can claim a sheet of 17 thousand million cells, and the library that reads it
would take the whole server along. Standard library and the reader only; talks in lines of JSON:

in:  the file's length in 8 bytes, the file; then the numbers of sheets that are wanted, one a line
out: a line a sheet (number, name, whether it is visible, height, first rows), ``{"end": true}``; then,
     for each number that came in, the sheet's rows, several a line, and ``null``
"""

import io
import itertools
import json
import re
import resource
import sys
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

CELLS_A_LINE = 20_000
KEPT_CELLS = 2_000_000
"""Sheets up to this many cells are kept between their head and their rows, and so parsed once."""
_CLOCK = re.compile(r"\d\s*[:時點]\s*\d")


def main(memory_bytes: int, cpu_seconds: int, head_rows: int) -> None:
    """Serve one workbook from standard input to standard output."""
    for limit, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_seconds)):
        with suppress(ValueError, OSError):  # not every system knows every limit
            resource.setrlimit(limit, (most, most))
    length = int.from_bytes(sys.stdin.buffer.read(8), "big")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read(length)))
        kept = _heads(book, head_rows)
        while wanted := sys.stdin.buffer.readline().strip():
            index = int(wanted)
            _rows(kept.pop(index) if index in kept else book.get_sheet_by_index(index))
    except (CalamineError, ValueError, OSError):
        _say({"broken": True})


def _heads(book: CalamineWorkbook, head_rows: int) -> dict[int, CalamineSheet]:
    """Tell of every sheet and return those small enough, all together, to be kept."""
    kept: dict[int, CalamineSheet] = {}
    for index, about in enumerate(book.sheets_metadata):
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue  # charts and the like hold no rows
        if sum(sheet.height * sheet.width for sheet in kept.values()) > KEPT_CELLS:
            kept.clear()
        told: dict[str, Any] = {"index": index, "name": about.name, "height": 0, "head": []}
        told["visible"] = about.visible is SheetVisibleEnum.Visible
        if told["visible"]:  # a hidden one is not even looked into
            sheet = kept[index] = book.get_sheet_by_index(index)
            if sheet.height:
                cells = Cells(sheet)
                head = itertools.islice(sheet.iter_rows(), head_rows)
                told |= {
                    "height": sheet.total_height + 1,
                    "head": [cells.texts(row) for row in head],
                }
                del cells, head
            del sheet
        _say(told)
    _say({"end": True})
    return kept


def _rows(sheet: CalamineSheet) -> None:
    if sheet.height:
        cells = Cells(sheet)
        rows = (cells.texts(row) for row in sheet.iter_rows())
        rows_a_line = max(CELLS_A_LINE // max(sheet.width, 1), 1)
        while chunk := list(itertools.islice(rows, rows_a_line)):
            _say(chunk)
    _say(None)


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Cells:
    """The texts of one sheet's cells."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self._sheet = sheet
        self._timed: dict[int, bool] = {}

    def texts(self, row: list[Any]) -> list[str]:
        """Return a row's cells as texts."""
        return [
            value if type(value) is str else self._text(column, value)
            for column, value in enumerate(row)
        ]

    def _text(self, column: int, value: Any) -> str:
        if type(value) is date and self._has_times(column):
            # The reader gives a moment at exactly midnight as a date.
            return f"{value.isoformat()} 00:00:00"
        return as_text(value)

    def _has_times(self, column: int) -> bool:
        """Whether other cells of the column hold times; looked up once, and only when a date comes."""
        if column not in self._timed:
            self._timed[column] = any(
                _is_timed(row[column]) for row in self._sheet.iter_rows() if column < len(row)
            )
        return self._timed[column]


def _is_timed(value: Any) -> bool:
    return isinstance(value, datetime) or (isinstance(value, str) and bool(_CLOCK.search(value)))


def as_text(value: Any) -> str:
    """Return a workbook's cell as a person would have typed it into a CSV file."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        # A spreadsheet keeps a moment as a fraction of a day; the reader gives it to the millisecond,
        # so whole seconds come whole. What is left of a second stays, and is cut where it is read.
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
