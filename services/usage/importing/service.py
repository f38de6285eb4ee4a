"""Storing another system's usage records (clause 9), after the same pass that `preview` shows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import UsageImport, UsageSource
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.periods import Quarter
from services.usage.importing.columns import ColumnMapping
from services.usage.importing.history import PastImport, imports_of_file
from services.usage.importing.late import LateRows, late_rows
from services.usage.importing.lookups import Lookups
from services.usage.importing.preview import (
    Preview,
    UnitMapping,
    inspect_file,
    load_lookups,
    preview,
    silent,
)
from services.usage.importing.readers import FileData, fingerprint
from services.usage.importing.scan import AS_FOUND, Progress, Reading, Unmapped, judge_file
from services.usage.importing.sheets import SheetInfo
from services.usage.importing.sources import find_source, new_source
from services.usage.importing.storing import Ready, Writer, make_ready
from services.usage.importing.text import file_label

__all__ = ["ImportResult", "Preview", "import_file", "inspect_file", "preview", "store"]

FILE_NAME_MAX = 200
PATIENCE = 600.0
"""Seconds that an import waits for another one to be written: all of its rows are judged by then."""


@dataclass(frozen=True)
class ImportResult:
    """What was stored."""

    read: int
    stored: int
    duplicates: int
    rejected: int
    import_id: int
    source_code: str
    alike: int
    """Rows without a serial number that are alike in everything to one before them."""
    sheets: tuple[SheetInfo, ...]
    """Every sheet of a workbook; empty for a CSV file."""
    unmapped: tuple[Unmapped, ...]
    """Columns that hold data and have no field."""
    imported_before: tuple[PastImport, ...]
    """Earlier imports of the very same file, the newest first."""
    late: tuple[LateRows, ...]
    """What was stored and comes too late for an audit that is frozen."""


@guarded(Action.IMPORT_USAGE)
def store(
    actor: Actor,
    source_name: str,
    file_name: str,
    data: FileData,
    mapping: ColumnMapping | None = None,
    unit_mapping: UnitMapping | None = None,
    *,
    only_good: bool,
    progress: Progress = silent,
    how: Reading = AS_FOUND,
) -> ImportResult:
    """Store a file's rows in one transaction: all of them, or (``only_good``) those that can be.

    Rows stored before are left alone, so the same file again stores nothing. All rows are judged, and
    made ready, before the transaction opens: while it lasts nobody else can write to SQLite. Two imports
    wait for each other for up to `PATIENCE`; Busy is raised after that, and nothing is stored.
    """
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        find_source(db, source_name)
        lookups = load_lookups(db, unit_mapping or {})
    file, tally, spool = judge_file(data, mapping or {}, how, lookups, actor.now, progress)
    rejected = len(tally.rejected)
    if rejected and not only_good:
        raise Invalid(
            f"有 {rejected:,} 列無法匯入，已依「全部正確才匯入」停止，沒有存入任何一列；"
            "請修正檔案，或改選「只匯入正確的列」。"
        )
    progress(1.0, f"{tally.read:,} 列檢查完畢，正在寫入資料庫")
    sha256 = fingerprint(data)
    before = tuple(imports_of_file(actor, sha256))
    ready = make_ready(actor.now, source_name, spool, lookups.units, tally.keys)
    record = UsageImport(
        file_name=file_label(file_name, FILE_NAME_MAX),
        file_sha256=sha256,
        rows_read=tally.read,
        rows_rejected=rejected,
        imported_at=actor.now,
        imported_by=actor.account_id,
    )
    try:
        with transaction(patience=PATIENCE) as db:
            source_code, late = _write(db, actor, source_name, record, ready, lookups)
    except IntegrityError as error:
        raise Conflict("剛好有人同時匯入同一個來源，這次沒有存入任何一列；請再試一次。") from error
    return ImportResult(
        read=tally.read,
        stored=record.rows_stored,
        duplicates=record.rows_duplicate,
        rejected=rejected,
        import_id=record.id,
        source_code=source_code,
        alike=tally.alike,
        sheets=() if file.book.delimiter else tuple(tally.sheets),
        unmapped=tuple(tally.unmapped.values()),
        imported_before=before,
        late=late,
    )


def _write(
    db: Session,
    actor: Actor,
    source_name: str,
    record: UsageImport,
    ready: Ready,
    lookups: Lookups,
) -> tuple[str, tuple[LateRows, ...]]:
    """Write everything of one import; return the code of its source, and what comes too late."""
    source = find_source(db, source_name)
    if source is None:
        source = new_source(actor, source_name)
        db.add(source)
        db.flush()
    # Two imports of one source follow each other, so that neither misses the other's rows.
    db.execute(select(UsageSource.id).where(UsageSource.id == source.id).with_for_update())
    record.source_id = source.id
    record.rows_stored = record.rows_duplicate = 0
    db.add(record)
    db.flush()
    writer = Writer(db, source.id, record.id, ready)
    record.rows_stored = sum(writer.store(rows) for rows in ready.rows)
    record.rows_duplicate = record.rows_read - record.rows_stored - record.rows_rejected
    late = late_rows(db, writer.stored, lookups.units)
    events.write(
        db,
        actor,
        EventType.USAGE_IMPORTED,
        about=("usage_import", record.id),
        source=source.code,
        file_sha256=record.file_sha256,
        read=record.rows_read,
        stored=record.rows_stored,
        duplicates=record.rows_duplicate,
        rejected=record.rows_rejected,
        late=sum(one.rows for one in late),
        units_by_hand=[[*texts, unit_id] for texts, unit_id in lookups.by_hand.items()],
    )
    return source.code, late


@guarded(Action.IMPORT_USAGE)
def import_file(
    actor: Actor,
    path: Path,
    source_name: str,
    dry_run: bool,
    progress: Progress = silent,
    how: Reading = AS_FOUND,
) -> dict[str, Any]:
    """Import the good rows of a file from the command line; a dry run only counts them.

    Returns the counts, and all that a person would have to know of the file before it is stored.
    """
    permit(actor, Action.IMPORT_USAGE)
    done: Preview | ImportResult
    if dry_run:
        done = preview(actor, source_name, path.name, path, progress=progress, how=how)
    else:
        done = store(
            actor, source_name, path.name, path, only_good=True, progress=progress, how=how
        )
    return {
        "read": done.read,
        "stored": done.stored,
        "duplicates": done.duplicates,
        "rejected": done.rejected,
        "alike": done.alike,
        "sheets": [asdict(sheet) for sheet in done.sheets],
        "unmapped": [asdict(column) for column in done.unmapped],
        "imported_before": [
            {
                "at": past.imported_at.isoformat(),
                "by": past.imported_by,
                "source": past.source_name,
                "stored": past.stored,
            }
            for past in done.imported_before
        ],
        "late": [
            {"unit": one.unit, "quarter": str(one.quarter), "rows": one.rows} for one in done.late
        ],
    }


def sentences(done: Mapping[str, Any]) -> list[str]:
    """Return what `import_file` found, beyond the counts, in words."""
    said = [
        f"這個檔案先前匯入過：{past['at']} 由 {past['by']} 以「{past['source']}」匯入，"
        f"當時存入 {past['stored']:,} 列。"
        for past in done["imported_before"]
    ]
    for sheet in done["sheets"]:
        what = f"不讀取：{sheet['left_out']}" if sheet["left_out"] else f"{sheet['read']:,} 列"
        said.append(f"工作表「{sheet['name']}」{what}")
    said += [
        f"有資料但沒有對應欄位：{column['letter']} {column['heading'] or '（無標題）'}，"
        f"{column['rows']:,} 列，例如 {column['example']}"
        for column in done["unmapped"]
    ]
    said += [
        LateRows(one["unit"], Quarter.parse(one["quarter"]), one["rows"]).sentence
        for one in done["late"]
    ]
    if done["alike"]:
        said.append(f"有 {done['alike']:,} 列與前面的列完全相同，檔案裡也沒有序號可以分辨。")
    return said
