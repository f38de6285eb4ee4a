"""Storing another system's usage records (clause 9), after the same pass that `preview` shows."""

from dataclasses import dataclass
from pathlib import Path

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
from services.usage.importing.columns import ColumnMapping
from services.usage.importing.lookups import Lookups
from services.usage.importing.packed import Spool
from services.usage.importing.preview import (
    Preview,
    UnitMapping,
    inspect_file,
    load_lookups,
    preview,
    silent,
)
from services.usage.importing.readers import FileData, fingerprint
from services.usage.importing.rows import GoodRow
from services.usage.importing.scan import Progress, Tally, good_chunks, open_file
from services.usage.importing.sources import find_source, new_source
from services.usage.importing.storing import Writer
from services.usage.importing.text import file_label

__all__ = ["ImportResult", "Preview", "import_file", "inspect_file", "preview", "store"]

FILE_NAME_MAX = 200


@dataclass(frozen=True)
class ImportResult:
    """What was stored."""

    read: int
    stored: int
    duplicates: int
    rejected: int
    import_id: int
    source_code: str


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
) -> ImportResult:
    """Store a file's rows in one transaction: all of them, or (``only_good``) those that can be.

    Rows stored before are left alone, so the same file again stores nothing. All rows are judged
    before the transaction opens: while it lasts nobody else can write to SQLite.
    """
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        find_source(db, source_name)
        lookups = load_lookups(db, unit_mapping or {})
    tally, spool = Tally(), Spool[GoodRow]()
    with open_file(data, mapping or {}) as file:
        for chunk in good_chunks(file, mapping or {}, lookups, actor.now, tally, progress):
            spool.add(chunk)
    rejected = len(tally.rejected)
    if rejected and not only_good:
        raise Invalid(
            f"有 {rejected:,} 列無法匯入，已依「全部正確才匯入」停止，沒有存入任何一列；"
            "請修正檔案，或改選「只匯入正確的列」。"
        )
    progress(1.0, f"{tally.read:,} 列檢查完畢，正在寫入資料庫")
    record = UsageImport(
        file_name=file_label(file_name, FILE_NAME_MAX),
        file_sha256=fingerprint(data),
        rows_read=tally.read,
        rows_rejected=rejected,
        imported_at=actor.now,
        imported_by=actor.account_id,
    )
    try:
        with transaction() as db:
            source_code = _write(db, actor, source_name, record, spool, lookups)
    except IntegrityError as error:
        raise Conflict("剛好有人同時匯入同一個來源，這次沒有存入任何一列；請再試一次。") from error
    return ImportResult(
        tally.read, record.rows_stored, record.rows_duplicate, rejected, record.id, source_code
    )


def _write(
    db: Session,
    actor: Actor,
    source_name: str,
    record: UsageImport,
    spool: Spool[GoodRow],
    lookups: Lookups,
) -> str:
    """Write everything of one import and return the code of its source."""
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
    writer = Writer(db, actor, source.id, record.id, lookups.units)
    record.rows_stored = sum(writer.store(chunk) for chunk in spool)
    record.rows_duplicate = record.rows_read - record.rows_stored - record.rows_rejected
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
        units_by_hand=[[*texts, unit_id] for texts, unit_id in lookups.by_hand.items()],
    )
    return source.code


@guarded(Action.IMPORT_USAGE)
def import_file(
    actor: Actor, path: Path, source_name: str, dry_run: bool, progress: Progress = silent
) -> dict[str, int]:
    """Import the good rows of a file from the command line; a dry run only counts them."""
    permit(actor, Action.IMPORT_USAGE)
    done: Preview | ImportResult
    if dry_run:
        done = preview(actor, source_name, path.name, path, progress=progress)
    else:
        done = store(actor, source_name, path.name, path, only_good=True, progress=progress)
    return {
        "read": done.read,
        "stored": done.stored,
        "duplicates": done.duplicates,
        "rejected": done.rejected,
    }
