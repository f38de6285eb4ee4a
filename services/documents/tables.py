"""The one writer of tables: neutralises formulas and says how many rows it holds of how many."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from data.engine import transaction
from services import events
from services.events import EventType
from services.identity.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutral(value: Any) -> Any:
    """Return ``value`` so that no spreadsheet takes it for a formula; numbers stay numbers."""
    if isinstance(value, str):
        text = value.replace("\x00", "")
        return "'" + text if text.lstrip(" \n　").startswith(_STARTS_A_FORMULA) else text
    return value


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int) -> bytes:
    """Return the rows as CSV (UTF-8 with BOM, as Excel in Taiwan expects) with a closing count."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([neutral(column) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
        count += 1
    writer.writerow([f"本檔 {count:,} 筆，符合條件者共 {total:,} 筆"])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


@guarded(Action.EXPORT_TABLE)
def export_table(
    actor: Actor, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], total: int
) -> bytes:
    """Return a table that ``actor`` has on screen as a CSV file, after the export is recorded."""
    permit(actor, Action.EXPORT_TABLE, account_id=actor.account_id)
    content = csv_bytes(columns, rows, total)
    with transaction() as db:
        events.write(
            db,
            actor,
            EventType.TABLE_EXPORTED,
            about=("table", name),
            rows=len(rows),
            total=total,
        )
    return content
