"""Which sheets of a file are read, with which columns, and why the others are left out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice

from services.errors import Invalid
from services.usage.importing.columns import (
    ColumnMapping,
    Header,
    find_header,
    known_headings,
    resolve,
)
from services.usage.importing.fields import guess
from services.usage.importing.readers import ALL_HIDDEN, Book, FileData, Sheet, open_book
from services.usage.importing.workbook import HEAD_ROWS

HIDDEN = "隱藏的工作表"
EMPTY = "空白"
NO_HEADINGS = f"前 {HEAD_ROWS} 列沒有認得的標題"


@dataclass(frozen=True)
class SheetInfo:
    """A sheet of a file as people are told of it: how many rows were read, or why none."""

    name: str
    read: int = 0
    left_out: str = ""


@dataclass(frozen=True)
class OpenSheet:
    """A sheet with its header, standing before its first row of data."""

    name: str
    header: Header
    rows: Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class OpenFile:
    """A file of which at least one sheet is read; the first one's headings are those mapped by hand."""

    book: Book
    header: Header
    by_hand: ColumnMapping
    candidates: tuple[Sheet, ...]
    left_out: dict[str, str]
    """Why a sheet is not read, by its name."""

    def sheets(self) -> Iterator[OpenSheet]:
        """Give the sheets that are read, one after the other; each is to be read before the next."""
        for sheet in self.candidates:
            rows = sheet.rows()
            head = list(islice(rows, HEAD_ROWS))
            header = find_header(head, self.by_hand)
            yield OpenSheet(
                sheet.name, header, enumerate(chain(head[header.row :], rows), header.row + 1)
            )

    def columns(self, header: Header) -> dict[str, int]:
        """Return the column of every field on a sheet with this header, or raise Invalid.

        What was mapped by hand is meant by its heading: on another sheet it may stand in another column.
        """
        if header.keys == self.header.keys:
            return resolve(header, self.by_hand)
        return resolve(header, _elsewhere(self.by_hand, self.header, header))


@contextmanager
def open_file(
    data: FileData, mapping: ColumnMapping, delimiter: str | None = None
) -> Iterator[OpenFile]:
    """Open a file and find its headers, or raise Invalid with a sentence.

    Every visible sheet with headings that are known, or those of the first such sheet, is read. Where
    none has any, the first visible sheet with rows is, and its columns are mapped by hand.
    """
    with open_book(data, known_headings, delimiter) as book:
        left_out = {
            sheet.name: EMPTY if sheet.visible else HIDDEN
            for sheet in book.sheets
            if sheet.empty or not sheet.visible
        }
        seen = [sheet for sheet in book.sheets if sheet.name not in left_out]
        if not seen:
            raise Invalid(ALL_HIDDEN)
        first = next((one for one in seen if _is_known(one, mapping)), seen[0])
        header = find_header(first.head, mapping)
        file = OpenFile(book, header, mapping, tuple(_read_of(seen, first, header)), left_out)
        for sheet in seen:
            if sheet not in file.candidates:
                left_out[sheet.name] = NO_HEADINGS
        yield file


def _is_known(sheet: Sheet, mapping: ColumnMapping) -> bool:
    try:
        header = find_header(sheet.head, mapping)
    except Invalid:
        return False
    by_hand = {name for name, wanted in mapping.items() if isinstance(wanted, str)}
    return len(guess(header.cells)) >= 2 or bool(by_hand and _resolves(header, mapping))


def _resolves(header: Header, mapping: ColumnMapping) -> bool:
    try:
        resolve(header, mapping)
    except Invalid:
        return False
    return True


def _read_of(seen: list[Sheet], first: Sheet, header: Header) -> Iterator[Sheet]:
    for sheet in seen:
        if sheet is first or known_headings(sheet.head):
            yield sheet
        else:
            try:
                if find_header(sheet.head, {}).keys == header.keys:
                    yield sheet
            except Invalid:
                continue


def _elsewhere(
    mapping: ColumnMapping, mapped: Header, other: Header
) -> Mapping[str, int | str | None]:
    """Return a mapping made for the columns of one header as it is meant for another one."""
    found: dict[str, int | str | None] = {}
    for name, wanted in mapping.items():
        if isinstance(wanted, int) and 0 <= wanted < len(mapped.cells):
            wanted = mapped.cells[wanted]
        if wanted is None or (
            isinstance(wanted, str) and Header(0, (wanted,)).keys[0] in other.keys
        ):
            found[name] = wanted
    return found
