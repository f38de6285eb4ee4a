"""Rows that were purged lawfully: which they are, and whether every purge is what it says (7.1.5).

Their hashes stay in the tiles, so that every root still follows. A purge counts only with its own event,
and only for rows whose age a signed checkpoint shows: whoever owns the database can write any date into
it, but cannot have had a row sealed three years ago.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Event, LedgerCheckpoint, LedgerTile, Purge
from services import rocdate
from services.events import EventType
from services.ledger import tiles
from services.ledger.id_runs import NO_RUNS, IdRuns, union
from services.ledger.note import Checkpoint
from services.ledger.rows import Log, Row
from services.ledger.tree import leaf_hash
from services.regulation.retention import earliest_purge

_AT_ONCE = 64
"""Tiles read at a time."""
_CLOCK_TOLERANCE = timedelta(minutes=10)


def runs_sha256(record_ids: str) -> str:
    """Return the hash by which an event names the numbers of the rows that were purged."""
    return hashlib.sha256(record_ids.encode()).hexdigest()


def about(purge: Purge) -> dict[str, Any]:
    """Return what the event of a purge says of it."""
    return {
        "before_day": purge.before.isoformat(),
        "records": purge.records,
        "audits": purge.audits,
        "archive_sha256": purge.archive_sha256,
        "record_ids_sha256": runs_sha256(purge.record_ids),
    }


def provable_through(db: Session, before: date) -> int:
    """Return the highest usage record that a checkpoint shows to have been there before that date."""
    end = rocdate.midnight(before)
    found = db.scalar(
        select(func.max(LedgerCheckpoint.usage_through)).where(LedgerCheckpoint.sealed_at < end)
    )
    return found or 0


def stored(db: Session) -> Sequence[Purge]:
    """Return every purge, the first one first."""
    return db.scalars(select(Purge).order_by(Purge.id)).all()


def purged_ids(db: Session) -> IdRuns:
    """Return the usage records that purges name; whether lawfully, `fault_of` says."""
    return union([runs_of(row) for row in stored(db)])


def fault_of(db: Session, known: Sequence[Checkpoint], now: datetime) -> str | None:
    """Return the first thing that is wrong with the purges under the checkpoints ``known``, or None."""
    events = _events(db)
    rows = stored(db)
    for row in rows:
        if (fault := _fault(row, events.get(str(row.id), []), known, now)) is not None:
            return f"第 {row.id} 號清除紀錄{fault}"
    named = [runs_of(row) for row in rows]
    if len(union(named)) != sum(map(len, named)):
        return "兩次清除列了同一筆使用紀錄，清除紀錄已遭更動。"
    gone = sorted(set(events) - {str(row.id) for row in rows})
    if gone:
        return f"系統紀錄有第 {gone[0]} 號清除，清除紀錄卻不見了。"
    return None


def _fault(
    row: Purge, events: Sequence[Event], known: Sequence[Checkpoint], now: datetime
) -> str | None:
    try:
        runs = IdRuns.read(row.record_ids)
    except ValueError:
        return "的紀錄編號無法讀取，已遭更動。"
    if len(runs) != row.records:
        return "的筆數與所列編號不符，已遭更動。"
    event = next((one for one in events if one.at == row.at and one.detail == about(row)), None)
    if event is None:
        return "沒有相符的系統紀錄；不是由 manage.py purge 清除，或已遭更動。"
    if row.at > _latest(event, known, now) + _CLOCK_TOLERANCE:
        return "的時間晚於其封存或現在的時間，已遭更動。"
    if row.before > earliest_purge(rocdate.local_date(row.at)):
        return f"清除早於 {rocdate.roc_date(row.before)} 的紀錄，當時還未滿保存年限。"
    if not len(runs):
        return None
    sealed_at = next((one.sealed_at for one in known if one.usage_through >= runs.last), None)
    if sealed_at is None:
        return f"列有從未封存的使用紀錄（第 {runs.last} 筆）。"
    if rocdate.local_date(sealed_at) >= row.before:
        return (
            f"列有未滿保存年限的使用紀錄：第 {runs.last} 筆於 "
            f"{rocdate.roc_date(rocdate.local_date(sealed_at))} 才封存。"
        )
    return None


def _latest(event: Event, known: Sequence[Checkpoint], now: datetime) -> datetime:
    """Return when a purge can have been at the latest: its event was sealed then, or it is now."""
    return next((one.sealed_at for one in known if one.event_through >= event.id), now)


def _events(db: Session) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    written = select(Event).where(
        Event.type == EventType.RECORDS_PURGED.value, Event.outcome == "done"
    )
    for event in db.scalars(written):
        found.setdefault(event.object_id, []).append(event)
    return found


def runs_of(row: Purge) -> IdRuns:
    """Return the usage records that a purge names; none where that cannot be read."""
    try:
        return IdRuns.read(row.record_ids)
    except ValueError:
        return NO_RUNS


def sealed_leaves(db: Session, log: Log) -> Iterator[tuple[int, bytes]]:
    """Yield the row numbers of a log with their hashes as the tiles have them, in ascending order."""
    number = -1
    while True:
        rows = db.scalars(
            select(LedgerTile)
            .where(LedgerTile.level == 0, LedgerTile.number.between(number + 1, number + _AT_ONCE))
            .order_by(LedgerTile.number, LedgerTile.width)
        ).all()
        if not rows:
            return
        for row in {row.number: row for row in rows}.values():  # the widest of each comes last
            tile, place = tiles.read_tile(row), 0
            for run in tile.runs:
                ids = range(run.first, run.last + 1)
                if run.log is log:
                    yield from zip(ids, tile.hashes[place : place + len(ids)], strict=True)
                place += len(ids)
        number += _AT_ONCE
        db.expunge_all()


def first_not_as_sealed(db: Session, rows: Iterable[Row]) -> int | None:
    """Return the first of these usage records, in ascending order, that its leaf does not stand for."""
    sealed = sealed_leaves(db, Log.USAGE)
    at, leaf = 0, b""
    for id_, content in rows:
        while at < id_:
            at, leaf = next(sealed, (1 << 63, b""))
        if at != id_ or leaf_hash(content) != leaf:
            return id_
    return None
