"""Writing usage records: the row, its snapshots of person, unit and agency, and the month sums."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from data.models import UsageMonthSum, UsageRecord
from services.installation import holding

LOCAL_SOURCE = "local"
SUM_KEYS = ("local_month", "unit_id", "source_id", "item", "action")


def add_records(db: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add usage records and their part of the month sums to the caller's transaction.

    Every row holds all columns of `UsageRecord` without a default. Raises Held when the database
    does not take usage records any more: the service is held then, and nothing is shown.
    """
    if not rows:
        return
    with _or_held(db):
        # The table, not the class: the class would send a statement for every change of what is None.
        db.execute(insert(UsageRecord.__table__), list(rows))  # type: ignore[arg-type]
        add_to_sums(db, rows)


def add_numbered_records(db: Session, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Add a few usage records like `add_records` and return their record numbers, in order."""
    statement = insert(UsageRecord).returning(UsageRecord.id, sort_by_parameter_order=True)
    with _or_held(db):
        numbers = list(db.scalars(statement, list(rows)))
        add_to_sums(db, rows)
    return numbers


@contextmanager
def _or_held(db: Session) -> Iterator[None]:
    db.flush()  # what the caller left pending is the caller's to answer for
    try:
        yield
    except (DBAPIError, OSError) as error:
        if _is_about_the_rows(error):
            raise
        raise holding.meaning("使用紀錄", error) from error


def _is_about_the_rows(error: Exception) -> bool:
    """Whether these very rows are wrong (stored before, too long), and others would be taken."""
    # A trigger that refuses counts as a constraint in SQLite, but says nothing about the row.
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    refused = code == sqlite3.SQLITE_CONSTRAINT_TRIGGER
    return isinstance(error, IntegrityError | DataError) and not refused


def add_to_sums(db: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Count ``rows`` into the month sums."""
    counts: Counter[tuple[Any, ...]] = Counter()
    agency_of: dict[int, int] = {}
    for row in rows:
        counts[tuple(row[key] for key in SUM_KEYS)] += 1
        agency_of[row["unit_id"]] = row["agency_id"]
    values = [
        dict(zip(SUM_KEYS, key, strict=True)) | {"agency_id": agency_of[key[1]], "records": count}
        for key, count in sorted(counts.items())
    ]
    dialect = db.get_bind().dialect.name
    statement: Any = (postgresql if dialect == "postgresql" else sqlite).insert(UsageMonthSum)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=list(SUM_KEYS),
            set_={"records": UsageMonthSum.records + statement.excluded.records},
        ),
        values,
    )
