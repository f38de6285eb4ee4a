"""The one writer of tables: neutralises formulas and says how many rows it holds of how many."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from data.engine import transaction
from services import events
from services.events import EventType
from services.identity.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit

# Spreadsheets look past blanks, invisible characters and quotes, and some read the full-width signs.
_LOOKED_PAST = r"""[\s"'“”‘’＂＇\u00ad\u200b-\u200f\u2060\ufeff]*"""
_STARTS_A_FORMULA = re.compile(
    rf"(?:\A|(?<=[\n\r\v\f\x85\u2028\u2029]))(?={_LOOKED_PAST}[-=+@－＝＋＠﹣﹢﹦﹫−⁺⁼₊₌﬩]|[\t\r])"
)


def neutral(value: Any) -> Any:
    """Return ``value`` so that no spreadsheet takes it for a formula; numbers stay numbers.

    Every line of it counts: a reader that takes the line break in a cell for the end of a row would
    start with it.
    """
    if isinstance(value, str):
        return _STARTS_A_FORMULA.sub("'", value.replace("\x00", ""))
    return value


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int) -> bytes:
    """Return the rows as CSV (UTF-8 with BOM, as Excel in Taiwan expects) with a closing count."""
    content = io.BytesIO()
    with io.TextIOWrapper(content, "utf-8-sig", errors="replace", newline="") as text:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([neutral(column) for column in columns])
        count = 0
        for row in rows:
            writer.writerow([neutral(cell) for cell in row])
            count += 1
        writer.writerow([f"本檔 {count:,} 筆，符合條件者共 {total:,} 筆"])
        text.flush()
        return content.getvalue()


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
