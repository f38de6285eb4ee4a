"""Makes checked rows ready, and then writes them as usage records inside the caller's transaction.

Only the second takes SQLite's one lock, so whatever needs none is done in the first.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import AccountItem, SourceUser, UsageImport, UsageRecord
from services.identity.organisation import UnitInfo
from services.usage.importing.cells import GoodRow
from services.usage.importing.packed import Spool
from services.usage.importing.sources import find_source
from services.usage.records import add_records

T = TypeVar("T")


def _keys(row: GoodRow) -> tuple[str, ...]:
    return row.source_key, *row.other_keys


class Stored:
    """What the source has stored before; asked of all rows of one file, chunk after chunk.

    A row is known by its key, or by one under which it may have been stored otherwise (`keys`). A record
    under such a key is one row only: the first of the file that would have had it, unless another row of
    the file has that key by right.
    """

    def __init__(self, source_id: int | None, keys: Set[bytes]) -> None:
        self._source_id = source_id
        self._of_file = keys
        self._taken: set[str] = set()

    def fresh(self, db: Session, chunk: Sequence[GoodRow]) -> list[GoodRow]:
        """Return the rows of ``chunk`` that are not stored yet."""
        return self._fresh(db, self._source_id, chunk, _keys)

    def still_fresh(
        self, db: Session, source_id: int, rows: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return which rows that were fresh still are, after another import of the source."""
        return self._fresh(db, source_id, rows, lambda row: (row["source_key"], *row["other_keys"]))

    def _fresh(
        self,
        db: Session,
        source_id: int | None,
        rows: Sequence[T],
        keys: Callable[[T], tuple[str, ...]],
    ) -> list[T]:
        if source_id is None:
            return list(rows)
        asked = {key for row in rows for key in keys(row)}
        known = set(
            db.scalars(
                select(UsageRecord.source_key).where(
                    UsageRecord.source_id == source_id, UsageRecord.source_key.in_(asked)
                )
            )
        )
        return [row for row in rows if not self._is_known(known, *keys(row))]

    def _is_known(self, known: Set[str | None], key: str, *others: str) -> bool:
        if key in known:
            return True
        for other in others:
            free = other not in self._taken and bytes.fromhex(other) not in self._of_file
            if other in known and free:
                self._taken.add(other)
                return True
        return False


def has_records(db: Session, source_id: int) -> bool:
    """Whether anything of the source was stored before."""
    found = db.scalar(select(UsageRecord.id).where(UsageRecord.source_id == source_id).limit(1))
    return found is not None


@dataclass(frozen=True)
class Ready:
    """Rows that need nothing any more but the lock: those stored before are left out."""

    rows: Spool[dict[str, Any]]
    newest: int
    """The source's newest import when that was looked up; 0 for none. A newer one is looked up again."""
    stored: Stored


def make_ready(
    now: datetime,
    source_name: str,
    chunks: Iterable[list[GoodRow]],
    units: Iterable[UnitInfo],
    keys: Set[bytes],
) -> Ready:
    """Make the good rows of a file ready to be written; nothing is locked meanwhile.

    ``keys`` are those of all rows of the file.
    """
    known_units = {unit.id: unit for unit in units}
    with reading() as db:
        source = find_source(db, source_name)
        newest = _newest_import(db, source.id) if source else 0
        known = source is not None and has_records(db, source.id)
    ready = Ready(
        Spool[dict[str, Any]](), newest, Stored(source.id if source and known else None, keys)
    )
    for chunk in chunks:
        with reading() as db:
            fresh = ready.stored.fresh(db, chunk)
        ready.rows.add([_values(row, known_units[row.unit_id], now) for row in fresh])
    return ready


def _newest_import(db: Session, source_id: int) -> int:
    newest = select(func.max(UsageImport.id)).where(UsageImport.source_id == source_id)
    return db.scalar(newest) or 0


def _values(row: GoodRow, unit: UnitInfo, now: datetime) -> dict[str, Any]:
    """Return what a row says; whose it is, and in which import, `Writer` knows."""
    return {
        "source_key": row.source_key,
        "other_keys": row.other_keys,
        "occurred_at": row.occurred_at,
        "local_month": row.local_month,
        "stored_at": now,
        "username": row.user_code,
        "person_name": row.person_name,
        "unit_id": unit.id,
        "unit_name": unit.name,
        "agency_id": unit.agency_id,
        "agency_name": unit.agency_name,
        "item": row.item,
        "action": row.action,
        "section_code": row.section_code,
        "number": row.parcel,
        "target": row.target,
        "case_no": row.case_no,
        "document_no": row.document_no,
        "reason": row.reason,
        "flags": row.flags,
        "address": row.address,
        "session_id": "",
    }


class Writer:
    """Stores the rows of one import; people are looked up once and added as they appear."""

    def __init__(self, db: Session, source_id: int, import_id: int, ready: Ready) -> None:
        self._db = db
        self._source_id = source_id
        self._import_id = import_id
        self._ready = ready
        self.stored = Counter[tuple[int, str]]()
        """What was stored so far, by unit and month."""
        earlier = select(func.max(UsageImport.id)).where(
            UsageImport.source_id == source_id, UsageImport.id != import_id
        )
        self._up_to_date = (db.scalar(earlier) or 0) == ready.newest
        users = db.scalars(select(SourceUser).where(SourceUser.source_id == source_id)).all()
        self._names = {user.user_code: user.name for user in users}
        self._account_of = {u.user_code: u.account_id for u in users if u.account_id is not None}
        self._items = {
            (account_id, item)
            for account_id, item in db.execute(
                select(AccountItem.account_id, AccountItem.item).where(
                    AccountItem.account_id.in_(set(self._account_of.values()))
                )
            )
        }

    def store(self, rows: list[dict[str, Any]]) -> int:
        """Store what is new of ``rows`` and return how many rows that was."""
        if not self._up_to_date:  # another import of the same source came first
            rows = self._ready.stored.still_fresh(self._db, self._source_id, rows)
        self._remember_people(rows)
        add_records(self._db, [self._record(row) for row in rows])
        self.stored.update((row["unit_id"], row["local_month"]) for row in rows)
        return len(rows)

    def _remember_people(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add people seen for the first time; a new name replaces the one on the person's card."""
        names = {row["username"]: row["person_name"] for row in rows if row["person_name"]}
        codes = {row["username"] for row in rows}
        added = sorted(codes - self._names.keys())
        if added:
            self._db.execute(
                insert(SourceUser),
                [
                    {"source_id": self._source_id, "user_code": code, "name": names.get(code, "")}
                    for code in added
                ],
            )
            self._names |= {code: names.get(code, "") for code in added}
        for code, name in names.items():
            if self._names[code] != name:
                self._names[code] = name
                self._db.execute(
                    update(SourceUser)
                    .where(SourceUser.source_id == self._source_id, SourceUser.user_code == code)
                    .values(name=name)
                )

    def _record(self, row: dict[str, Any]) -> dict[str, Any]:
        code: str = row["username"]
        account_id = self._account_of.get(code)
        said = {name: value for name, value in row.items() if name != "other_keys"}
        return said | {
            "source_id": self._source_id,
            "import_id": self._import_id,
            "account_id": account_id,
            "person_key": f"S{self._source_id}:{code}" if account_id is None else str(account_id),
            "item_authorised": account_id is None or (account_id, row["item"]) in self._items,
        }
