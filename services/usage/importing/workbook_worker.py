"""Reads one workbook in a process of its own, which may die of it: started by `workbook.py`.

A file of one kilobyte can claim a sheet of 17 thousand million cells, and the library that reads it
would take the whole server along. Standard library and the reader only; talks in lines of JSON:

in:  the file's length in 8 bytes, the file; then, for each sheet, ``next`` or ``take``
out: a line a sheet (number, height, first rows), at the end ``{"end": true}`` and the number that is
     wanted comes in; then rows, several a line; ``null`` when all of them are out
"""

import io
import itertools
import json
import resource
import sys
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

CELLS_A_LINE = 20_000


def main(memory_bytes: int, cpu_seconds: int, head_rows: int) -> None:
    """Serve one workbook from standard input to standard output."""
    for limit, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_seconds)):
        with suppress(ValueError, OSError):  # not every system knows every limit
            resource.setrlimit(limit, (most, most))
    length = int.from_bytes(sys.stdin.buffer.read(8), "big")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read(length)))
        sheet = _chosen(book, head_rows)
        if sheet is not None:
            rows = (_texts(row) for row in sheet.iter_rows())
            rows_a_line = max(CELLS_A_LINE // max(sheet.width, 1), 1)
            while chunk := list(itertools.islice(rows, rows_a_line)):
                _say(chunk)
        _say(None)
    except (CalamineError, ValueError, OSError):
        _say({"broken": True})


def _chosen(book: CalamineWorkbook, head_rows: int) -> CalamineSheet | None:
    for index in range(len(book.sheet_names)):
        sheet = book.get_sheet_by_index(index)
        if not sheet.height:
            continue
        head = [_texts(row) for row in itertools.islice(sheet.iter_rows(), head_rows)]
        _say({"index": index, "height": sheet.total_height + 1, "head": head})
        if sys.stdin.buffer.readline().strip() == b"take":
            return sheet
    _say({"end": True})
    wanted = sys.stdin.buffer.readline().strip()
    return book.get_sheet_by_index(int(wanted)) if wanted else None


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _texts(row: list[Any]) -> list[str]:
    return [as_text(value) for value in row]


def as_text(value: Any) -> str:
    """Return a workbook's cell as a person would have typed it into a CSV file."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        # Spreadsheets keep a moment as a fraction of a day: the seconds come a little off.
        return f"{value + timedelta(microseconds=500_000):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
