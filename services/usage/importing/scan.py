"""One pass over a file: header found, every row judged, in chunks, with the counts as they grow."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from services.errors import Invalid
from services.usage.importing.columns import (
    ColumnMapping,
    Header,
    find_header,
    is_header,
    resolve,
)
from services.usage.importing.lookups import Lookups
from services.usage.importing.packed import Packed
from services.usage.importing.readers import FileData, Table, open_table
from services.usage.importing.rows import GoodRow, RejectedRow, RowReader
from services.usage.importing.workbook import HEAD_ROWS

Progress = Callable[[float, str], None]
"""Told how much is done (0 to 1) and a sentence; never called inside a transaction."""

CHUNK = 5_000


@dataclass
class Tally:
    """What a pass has met so far."""

    read: int = 0
    repeated: int = 0
    """Rows that stand in the file more than once, counted from the second on."""
    rejected: Packed[RejectedRow] = field(default_factory=Packed)
    unknown_units: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True)
class OpenFile:
    """A file with its header row known, standing before the first row of data."""

    table: Table
    header: Header
    rows: Iterator[tuple[int, list[str]]]


@contextmanager
def open_file(data: FileData, mapping: ColumnMapping) -> Iterator[OpenFile]:
    """Open a file and find its header, or raise Invalid with a sentence."""
    with open_table(data, is_header) as table:
        head = list(itertools.islice(table.rows, HEAD_ROWS))
        header = find_header(head, mapping)
        rows = enumerate(itertools.chain(head[header.row :], table.rows), header.row + 1)
        yield OpenFile(table, header, rows)


def good_chunks(
    file: OpenFile,
    mapping: ColumnMapping,
    lookups: Lookups,
    now: datetime,
    tally: Tally,
    progress: Progress,
) -> Iterator[list[GoodRow]]:
    """Yield the rows that can be stored, each once, in chunks; ``tally`` counts what was met."""
    reader = RowReader(resolve(file.header, mapping), lookups, now)
    seen: set[bytes] = set()
    chunk: list[GoodRow] = []
    for number, cells in file.rows:
        if not any(cells):
            continue
        tally.read += 1
        row = reader.read(number, cells)
        if isinstance(row, RejectedRow):
            tally.rejected.append(row)
            if row.unknown_unit:
                tally.unknown_units[row.unknown_unit] += 1
        elif (key := bytes.fromhex(row.source_key)) in seen:
            tally.repeated += 1
        else:
            seen.add(key)
            chunk.append(row)
        if tally.read % CHUNK == 0:
            progress(file.table.done(), f"已檢查 {tally.read:,} 列")
            yield chunk
            chunk = []
    if not tally.read:
        raise Invalid(f"標題列（第 {file.header.row} 列）之下沒有資料；請確認匯出的檔案。")
    yield chunk
