"""What separates the cells of a text file: tried on its first rows, not counted in its text."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable

DELIMITERS = {",": "逗號", "\t": "定位字元（Tab）", ";": "分號", "|": "直線"}
"""Every separator that is tried, and its name."""

_TOLD = re.compile(r'\ufeff?"?sep=([,\t;|])"?\s*[\r\n]', re.IGNORECASE)

Fits = Callable[[list[list[str]]], int]
"""How many headings that one knows stand in the first rows of a table; 0 when it is not ours."""


def guess_delimiter(beginning: str, fits: Fits, head_rows: int) -> str:
    """Return the separator with which most headings are known.

    Where none is known, or several read alike, the one that gives the most rows of one width wins: a
    separator that only stands inside cells gives rows of all widths. A first line ``sep=;`` is the
    word of the spreadsheet that wrote the file.
    """
    if told := _TOLD.match(beginning):
        return told[1]

    def worth(delimiter: str) -> tuple[int, int, int]:
        rows = first_rows(beginning, delimiter, head_rows)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, alike = widths.most_common(1)[0] if widths else (0, 0)
        return fits(rows), alike, width

    return max(DELIMITERS, key=worth)


def first_rows(beginning: str, delimiter: str, most: int) -> list[list[str]]:
    """Return the first rows of a text, as many as can be read."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(beginning, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) == most:
                break
    except csv.Error:
        pass  # what is wrong is said when the file is read
    return rows
