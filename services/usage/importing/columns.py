"""Which column of a file holds what: the header row or rows, and the mapping by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.errors import Invalid
from services.usage.importing.fields import (
    FIELD_LABELS,
    FIELD_NAMES,
    PLACES,
    REQUIRED,
    field_of,
    guess,
)
from services.usage.importing.text import match_key, short
from services.usage.importing.workbook import HEAD_ROWS

ColumnMapping = Mapping[str, int | str | None]
"""By hand: a field's column (counted from 0) or its header; None leaves the field out."""

_FEWEST_MATCHES = 2
_FEWEST_CELLS = 4


@dataclass(frozen=True)
class Header:
    """The headings of a sheet; ``row`` (1 is the file's first) is the last that they stand in.

    Headings over two rows, merged across and downwards, are put together: ``cells`` holds what names
    the column.
    """

    row: int
    cells: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The headings as they are compared."""
        return tuple(match_key(cell) for cell in self.cells)


def known_headings(head: Sequence[Sequence[str]]) -> int:
    """Return how many fields the best header among these rows names; 0 when it is none of ours."""
    best = max((len(guess(cells)) for _, cells in _candidates(head)), default=0)
    return best if best >= _FEWEST_MATCHES else 0


def find_header(head: Sequence[Sequence[str]], mapping: ColumnMapping) -> Header:
    """Return the header among the first rows of a file, or raise Invalid.

    It is the row, or the two rows together, with most known headings (those named by hand included);
    where none is known, the first row that is no title.
    """
    by_hand = {match_key(value) for value in mapping.values() if isinstance(value, str)}
    best, found = 0, None
    for index, cells in _candidates(head):
        known = len(guess(cells)) + len(by_hand & {match_key(cell) for cell in cells if cell})
        if known > best:
            best, found = known, (index, cells)
    if found is None or best < _FEWEST_MATCHES:
        wide = [i for i, row in enumerate(head) if sum(map(bool, row)) >= _FEWEST_CELLS]
        if not wide:
            raise Invalid(
                f"前 {HEAD_ROWS} 列找不到標題列；檔案要有一列欄位名稱，例如：使用機關、使用單位、"
                "使用者代號、查詢時間、查詢項目。"
            )
        found = wide[0], head[wide[0]]
    return Header(found[0] + 1, tuple(cell.strip() for cell in found[1]))


def _candidates(head: Sequence[Sequence[str]]) -> list[tuple[int, Sequence[str]]]:
    """Return what could be the header: its last row (from 0) and its cells; single rows first."""
    single: list[tuple[int, Sequence[str]]] = list(enumerate(head))
    pairs = enumerate(pairwise(head), 1)
    return single + [
        (index, cells) for index, (top, below) in pairs if (cells := _together(top, below))
    ]


def _together(top: Sequence[str], below: Sequence[str]) -> list[str] | None:
    """Return the headings of two rows, or None when the lower one is no row of headings.

    A heading merged downwards stands in the upper row alone; one merged across stands over several
    of the lower row, which are blank in the upper one but for the first.
    """
    cells: list[str] = []
    group = ""
    for index in range(max(len(top), len(below))):
        upper = top[index].strip() if index < len(top) else ""
        lower = below[index].strip() if index < len(below) else ""
        group = upper or group
        if not lower:
            cells.append(upper)
        elif field_of(group + lower):
            cells.append(group + lower)
        elif field_of(lower) or not field_of(upper):
            cells.append(lower if field_of(lower) else group + lower)
        else:
            return None  # under a heading that says all by itself stands data
    return cells


def resolve(header: Header, mapping: ColumnMapping) -> dict[str, int]:
    """Return the column of every field: by synonyms, then as mapped by hand.

    Raises Invalid when a required field has no column, naming it and the headers that were found.
    """
    columns = guess(header.cells)
    keys = header.keys
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
