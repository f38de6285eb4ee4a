"""Writes checked rows as usage records, inside the caller's transaction."""

from collections.abc import Iterable, Sequence, Set
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from data.models import AccountItem, SourceUser, UsageRecord
from services.actor import Actor
from services.identity.organisation import UnitInfo
from services.usage.importing.cells import GoodRow
from services.usage.records import add_records


class Stored:
    """What the source has stored before; asked of all rows of one file, chunk after chunk.

    A row is known by its key, or by the one that earlier versions gave it (`keys`). A record under an
    earlier key is one row only: the first of the file that would have had it, unless another row of the
    file has that key by right.
    """

    def __init__(self, source_id: int | None, keys: Set[bytes]) -> None:
        self._source_id = source_id
        self._keys = keys
        self._taken: set[str] = set()

    def fresh(self, db: Session, chunk: Sequence[GoodRow]) -> list[GoodRow]:
        """Return the rows of ``chunk`` that are not stored yet."""
        if self._source_id is None:
            return list(chunk)
        asked = {row.source_key for row in chunk} | {row.earlier_key for row in chunk} - {""}
        known = set(
            db.scalars(
                select(UsageRecord.source_key).where(
                    UsageRecord.source_id == self._source_id, UsageRecord.source_key.in_(asked)
                )
            )
        )
        return [row for row in chunk if not self._is_known(row, known)]

    def _is_known(self, row: GoodRow, known: Set[str | None]) -> bool:
        if row.source_key in known:
            return True
        earlier = row.earlier_key
        if (
            earlier not in known
            or earlier in self._taken
            or not earlier
            or bytes.fromhex(earlier) in self._keys
        ):
            return False
        self._taken.add(earlier)
        return True


def has_records(db: Session, source_id: int) -> bool:
    """Whether anything of the source was stored before."""
    found = db.scalar(select(UsageRecord.id).where(UsageRecord.source_id == source_id).limit(1))
    return found is not None


class Writer:
    """Stores the rows of one import; people are looked up once and added as they appear."""

    def __init__(
        self,
        db: Session,
        actor: Actor,
        source_id: int,
        import_id: int,
        units: Iterable[UnitInfo],
        keys: Set[bytes],
    ) -> None:
        self._db = db
        self._units = {unit.id: unit for unit in units}
        self._source_id = source_id
        self._import_id = import_id
        self._now = actor.now
        self._stored = Stored(source_id if has_records(db, source_id) else None, keys)
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

    def store(self, chunk: Sequence[GoodRow]) -> int:
        """Store what is new of ``chunk`` and return how many rows that was."""
        fresh = self._stored.fresh(self._db, chunk)
        self._remember_people(fresh)
        add_records(self._db, [self._record(row) for row in fresh])
        return len(fresh)

    def _remember_people(self, rows: Sequence[GoodRow]) -> None:
        """Add people seen for the first time; a new name replaces the one on the person's card."""
        names = {row.user_code: row.person_name for row in rows if row.person_name}
        codes = {row.user_code for row in rows}
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

    def _record(self, row: GoodRow) -> dict[str, Any]:
        account_id = self._account_of.get(row.user_code)
        unit = self._units[row.unit_id]
        return {
            "source_id": self._source_id,
            "source_key": row.source_key,
            "import_id": self._import_id,
            "occurred_at": row.occurred_at,
            "local_month": row.local_month,
            "stored_at": self._now,
            "account_id": account_id,
            "person_key": (
                f"S{self._source_id}:{row.user_code}" if account_id is None else str(account_id)
            ),
            "username": row.user_code,
            "person_name": row.person_name,
            "unit_id": unit.id,
            "unit_name": unit.name,
            "agency_id": unit.agency_id,
            "agency_name": unit.agency_name,
            "item": row.item,
            "item_authorised": account_id is None or (account_id, row.item) in self._items,
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
