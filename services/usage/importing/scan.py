"""One pass over a file: headers found, every row judged, in chunks, with the counts as they grow."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from services.errors import Invalid
from services.usage.importing.cells import GoodRow, RejectedRow
from services.usage.importing.columns import ColumnMapping
from services.usage.importing.damage import unprotected
from services.usage.importing.fields import guess, says_of_the_file
from services.usage.importing.keys import alike_key
from services.usage.importing.lookups import Lookups
from services.usage.importing.packed import Packed, Spool
from services.usage.importing.readers import FileData
from services.usage.importing.rows import RowReader
from services.usage.importing.sheets import OpenFile, OpenSheet, SheetInfo, open_file
from services.usage.importing.text import clean, match_key, short

Progress = Callable[[float, str], None]
"""Told how much is done (0 to 1) and a sentence; never called inside a transaction."""

CHUNK = 5_000


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, where a person says so."""

    delimiter: str | None = None
    """What separates the cells of a CSV file; None lets it be found."""
    alike_are_one: bool = False
    """Whether rows alike in everything are one record, and not each its own."""
    unsaid: frozenset[str] = frozenset()
    """Headings of unmapped columns that say nothing of the record (when the file was made, say)."""
    unsaid_as_found: bool = True
    """Whether columns whose headings say that they are about the file are set aside as well."""


AS_FOUND = Reading()


@dataclass
class Unmapped:
    """A column without a field that holds data."""

    heading: str
    letter: str
    rows: int = 0
    example: str = ""


@dataclass
class Tally:
    """What a pass has met so far."""

    read: int = 0
    alike: int = 0
    """Rows without a serial number that are alike in everything to one before them in their sheet."""
    rejected: Packed[RejectedRow] = field(default_factory=Packed)
    unknown_units: Counter[tuple[str, str]] = field(default_factory=Counter)
    unmapped: dict[tuple[str, str], Unmapped] = field(default_factory=dict)
    """By key of the heading, or the letter where there is none."""
    sheets: list[SheetInfo] = field(default_factory=list)
    headings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The headings of every sheet read."""
    keys: set[bytes] = field(default_factory=set)
    """The key of every row that can be stored."""


@dataclass
class _Pass:
    """The pass over one sheet; ``keys`` are those of the sheets before it."""

    tally: Tally
    merging: bool
    here: set[bytes] = field(default_factory=set)
    doubles: Counter[bytes] = field(default_factory=Counter)

    def new(self, row: GoodRow) -> GoodRow | None:
        """Return the row with the key of its own, or None when it is the double of another.

        What a sheet says twice without a serial number happened twice; what two sheets say, as what two
        files say, happened once.
        """
        key = bytes.fromhex(row.source_key)
        if key in self.here and not row.numbered:
            self.tally.alike += 1
            self.doubles[key] += 1
            if self.merging:
                return None
            ordinal = self.doubles[key] + 1
            row = row._replace(
                source_key=alike_key(row.source_key, ordinal),
                other_keys=tuple(alike_key(other, ordinal) for other in row.other_keys),
                alike=True,
            )
            key = bytes.fromhex(row.source_key)
        if key in self.here or key in self.tally.keys:
            self.here.add(key)
            return None
        self.here.add(key)
        return row


def judge_file(
    data: FileData,
    mapping: ColumnMapping,
    reading: Reading,
    lookups: Lookups,
    now: datetime,
    progress: Progress,
) -> tuple[OpenFile, Tally, Spool[GoodRow]]:
    """Judge every row of a file; return what was met and the rows that can be stored, in chunks.

    The file is closed again; of it only what it is and its header are of use.
    """
    tally, spool = Tally(), Spool[GoodRow]()
    with open_file(data, mapping, reading.delimiter) as file:
        for chunk in good_chunks(file, reading, lookups, now, tally, progress):
            spool.add(chunk)
    return file, tally, spool


def good_chunks(
    file: OpenFile,
    reading: Reading,
    lookups: Lookups,
    now: datetime,
    tally: Tally,
    progress: Progress,
) -> Iterator[list[GoodRow]]:
    """Yield the rows that can be stored, each once, in chunks; ``tally`` counts what was met."""
    file.columns(file.header)  # what cannot be mapped at all is said before anything is read
    chunk: list[GoodRow] = []
    for sheet in file.sheets():
        before = tally.read
        try:
            columns = file.columns(sheet.header)
        except Invalid as why:
            tally.sheets.append(SheetInfo(sheet.name, left_out=str(why)))
            continue
        tally.headings[sheet.name] = sheet.header.cells
        reader = _reader(file, sheet, columns, reading, lookups, now)
        one = _Pass(tally, reading.alike_are_one)
        for row in _judged(sheet, reader, set(columns.values()), tally):
            if row and (new := one.new(row)):
                chunk.append(new)
            if tally.read % CHUNK == 0:
                progress(file.book.done(), f"已檢查 {tally.read:,} 列")
                yield chunk
                chunk = []
        tally.keys = tally.keys | one.here if tally.keys else one.here
        tally.sheets.append(SheetInfo(sheet.name, tally.read - before))
    tally.sheets += [SheetInfo(name, left_out=why) for name, why in file.left_out.items()]
    order = [sheet.name for sheet in file.book.sheets]
    tally.sheets.sort(key=lambda sheet: order.index(sheet.name))
    if not tally.read:
        raise Invalid(f"標題列（第 {file.header.row} 列）之下沒有資料；請確認匯出的檔案。")
    yield chunk


def _reader(
    file: OpenFile,
    sheet: OpenSheet,
    columns: dict[str, int],
    reading: Reading,
    lookups: Lookups,
    now: datetime,
) -> RowReader:
    unsaid = {match_key(heading) for heading in reading.unsaid}

    def by(columns: dict[str, int], by_headings: RowReader | None = None) -> RowReader:
        return RowReader(
            columns,
            lookups,
            now,
            sheet.header.cells,
            unsaid=frozenset(
                index
                for index, heading in enumerate(sheet.header.cells)
                if match_key(heading) in unsaid
                or (reading.unsaid_as_found and says_of_the_file(heading))
            ),
            workbook=file.book.delimiter is None,
            sheet=sheet.name,
            by_headings=by_headings,
        )

    plain = guess(sheet.header.cells)
    return by(columns, by(plain) if plain and plain != columns else None)


def _judged(
    sheet: OpenSheet, reader: RowReader, mapped: set[int], tally: Tally
) -> Iterator[GoodRow | None]:
    """Yield every row of a sheet that is not blank, or None for one that is rejected."""
    others = [i for i in range(len(sheet.header.cells)) if i not in mapped]
    for number, cells in sheet.rows:
        if not any(cells):
            continue
        tally.read += 1
        if others or len(cells) > len(sheet.header.cells):
            _count_unmapped(sheet, cells, others, tally)
        row = reader.read(number, cells)
        if isinstance(row, RejectedRow):
            tally.rejected.append(row)
            if row.unknown_unit:
                tally.unknown_units[row.unknown_unit] += 1
            yield None
        else:
            yield row


def _count_unmapped(sheet: OpenSheet, cells: list[str], others: list[int], tally: Tally) -> None:
    names = sheet.header.cells
    for index in (*others, *range(len(names), len(cells))):
        text = clean(unprotected(cells[index])) if index < len(cells) else ""
        if text:
            heading = names[index] if index < len(names) else ""
            place = (match_key(heading), "" if heading else letter(index))
            found = tally.unmapped.setdefault(place, Unmapped(heading, letter(index)))
            found.rows += 1
            found.example = found.example or short(text)


def letter(index: int) -> str:
    """Return a spreadsheet's letters of a column (from 0): A, B, … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
