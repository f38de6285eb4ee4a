"""A file of personnel changes as it is read: its head, its rows, and what is wrong with each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.errors import Invalid
from services.regulation.leaving import Leaving
from services.rocdate import parse_date
from services.usage.importing.readers import open_table
from services.usage.importing.text import clean, fold, match_key, short
from services.usage.importing.workbook import HEAD_ROWS

MOST_ROWS = 5_000
MOST_BYTES = 5_000_000
STAFF_NO, KIND, DAY, NOTE = "員工編號", "類別", "生效日期", "備註"
NEEDED = (STAFF_NO, KIND, DAY)
_KINDS = {match_key(kind.label): kind for kind in Leaving}
_MIDNIGHT = " 00:00:00"
"""What a spreadsheet adds to a day."""


@dataclass(frozen=True)
class FileRow:
    """One row of the file, read; ``problem`` says why it cannot be meant, else kind and day are there."""

    number: int
    staff_no: str
    kind: Leaving | None
    effective_on: date | None
    kind_text: str
    day_text: str
    note: str
    problem: str = ""


def read_rows(data: bytes) -> list[FileRow]:
    """Return the rows below the head; raise Invalid when it is no such file, or too large."""
    if len(data) > MOST_BYTES:
        raise Invalid(f"檔案超過 {MOST_BYTES // 1_000_000} MB；請分成幾個檔案匯入。")
    with open_table(data, lambda head: any(_columns(row) for row in head)) as table:
        return list(_below_head(enumerate(table.rows, 1)))


def _below_head(rows: Iterator[tuple[int, list[str]]]) -> Iterator[FileRow]:
    columns: dict[str, int] | None = None
    taken = 0
    for number, cells in rows:
        if columns is None:
            columns = _columns(cells)
            if columns is None and number >= HEAD_ROWS:
                break
        elif any(clean(cell) for cell in cells):
            taken += 1
            if taken > MOST_ROWS:
                raise Invalid(f"檔案超過 {MOST_ROWS:,} 列；請分成幾個檔案匯入。")
            yield _row(number, cells, columns)
    if columns is None:
        raise Invalid(
            f"找不到標題列；請在前 {HEAD_ROWS} 列內列出「{'」「'.join(NEEDED)}」三欄（可加「{NOTE}」）。"
        )


def _columns(cells: Sequence[str]) -> dict[str, int] | None:
    """Return where each column stands if this row is the head."""
    known = {match_key(name): name for name in (*NEEDED, NOTE)}
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        if name := known.get(match_key(cell)):
            found.setdefault(name, place)
    return found if set(NEEDED) <= set(found) else None


def _row(number: int, cells: Sequence[str], columns: dict[str, int]) -> FileRow:
    def cell(name: str) -> str:
        place = columns.get(name)
        return fold(cells[place]) if place is not None and place < len(cells) else ""

    staff_no, kind_text, day_text, note = (cell(name) for name in (*NEEDED, NOTE))
    kind = _KINDS.get(match_key(kind_text))
    problem, day = "", None
    try:
        day = parse_date(day_text.removesuffix(_MIDNIGHT))
    except ValueError as error:
        problem = f"{DAY}：{error}" if day_text else f"沒有填{DAY}。"
    if kind is None:
        problem = f"{KIND}「{short(kind_text)}」請改填「離職」或「異動」。"
    if not staff_no:
        problem = f"沒有填{STAFF_NO}。"
    return FileRow(number, staff_no, kind, day, kind_text, day_text, note, problem)
