"""What a file would do if it were stored: every row judged and counted, nothing written."""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Section
from services.actor import Actor
from services.errors import Invalid
from services.identity.guard import guarded
from services.identity.organisation import UnitInfo, units_within
from services.identity.permissions import Action, Reach, permit, reach
from services.usage.importing.columns import ColumnMapping, Header, guess, resolve
from services.usage.importing.lookups import Lookups, section_index
from services.usage.importing.packed import Packed
from services.usage.importing.readers import FileData
from services.usage.importing.rows import GoodRow, RejectedRow
from services.usage.importing.scan import Progress, Tally, good_chunks, open_file
from services.usage.importing.sources import find_source
from services.usage.importing.storing import has_records, known_keys

UnitMapping = Mapping[tuple[str, str], int]
"""Units chosen by hand: the file's agency and unit texts → unit id."""

SHOWN_GOOD_ROWS = 20


@dataclass(frozen=True)
class FileHead:
    """What a file looks like before its rows are judged."""

    kind: str
    header: Header
    columns: dict[str, int]
    """The columns guessed from the headers, by field."""
    rows: tuple[tuple[str, ...], ...]


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


def silent(_done: float, _sentence: str) -> None:
    """Progress for those who do not watch."""


@guarded(Action.IMPORT_USAGE)
def inspect_file(actor: Actor, data: FileData) -> FileHead:
    """Return the header of a file with the columns guessed from it, or raise Invalid."""
    permit(actor, Action.IMPORT_USAGE)
    with open_file(data, {}) as file:
        rows = tuple(tuple(cells) for _, cells in itertools.islice(file.rows, 3))
        return FileHead(file.table.kind, file.header, guess(file.header.cells), rows)


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
) -> Preview:
    """Judge every row of a file and count what storing it would do; nothing is stored."""
    permit(actor, Action.IMPORT_USAGE)
    mapping = mapping or {}
    with reading() as db:
        source = find_source(db, source_name)
        lookups = load_lookups(db, unit_mapping or {})
        compare = source is not None and has_records(db, source.id)
    tally, flags, shown, stored, known = Tally(), Counter[str](), list[GoodRow](), 0, set[str]()
    with open_file(data, mapping) as file:
        for chunk in good_chunks(file, mapping, lookups, actor.now, tally, progress):
            if compare and source is not None:
                with reading() as db:
                    known = known_keys(db, source.id, chunk)
            fresh = [row for row in chunk if row.source_key not in known]
            stored += len(fresh)
            shown += fresh[: SHOWN_GOOD_ROWS - len(shown)]
            for row in fresh:
                flags.update(row.flags.split())
        kind, header, columns = file.table.kind, file.header, resolve(file.header, mapping)
    progress(1.0, f"已檢查 {tally.read:,} 列")
    rejected = len(tally.rejected)
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
        header=header,
        columns=columns,
        kind=kind,
    )


def load_lookups(db: Session, by_hand: UnitMapping) -> Lookups:
    """Return what the texts of a file stand for; raise Invalid when a chosen unit is gone."""
    units = units_within(db, Reach(everything=True))
    if unknown := set(by_hand.values()) - {unit.id for unit in units}:
        raise Invalid(f"手動對應的單位不存在（編號 {min(unknown)}）；請重新選擇。")
    sections = db.execute(select(Section.code, Section.district, Section.name))
    return Lookups(units, section_index((row[0], row[1], row[2]) for row in sections), by_hand)
