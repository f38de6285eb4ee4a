"""The one writer of tables: neutralises formulas and says how many rows it holds of how many."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from data.engine import transaction
from services import events
from services.actor import Actor
from services.documents.formats import FileFormat
from services.documents.neutral import neutral
from services.documents.ods import Sheet, ods_bytes
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit

SHEETS = (FileFormat.CSV, FileFormat.ODS)
"""As what a bare table leaves; a paper with a table in it leaves as PDF and ODT as well."""


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int) -> bytes:
    """Return the rows as CSV (UTF-8 with BOM, as Excel in Taiwan expects) with a closing count."""
    held = list(rows)
    closing = f"本檔 {len(held):,} 筆，符合條件者共 {total:,} 筆"
    return csv_file([columns, *held, [closing]])


def csv_file(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the rows as they stand as CSV, without a count: for lists that come back filled in."""
    content = io.BytesIO()
    with io.TextIOWrapper(content, "utf-8-sig", errors="replace", newline="") as text:
        writer = csv.writer(text, lineterminator="\r\n")
        for row in rows:
            writer.writerow([neutral(cell) for cell in row])
        text.flush()
        return content.getvalue()


@guarded(Action.EXPORT_TABLE)
def export_table(
    actor: Actor,
    name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    total: int,
    kind: FileFormat = FileFormat.CSV,
) -> bytes:
    """Return a table that ``actor`` has on screen as a file, after the export is recorded."""
    permit(actor, Action.EXPORT_TABLE, account_id=actor.account_id)
    if kind not in SHEETS:
        raise ValueError(f"a bare table does not leave as {kind}")
    if kind is FileFormat.ODS:
        content = ods_bytes([Sheet(name, tuple(columns), rows, total)], name, actor.now)
    else:
        content = csv_bytes(columns, rows, total)
    with transaction() as db:
        events.write(
            db,
            actor,
            EventType.TABLE_EXPORTED,
            about=("table", name),
            rows=len(rows),
            total=total,
            format=kind.value,
        )
    return content
