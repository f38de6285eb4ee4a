"""What a file would do if it were stored: every row judged and counted, nothing written."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Section
from services.actor import Actor
from services.errors import Invalid
from services.identity.guard import guarded
from services.identity.organisation import UnitInfo, units_within
from services.identity.permissions import Action, Reach, permit, reach
from services.usage.importing.cells import GoodRow, RejectedRow
from services.usage.importing.columns import ColumnMapping, Header
from services.usage.importing.fields import guess
from services.usage.importing.history import PastImport, imports_of_file
from services.usage.importing.late import LateRows, late_rows
from services.usage.importing.lookups import Lookups
from services.usage.importing.packed import Packed
from services.usage.importing.readers import FileData, fingerprint
from services.usage.importing.scan import AS_FOUND, Progress, Reading, Unmapped, judge_file
from services.usage.importing.sections import section_index
from services.usage.importing.sheets import SheetInfo, open_file
from services.usage.importing.sources import find_source
from services.usage.importing.storing import Stored, has_records

UnitMapping = Mapping[tuple[str, str], int]
"""Units chosen by hand: the file's agency and unit texts → unit id."""

SHOWN_GOOD_ROWS = 20
_HEAD_ROWS = 3


@dataclass(frozen=True)
class FileHead:
    """What a file looks like before its rows are judged."""

    kind: str
    header: Header
    columns: dict[str, int]
    """The columns guessed from the headers, by field."""
    rows: tuple[tuple[str, ...], ...]
    delimiter: str | None
    """What separates the cells of a CSV file; None for a workbook."""
    sheet: str
    """The sheet whose headings these are; empty for a CSV file."""
    other_sheets: tuple[str, ...]
    """The other sheets that are read."""
    left_out: dict[str, str]
    """Why a sheet is not read, by its name."""
    sha256: str
    imported_before: tuple[PastImport, ...]
    """Imports of the very same file, the newest first."""


@dataclass(frozen=True)
class Preview:
    """What storing the file would do, and why not to some rows."""

    file_name: str
    read: int
    stored: int
    duplicates: int
    rejected: int
    rejected_rows: Packed[RejectedRow]
    good_rows: tuple[GoodRow, ...]
    """The first of the rows that would be stored."""
    flags: dict[str, int]
    """How many of the rows that would be stored carry each flag."""
    unknown_units: dict[tuple[str, str], int]
    unit_names: dict[int, str]
    header: Header
    columns: dict[str, int]
    kind: str
    alike: int
    """Rows without a serial number that are alike in everything to one before them."""
    alike_stored: int
    """How many of these would be stored, each as a record of its own."""
    sheets: tuple[SheetInfo, ...]
    """Every sheet of a workbook; empty for a CSV file."""
    headings: dict[str, tuple[str, ...]]
    """The headings of every sheet read."""
    unmapped: tuple[Unmapped, ...]
    """Columns that hold data and have no field."""
    imported_before: tuple[PastImport, ...]
    """Imports of the very same file, the newest first."""
    late: tuple[LateRows, ...]
    """The rows that would be stored and come too late for an audit that is frozen."""


def silent(_done: float, _sentence: str) -> None:
    """Progress for those who do not watch."""


@guarded(Action.IMPORT_USAGE)
def inspect_file(actor: Actor, data: FileData, delimiter: str | None = None) -> FileHead:
    """Return the header of a file with the columns guessed from it, or raise Invalid."""
    permit(actor, Action.IMPORT_USAGE)
    sha256 = fingerprint(data)
    with open_file(data, {}, delimiter) as file:
        first = next(sheet for sheet in file.sheets() if sheet.header.keys == file.header.keys)
        return FileHead(
            kind=file.book.kind,
            header=file.header,
            columns=guess(file.header.cells),
            rows=tuple(tuple(cells) for _, cells in islice(first.rows, _HEAD_ROWS)),
            delimiter=file.book.delimiter,
            sheet=first.name,
            other_sheets=tuple(one.name for one in file.candidates if one.name != first.name),
            left_out=dict(file.left_out),
            sha256=sha256,
            imported_before=tuple(imports_of_file(actor, sha256)),
        )


@guarded(Action.IMPORT_USAGE)
def list_units(actor: Actor) -> list[UnitInfo]:
    """Return every unit that rows can be mapped to."""
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        return list(units_within(db, reach(actor, Action.IMPORT_USAGE)))


@guarded(Action.IMPORT_USAGE)
def preview(
    actor: Actor,
    source_name: str,
    file_name: str,
    data: FileData,
    mapping: ColumnMapping | None = None,
    unit_mapping: UnitMapping | None = None,
    progress: Progress = silent,
    how: Reading = AS_FOUND,
) -> Preview:
    """Judge every row of a file and count what storing it would do; nothing is stored."""
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        source = find_source(db, source_name)
        lookups = load_lookups(db, unit_mapping or {})
        compare = source is not None and has_records(db, source.id)
    file, tally, spool = judge_file(data, mapping or {}, how, lookups, actor.now, progress)
    before = Stored(source.id if source is not None and compare else None, tally.keys)
    flags, shown, stored, alike = Counter[str](), list[GoodRow](), 0, 0
    by_month = Counter[tuple[int, str]]()
    for chunk in spool:
        with reading() as db:
            fresh = before.fresh(db, chunk)
        stored += len(fresh)
        shown += fresh[: SHOWN_GOOD_ROWS - len(shown)]
        by_month.update((row.unit_id, row.local_month) for row in fresh)
        for row in fresh:
            flags.update(row.flags.split())
            alike += row.alike
    progress(1.0, f"已檢查 {tally.read:,} 列")
    rejected = len(tally.rejected)
    with reading() as db:
        late = late_rows(db, by_month, lookups.units)
    return Preview(
        file_name=file_name,
        read=tally.read,
        stored=stored,
        duplicates=tally.read - stored - rejected,
        rejected=rejected,
        rejected_rows=tally.rejected,
        good_rows=tuple(shown),
        flags=dict(flags),
        unknown_units=dict(tally.unknown_units),
        unit_names={unit.id: unit.label for unit in lookups.units},
        header=file.header,
        columns=file.columns(file.header),
        kind=file.book.kind,
        alike=tally.alike,
        alike_stored=alike,
        sheets=() if file.book.delimiter else tuple(tally.sheets),
        headings=tally.headings,
        unmapped=tuple(tally.unmapped.values()),
        imported_before=tuple(imports_of_file(actor, fingerprint(data))),
        late=late,
    )


def load_lookups(db: Session, by_hand: UnitMapping) -> Lookups:
    """Return what the texts of a file stand for; raise Invalid when a chosen unit is gone."""
    units = units_within(db, Reach(everything=True))
    if unknown := set(by_hand.values()) - {unit.id for unit in units}:
        raise Invalid(f"手動對應的單位不存在（編號 {min(unknown)}）；請重新選擇。")
    sections = db.execute(select(Section.code, Section.district, Section.name))
    return Lookups(units, section_index((row[0], row[1], row[2]) for row in sections), by_hand)
