"""One pass over all sealed rows: read, hash, compare with the tiles, and derive every root anew.

Of a row that was purged only the hash in its tile is left; the roots still have to follow from it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import LedgerTile
from services.ledger import naming, rows, tiles, tree
from services.ledger.id_runs import NO_RUNS, IdRuns
from services.ledger.note import Checkpoint
from services.ledger.rows import Log, Row
from services.ledger.tiles import WIDTH, Tile


@dataclass(frozen=True)
class _Suspect:
    """The first row whose hash is not its tile's: one of the two was altered."""

    log: Log
    id: int
    content: bytes
    index: int


class _Fault(Exception):
    """The first fault of the rows."""


class _TileFault(Exception):
    """A tile that is not what was stored; the rows cannot be held against it."""


class Rehashing:
    """Verifies the rows and tiles under the checkpoints ``known``, which are in ascending size."""

    AT_ONCE = 64
    """Tiles read at a time: 16,384 rows, some 10 MB."""

    def __init__(self, known: Sequence[Checkpoint], purged: IdRuns = NO_RUNS) -> None:
        self.tile_fault: str | None = None
        """What is wrong with the tiles although the rows are as they were sealed."""
        self.purged = 0
        """How many of the purged rows are named by a tile, and gone."""
        self._purged = purged
        """Usage records that need not be there any more, and must not."""
        self._known = known
        self._sizes = [checkpoint.size for checkpoint in known]
        self._size = self._sizes[-1] if known else 0
        self._partial: dict[int, dict[int, set[int]]] = {}
        # Below any number: a row that was put in under 0 or less is one too many.
        self._through = dict.fromkeys(Log, -(1 << 62))
        self._grown = tree.CompactRange()
        self._roots: list[bytes] = []
        """The roots of the full tiles of leaves, from the rows themselves."""
        self._passed = 0
        """How many checkpoints the rows have reproduced."""
        self._suspect: _Suspect | None = None

    def run(self, progress: Callable[[float, str], None]) -> str | None:
        """Return the first fault of the rows, or None; faults of tiles alone go to ``tile_fault``."""
        end = -(-self._size // WIDTH)
        try:
            for start in range(0, end, self.AT_ONCE):
                with reading() as db:
                    self._verify(db, start, min(start + self.AT_ONCE, end))
                progress(min((start + self.AT_ONCE) / end, 1.0), "驗證")
            with reading() as db:
                self._verify_upper(db)
        except _Fault as fault:
            return str(fault)
        except _TileFault as fault:
            self.tile_fault = self.tile_fault or str(fault)
        return None

    def _verify(self, db: Session, start: int, end: int) -> None:
        """Verify the rows of the leaf tiles from ``start`` up to, without, ``end``."""
        held = list(self._tiles(db, start, end))
        wanted = [leaf for tile in held for leaf in tile.hashes]
        runs = [run for tile in held for run in tile.runs]
        mine: list[bytes] = []
        for log, named in groupby(runs, key=lambda run: run.log):
            ids = [id_ for run in named for id_ in range(run.first, run.last + 1)]
            leaves = wanted[len(mine) : len(mine) + len(ids)]
            found = self._read(db, log, ids, leaves)
            hashes = tree.leaf_hashes(content for _, content in found)
            if len(found) < len(ids):
                found, hashes = _with_gaps(ids, leaves, found, hashes)
            if hashes != leaves and self._suspect is None:
                place = next(p for p, leaf in enumerate(leaves) if leaf != hashes[p])
                index = start * WIDTH + len(mine) + place
                self._suspect = _Suspect(log, *found[place], index=index)
            mine += hashes
        for place in range(0, len(mine), WIDTH):
            self._grow(db, start * WIDTH + place, mine[place : place + WIDTH])

    def _read(self, db: Session, log: Log, ids: list[int], leaves: list[bytes]) -> list[Row]:
        """Return the rows of these ids, and make sure that they are all there and no others.

        Those that were purged are not among them.
        """
        after, self._through[log] = self._through[log], ids[-1]
        if ids[0] <= after or any(map(int.__ge__, ids, ids[1:])):
            raise _TileFault(f"帳本的雜湊塊所記的{log.label}編號次序已遭更動。")
        try:
            found = rows.read(db, log, after, ids[-1])
        except rows.UnreadableError:
            raise _Fault(naming.unreadable(db, log, ids)) from None
        ids, leaves = self._not_purged(log, ids, leaves, found)
        if [id_ for id_, _ in found] != ids:
            next_ones = rows.read(db, log, after, rows.highest_id(db, log), len(ids))
            if ids and tree.leaf_hashes(content for _, content in next_ones) == leaves:
                raise _TileFault(f"帳本的雜湊塊所記的{log.label}編號已遭更動。")
            raise _Fault(naming.missing_or_added(db, log, ids, leaves, dict(found)))
        return found

    def _not_purged(
        self, log: Log, ids: list[int], leaves: list[bytes], found: list[Row]
    ) -> tuple[list[int], list[bytes]]:
        """Return the ids and hashes of the rows that must still be there."""
        gone = self._purged.among(ids) if log is Log.USAGE else []
        if not any(gone):
            return ids, leaves
        for is_purged, (id_, _) in zip(
            self._purged.among([id_ for id_, _ in found]), found, strict=True
        ):
            if is_purged:
                raise _Fault(naming.purged_yet_there(log, id_))
        self.purged += sum(gone)
        kept = [place for place, is_gone in enumerate(gone) if not is_gone]
        return [ids[place] for place in kept], [leaves[place] for place in kept]

    def _grow(self, db: Session, low: int, leaves: list[bytes]) -> None:
        """Add the leaves of one tile, and hold every checkpoint among them against its root."""
        while self._passed < len(self._sizes) and self._sizes[self._passed] <= low + len(leaves):
            checkpoint = self._known[self._passed]
            if self._grown.root(leaves[: checkpoint.size - low]) != checkpoint.root:
                raise _Fault(self._who_was_altered(db, checkpoint))
            if self._suspect is not None and self._suspect.index < checkpoint.size:
                # The signed root is that of the rows: so it is the tile that was altered.
                raise _TileFault(_tile(0, self._suspect.index // WIDTH))
            self._passed += 1
        if len(leaves) == WIDTH:
            self._roots.append(tree.root_of(leaves))
            self._grown.add(self._roots[-1], WIDTH)

    def _who_was_altered(self, db: Session, checkpoint: Checkpoint) -> str:
        if self._suspect is not None:
            found = self._suspect
            return naming.altered(db, found.log, found.id, found.content)
        before = self._known[self._passed - 1] if self._passed else None
        used, happened = (before.usage_through, before.event_through) if before else (0, 0)
        return (
            f"第 {checkpoint.number} 號檢查點的根與紀錄不符：{Log.USAGE.label}第 {used + 1} 至 "
            f"{checkpoint.usage_through} 筆或{Log.EVENTS.label}第 {happened + 1} 至 "
            f"{checkpoint.event_through} 筆之間的紀錄，連同帳本的雜湊一起遭更動。"
        )

    def _tiles(self, db: Session, start: int, end: int) -> Iterator[Tile]:
        """Yield the leaf tiles, once every stored width of each is what it was."""
        stored = db.scalars(
            select(LedgerTile)
            .where(LedgerTile.level == 0, LedgerTile.number >= start, LedgerTile.number < end)
            .order_by(LedgerTile.number, LedgerTile.width)
        )
        numbered = {number: list(of) for number, of in groupby(stored, lambda row: row.number)}
        for number in range(start, end):
            found = [_read_tile(row) for row in numbered.get(number, ())]
            if {len(tile.hashes) for tile in found} != self._widths(0, number):
                raise _TileFault(_tile(0, number))
            for narrow in found[:-1]:
                width = len(narrow.hashes)
                named = tiles.first_rows(found[-1].runs, width)
                if narrow.hashes != found[-1].hashes[:width] or narrow.runs != named:
                    raise _TileFault(_tile(0, number))
            yield found[-1]

    def _widths(self, level: int, number: int) -> set[int]:
        """Return the widths in which a tile was stored, checkpoint after checkpoint."""
        if level not in self._partial:
            self._partial[level] = tiles.expected_widths(self._sizes, level)
        full = tiles.is_full(self._size, level, number)
        return self._partial[level].get(number, set()) | ({WIDTH} if full else set())

    def _verify_upper(self, db: Session) -> None:
        """Verify the tiles above the leaves against the roots from the rows, and that there are no more."""
        partial = tiles.expected_widths(self._sizes, 0).values()
        level, below, count = 0, self._roots, self._size // WIDTH + sum(map(len, partial))
        while below:
            level += 1
            expected = {
                (number, width)
                for number in range(-(-len(below) // WIDTH))
                for width in self._widths(level, number)
            }
            for row in db.scalars(select(LedgerTile).where(LedgerTile.level == level)):
                start = row.number * WIDTH
                if (row.number, row.width) not in expected or _read_tile(row).hashes != below[
                    start : start + row.width
                ]:
                    raise _TileFault(_tile(level, row.number))
            count += len(expected)
            below = [
                tree.root_of(below[start : start + WIDTH])
                for start in range(0, len(below) // WIDTH * WIDTH, WIDTH)
            ]
        if tiles.count_stored(db) != count:
            raise _TileFault("帳本的雜湊塊多出或缺少，已遭更動。")


def _with_gaps(
    ids: list[int], leaves: list[bytes], found: list[Row], hashes: list[bytes]
) -> tuple[list[Row], list[bytes]]:
    """Lay rows out at the places of their ids; where one was purged, its hash is that of the tile."""
    there = dict(zip((id_ for id_, _ in found), hashes, strict=True))
    content = dict(found)
    return (
        [(id_, content.get(id_, b"")) for id_ in ids],
        [there.get(id_, leaf) for id_, leaf in zip(ids, leaves, strict=True)],
    )


def _read_tile(row: LedgerTile) -> Tile:
    try:
        return tiles.read_tile(row)
    except ValueError:
        raise _TileFault(_tile(row.level, row.number)) from None


def _tile(level: int, number: int) -> str:
    return f"帳本的雜湊塊（第 {level} 層第 {number} 塊）不見了，或遭更動。"
