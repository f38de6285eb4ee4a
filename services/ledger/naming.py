"""Sentences that name a row that is not as it was sealed; slow searches that only a fault pays for."""

from collections.abc import Iterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import LedgerCheckpoint, LedgerTile
from services.ledger import rows, tiles
from services.ledger.rows import Log
from services.ledger.tree import leaf_hash

_AT_ONCE = 1 << 13


def altered(db: Session, log: Log, id_: int, content: bytes) -> str:
    """Name a row whose content is not what was sealed, and whose it is now, if another's."""
    other = _sealed_as(db, log, content, id_)
    if other is not None:
        return f"{log.label}第 {id_} 筆的內容被換成第 {other} 筆的內容。"
    return differs(log, id_)


def differs(log: Log, id_: int) -> str:
    """Name a row whose content is not what was sealed."""
    return f"{log.label}第 {id_} 筆的內容在封存後遭更動。"


def purged_yet_there(log: Log, id_: int) -> str:
    """Name a row that was purged and is there all the same."""
    return f"{log.label}第 {id_} 筆已經清除，資料庫卻還有這一筆；是清除後放回，或並未清除。"


def unreadable(db: Session, log: Log, ids: Sequence[int]) -> str:
    """Name the first of these rows that cannot be read as a row at all."""
    for id_ in ids:
        try:
            rows.read(db, log, id_ - 1, id_)
        except rows.UnreadableError:
            return f"{log.label}第 {id_} 筆的內容在封存後遭更動，已不是文字。"
    return f"{log.label}無法讀取。"


def missing_or_added(
    db: Session, log: Log, sealed: Sequence[int], leaves: Sequence[bytes], found: dict[int, bytes]
) -> str:
    """Name the first row that is missing or too many; ``leaves`` are the hashes of ``sealed``."""
    first = min(set(sealed) ^ set(found))
    if first in found:
        other = _sealed_as(db, log, found[first], first)
        if other is not None:
            return f"{log.label}第 {other} 筆的內容被搬到第 {first} 筆，封存時沒有第 {first} 筆。"
        return f"{log.label}多出第 {first} 筆，封存時沒有這一筆。"
    now = _stored_as(db, log, first, leaves[sealed.index(first)], set(found) - set(sealed))
    if now is not None:
        return f"{log.label}第 {first} 筆被搬到第 {now} 筆。"
    gone = len(set(sealed) - set(found))
    others = f"（附近共缺 {gone:,} 筆）" if gone > 1 else ""
    return f"{log.label}第 {first} 筆在封存後不見了{others}。"


def _as_if(content: bytes, id_: int) -> bytes:
    """Return the leaf that this content would be under another id."""
    table, version, _, rest = content.split(b",", 3)
    return b",".join((table, version, str(id_).encode(), rest))


def _sealed_as(db: Session, log: Log, content: bytes, but: int) -> int | None:
    """Return the id under which this content was sealed, if it no longer stands there."""
    for id_, leaf in _sealed(db, log):
        if id_ != but and leaf_hash(_as_if(content, id_)) == leaf:
            # Two rows can say the same: one that still stands where it was is not the one meant.
            now = rows.read(db, log, id_ - 1, id_)
            if not now or leaf_hash(now[0][1]) != leaf:
                return id_
    return None


def _sealed(db: Session, log: Log) -> Iterator[tuple[int, bytes]]:
    """Yield the ids of a log with their hashes as the tiles have them."""
    number = -1
    while True:
        row = db.scalar(
            select(LedgerTile)
            .where(LedgerTile.level == 0, LedgerTile.number > number)
            .order_by(LedgerTile.number, LedgerTile.width.desc())
            .limit(1)
        )
        if row is None:
            return
        number = row.number
        try:
            tile = tiles.read_tile(row)
        except ValueError:
            continue
        named = [(run.log, id_) for run in tile.runs for id_ in range(run.first, run.last + 1)]
        for (of, id_), leaf in zip(named, tile.hashes, strict=True):
            if of == log:
                yield id_, leaf


def _stored_as(db: Session, log: Log, id_: int, leaf: bytes, added: set[int]) -> int | None:
    """Return the id under which the content sealed as ``id_`` stands: one added, or not sealed."""
    near = [row for other in sorted(added) for row in rows.read(db, log, other - 1, other)]
    after, upto = _sealed_through(db, log), rows.highest_id(db, log)
    while near or (near := rows.read(db, log, after, upto, _AT_ONCE)):
        for now, content in near:
            if leaf_hash(_as_if(content, id_)) == leaf:
                return now
        after, near = max(after, near[-1][0]), []
    return None


def _sealed_through(db: Session, log: Log) -> int:
    column = {
        Log.USAGE: LedgerCheckpoint.usage_through,
        Log.EVENTS: LedgerCheckpoint.event_through,
    }[log]
    return db.scalar(select(func.max(column))) or 0
