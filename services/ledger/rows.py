"""The text of a stored row that becomes a leaf, built by the database itself so that it streams.

A leaf is a JSON array without blanks: the table, the version of this format, then every column in
the order below. Moments are ``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC, truth is 1 or 0, a JSON column is its
stored text. JSON escapes quotes and control characters, so that no two rows give the same text, and
anybody can build it anew: ``json.dumps(row, ensure_ascii=False, separators=(",", ":"))``.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, ColumnElement, Integer, Table, func, literal_column, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from data.models import Event, UsageRecord
from data.models.base import UtcDateTime

FORMAT = 1
"""Goes up when a column is added: leaves sealed before keep the columns that they had."""


class Log(StrEnum):
    """The two logs under seal; the value names their rows in the tiles."""

    USAGE = "u"
    EVENTS = "e"

    @property
    def table(self) -> str:
        return _LOGS[self].table.name

    @property
    def label(self) -> str:
        return {Log.USAGE: "使用紀錄", Log.EVENTS: "系統紀錄"}[self]

    @property
    def columns(self) -> tuple[str, ...]:
        return _LOGS[self].columns


@dataclass(frozen=True)
class _Source:
    table: Table
    columns: tuple[str, ...]


_LOGS = {
    Log.USAGE: _Source(
        UsageRecord.__table__,  # type: ignore[arg-type]
        (
            *("id", "source_id", "source_key", "import_id", "occurred_at", "local_month"),
            *("stored_at", "account_id", "person_key", "username", "person_name", "unit_id"),
            *("unit_name", "agency_id", "agency_name", "item", "item_authorised", "action"),
            *("section_code", "number", "target", "case_no", "document_no", "reason"),
            *("flags", "address", "session_id"),
        ),
    ),
    Log.EVENTS: _Source(
        Event.__table__,  # type: ignore[arg-type]
        (
            *("id", "type", "at", "account_id", "actor_name", "unit_id", "agency_id"),
            *("session_id", "address", "object_type", "object_id", "outcome", "detail"),
        ),
    ),
}

Row = tuple[int, bytes]
"""A row's id and the content of its leaf."""


class UnreadableError(ValueError):
    """A stored row holds what no row ever held: bytes where SQLite's column is for text."""


def read(db: Session, log: Log, after: int, upto: int, limit: int | None = None) -> list[Row]:
    """Return the rows with an id above ``after`` and at most ``upto``, in the order of their ids.

    Raises UnreadableError when one of them cannot be written as a leaf.
    """
    id_ = id_column(log)
    leaf: ColumnElement[bytes] = literal_column(_leaf(log, db.get_bind().dialect.name))
    statement = select(id_, leaf).where(id_ > after, id_ <= upto).order_by(id_).limit(limit)
    try:
        found: Any = db.execute(statement)
        # The driver's own rows: wrapping millions of them would cost more than hashing them.
        rows: list[Row] = found.cursor.fetchall()
    except (OperationalError, sqlite3.OperationalError) as error:
        if "JSON cannot hold BLOB" in str(error):
            raise UnreadableError(log.table) from None
        raise
    return rows


def read_ids(db: Session, log: Log, ids: Sequence[int]) -> dict[int, bytes]:
    """Return the leaf contents of single rows by id; what is not there is missing."""
    found: dict[int, bytes] = {}
    for id_ in ids:
        found.update(read(db, log, id_ - 1, id_))
    return found


def id_column(log: Log) -> ColumnElement[int]:
    """Return the column of a log's row numbers."""
    return _LOGS[log].table.c.id


def count_after(db: Session, log: Log, after: int) -> int:
    """Return how many rows have an id above ``after``."""
    return db.scalar(select(func.count()).where(id_column(log) > after)) or 0


def never_given(db: Session, log: Log) -> int | None:
    """Return an id that no row ever got, if there is such a row: ids count from 1."""
    found: int | None = db.scalar(select(func.min(id_column(log))).where(id_column(log) < 1))
    return found


def highest_id(db: Session, log: Log) -> int:
    """Return the highest id that is visible, 0 in an empty table."""
    return db.scalar(select(func.max(id_column(log)))) or 0


def _leaf(log: Log, dialect: str) -> str:
    table, columns = _LOGS[log].table, _LOGS[log].columns
    head = f"'{table.name}', {FORMAT}"
    if dialect == "sqlite":
        return f"CAST(json_array({head}, {', '.join(columns)}) AS BLOB)"
    parts = ", ".join(_json_on_postgresql(name, table.c[name].type) for name in columns)
    return (
        f"convert_to(concat('[\"{table.name}\",{FORMAT},', concat_ws(',', {parts}), ']'), 'UTF8')"
    )


def _json_on_postgresql(column: str, type_: Any) -> str:
    """Return the expression of one column as SQLite's json_array would write it."""
    if isinstance(type_, Boolean):
        written = f"{column}::int::text"
    elif isinstance(type_, UtcDateTime):
        form = "YYYY-MM-DD HH24:MI:SS.US"
        # Else a year before Christ would be written like the same year after.
        era = f"CASE WHEN {column} < '0001-01-01 00:00:00+00' THEN ' BC' ELSE '' END"
        written = f"to_json(to_char({column} AT TIME ZONE 'UTC', '{form}') || {era})::text"
    elif isinstance(type_, Integer):
        written = f"{column}::text"
    elif isinstance(type_, JSON):
        written = f"to_json({column}::text)::text"
    else:
        written = f"to_json({column})::text"
    return f"coalesce({written}, 'null')"
