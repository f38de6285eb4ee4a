"""What audits and incidents consist of: the tables that go with them, their rows and files as archived."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Table,
    bindparam,
    delete,
    false,
    null,
    or_,
    select,
)
from sqlalchemy.orm import Session

from data import files
from data.models import Base
from data.models.base import UtcDateTime
from services import rocdate

_TABLES = Base.metadata.tables
_AT_ONCE = 16
"""Rows read at a time: one of them can be a file of a package."""


@dataclass(frozen=True)
class Going:
    """The audits and incidents that go, in ascending order."""

    audits: tuple[int, ...]
    incidents: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """One table: whose its rows are, by its own columns or by those of the row that ``via`` points to, or both."""

    table: Table
    audit: Column[Any] | None = None
    incident: Column[Any] | None = None
    parent: "Part | None" = None
    via: Column[Any] | None = None

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def columns(self) -> list[str]:
        return [column.name for column in self.table.columns]


def _part(
    name: str, *, audit: str = "", incident: str = "", parent: Part | None = None, via: str = ""
) -> Part:
    table = _TABLES[name]
    return Part(
        table,
        table.c[audit] if audit else None,
        table.c[incident] if incident else None,
        parent,
        table.c[via] if via else None,
    )


def _under(parent: Part, name: str, via: str) -> Part:
    return _part(name, parent=parent, via=via)


AUDITS = _part("audits", audit="id")
INCIDENTS = _part("incidents", incident="id")
PACKAGES = _part("audit_packages", audit="audit_id")
REVIEWS = _part("package_reviews", audit="audit_id")
FINDINGS = _under(REVIEWS, "findings", "review_id")
FINDING_STEPS = _under(FINDINGS, "finding_steps", "finding_id")
EVIDENCE = _part(
    "evidence",
    audit="audit_id",
    incident="incident_id",
    parent=FINDING_STEPS,
    via="finding_step_id",
)
PARTS = (
    AUDITS,
    INCIDENTS,
    _part("audit_frames", audit="audit_id"),
    _part("audit_draws", audit="audit_id"),
    _part("sample_items", audit="audit_id"),
    _part("judgement_picks", audit="audit_id"),
    _part("verdicts", audit="audit_id"),
    _part("signatures", audit="audit_id"),
    _part("reopenings", audit="audit_id"),
    _part("audit_acts", audit="audit_id"),
    _part("record_shares", audit="audit_id"),
    _part("incident_records", incident="incident_id"),
    _part("incident_steps", incident="incident_id"),
    PACKAGES,
    REVIEWS,
    _under(REVIEWS, "review_steps", "review_id"),
    _under(REVIEWS, "check_runs", "review_id"),
    _under(REVIEWS, "check_overrulings", "review_id"),
    FINDINGS,
    FINDING_STEPS,
    EVIDENCE,
    _under(EVIDENCE, "evidence_withdrawals", "evidence_id"),
    _under(PACKAGES, "package_parts", "package_id"),
)
"""All of them; whatever points to another stands after it, so that it is deleted before."""
FILES, FILE_COLUMNS = "evidence_contents", ("evidence_id", "content")
"""The evidence files, which lie beside the database, as the archive has them."""


def late(db: Session, part: Part, before: date) -> list[tuple[int | None, int | None]]:
    """Return the audits and incidents that have a moment or a day in this table that is not before the date."""
    start = rocdate.midnight(before)
    moments = [
        column >= (start if isinstance(column.type, UtcDateTime) else before)
        for column in part.table.columns
        if isinstance(column.type, UtcDateTime | Date)
    ]
    if not moments:
        return []
    found: list[tuple[int | None, int | None]] = []
    for owner, joined in _owners(part):
        rows = select(
            null() if owner.audit is None else owner.audit,
            null() if owner.incident is None else owner.incident,
        ).where(or_(*moments), *joined)
        found += [(audit, incident) for audit, incident in db.execute(rows.distinct())]
    return found


def _owners(part: Part) -> Iterator[tuple[Part, tuple[ColumnElement[bool], ...]]]:
    """Yield every part that says whose a row is, with how the row is joined to it."""
    if part.audit is not None or part.incident is not None:
        yield part, ()
    if part.parent is not None and part.via is not None:
        up = part.via.expression == part.parent.table.c.id
        for owner, joined in _owners(part.parent):
            yield owner, (up, *joined)


def chosen(part: Part, going: Going) -> ColumnElement[bool]:
    """Return which rows of the table go."""
    found: list[ColumnElement[bool]] = []
    if part.parent is not None and part.via is not None:
        whose = select(part.parent.table.c.id).where(chosen(part.parent, going))
        found.append(part.via.in_(whose))
    if part.audit is not None:
        found.append(among(part.audit, going.audits))
    if part.incident is not None:
        found.append(among(part.incident, going.incidents))
    return or_(*found)


def among(column: Column[Any], ids: tuple[int, ...]) -> ColumnElement[bool]:
    """Return that a column is one of ``ids``, written into the statement: there can be many thousands."""
    if not ids:
        return false()
    return column.in_(bindparam(None, ids, expanding=True, literal_execute=True))


def lines(db: Session, part: Part, going: Going) -> Iterator[bytes]:
    """Yield every row that goes as a line of JSON: all its columns, bytes in base64, moments in UTC."""
    rows = (
        select(part.table).where(chosen(part, going)).order_by(*part.table.primary_key.columns)
    ).execution_options(yield_per=_AT_ONCE)
    for row in db.execute(rows):
        values = {name: _value(value) for name, value in zip(part.columns, row, strict=True)}
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def all_lines(db: Session, going: Going) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the name and the lines of every table, and at last those of the evidence files."""
    for part in PARTS:
        yield part.name, lines(db, part, going)
    yield FILES, _files(db, going)


def hashes(db: Session, going: Going) -> set[str]:
    """Return the hashes of the evidence files that go."""
    return set(db.scalars(select(EVIDENCE.table.c.sha256).where(chosen(EVIDENCE, going))))


def _files(db: Session, going: Going) -> Iterator[bytes]:
    """Yield every evidence file as it is stored, encrypted; one that is lost has no line."""
    evidence = EVIDENCE.table
    rows = select(evidence.c.id, evidence.c.sha256).where(chosen(EVIDENCE, going))
    for id_, sha256 in db.execute(rows.order_by(evidence.c.id)).all():
        if (sealed := files.read(sha256)) is not None:
            values = dict(zip(FILE_COLUMNS, (id_, base64.b64encode(sealed).decode()), strict=True))
            yield json.dumps(values, separators=(",", ":")).encode()


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def delete_rows(db: Session, going: Going) -> None:
    """Delete every row that goes, those that point to others first."""
    for part in reversed(PARTS):
        db.execute(delete(part.table).where(chosen(part, going)))
