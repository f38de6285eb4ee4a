"""Stored hashes in tiles of 256, level upon level, and which rows the leaves are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import LedgerTile
from services.ledger.rows import Log
from services.ledger.tree import HASH_BYTES, root_of, split_point

WIDTH = 256
_BITS = 8


class Run(NamedTuple):
    """Rows of one log that follow each other as leaves and whose ids have no gap."""

    log: Log
    first: int
    last: int


@dataclass(frozen=True)
class Tile:
    """Up to `WIDTH` hashes of one level; ``runs`` names the rows of leaves and is empty above."""

    level: int
    number: int
    hashes: list[bytes]
    runs: tuple[Run, ...] = ()


Fetch = Callable[[int, int], Tile | None]
"""Gives the fullest tile of a level and number, or None."""


def runs_of(log: Log, ids: Iterable[int]) -> list[Run]:
    """Return the runs of ascending ids."""
    runs: list[Run] = []
    for id_ in ids:
        if runs and runs[-1].last == id_ - 1:
            runs[-1] = Run(log, runs[-1].first, id_)
        else:
            runs.append(Run(log, id_, id_))
    return runs


def write_runs(runs: Iterable[Run]) -> str:
    """Return runs as they are stored: ``u1001-1250,e5``."""
    return ",".join(
        f"{run.log}{run.first}" + (f"-{run.last}" if run.last > run.first else "") for run in runs
    )


def read_runs(text: str) -> tuple[Run, ...]:
    """Read what `write_runs` wrote; ValueError for anything else."""
    runs = []
    for part in text.split(",") if text else ():
        first, _, last = part[1:].partition("-")
        runs.append(Run(Log(part[:1]), int(first), int(last or first)))
    if write_runs(runs) != text or any(run.first < 1 for run in runs):
        raise ValueError(f"no runs of rows: {text[:80]}")
    return tuple(runs)


def count_rows(runs: Iterable[Run]) -> int:
    """Return how many rows the runs name."""
    return sum(run.last - run.first + 1 for run in runs)


def read_tile(row: LedgerTile) -> Tile:
    """Return a stored tile; ValueError when it is not what was ever stored."""
    hashes = [
        row.hashes[start : start + HASH_BYTES] for start in range(0, len(row.hashes), HASH_BYTES)
    ]
    runs = read_runs(row.rows)
    whole = len(row.hashes) == row.width * HASH_BYTES and 0 < row.width <= WIDTH
    if not whole or count_rows(runs) != (0 if row.level else row.width):
        raise ValueError(f"tile {row.level}/{row.number} is not of width {row.width}")
    return Tile(row.level, row.number, hashes, runs)


def stored_row(tile: Tile) -> LedgerTile:
    """Return the row that keeps a tile."""
    return LedgerTile(
        level=tile.level,
        number=tile.number,
        width=len(tile.hashes),
        hashes=b"".join(tile.hashes),
        rows=write_runs(tile.runs),
    )


def fetch_from(db: Session) -> Fetch:
    """Return a function that reads the fullest tile of a level and number, each once."""
    seen: dict[tuple[int, int], Tile | None] = {}

    def fetch(level: int, number: int) -> Tile | None:
        if (level, number) not in seen:
            row = db.scalar(
                select(LedgerTile)
                .where(LedgerTile.level == level, LedgerTile.number == number)
                .order_by(LedgerTile.width.desc())
                .limit(1)
            )
            seen[level, number] = read_tile(row) if row else None
        return seen[level, number]

    return fetch


def grow(size: int, fetch: Fetch, hashes: Sequence[bytes], runs: Sequence[Run]) -> list[Tile]:
    """Return the tiles that ``hashes`` after the first ``size`` leaves make, on every level."""
    made: list[Tile] = []
    level, added = 0, list(hashes)
    while added:
        number, held = divmod(size >> (_BITS * level), WIDTH)
        edge = fetch(level, number) if held else None
        if held and (edge is None or len(edge.hashes) != held):
            raise ValueError(f"tile {level}/{number} does not end at its {held} hashes")
        all_hashes = (edge.hashes if edge else []) + added
        named = _cut((*(edge.runs if edge else ()), *runs) if level == 0 else ())
        tiles = [
            Tile(level, number + place, all_hashes[start : start + WIDTH], next(named, ()))
            for place, start in enumerate(range(0, len(all_hashes), WIDTH))
        ]
        made += tiles
        level += 1
        added = [root_of(tile.hashes) for tile in tiles if len(tile.hashes) == WIDTH]
    return made


def _cut(runs: Sequence[Run]) -> Iterator[tuple[Run, ...]]:
    """Cut runs into those of one tile after the other."""
    here: list[Run] = []
    room = WIDTH
    for log, first, last in runs:
        while first <= last:
            until = min(last, first + room - 1)
            if here and here[-1].log == log and here[-1].last == first - 1:
                here[-1] = Run(log, here[-1].first, until)
            else:
                here.append(Run(log, first, until))
            room -= until - first + 1
            first = until + 1
            if not room:
                yield tuple(here)
                here, room = [], WIDTH
    if here:
        yield tuple(here)


def first_rows(runs: Iterable[Run], count: int) -> tuple[Run, ...]:
    """Return the runs of the first ``count`` rows."""
    kept: list[Run] = []
    for log, first, last in runs:
        if count > 0:
            kept.append(Run(log, first, min(last, first + count - 1)))
            count -= last - first + 1
    return tuple(kept)


def over(new: Iterable[Tile], fetch: Fetch) -> Fetch:
    """Return a function that gives the tiles ``new`` before those of ``fetch``."""
    fresh = {(tile.level, tile.number): tile for tile in new}
    return lambda level, number: fresh.get((level, number)) or fetch(level, number)


def range_root(fetch: Fetch, low: int, high: int) -> bytes:
    """Return the root of the leaves from ``low`` up to, without, ``high``, from tiles alone.

    Raises ValueError when a tile that it needs is missing or too short.
    """
    size = high - low
    if size > 1 and (size & size - 1 or low % size):
        middle = low + split_point(size)
        left, right = range_root(fetch, low, middle), range_root(fetch, middle, high)
        return root_of([left, right])
    level = (size.bit_length() - 1) // _BITS
    start, end = low >> _BITS * level, high >> _BITS * level
    number, place = divmod(start, WIDTH)
    tile = fetch(level, number)
    if tile is None or len(tile.hashes) < place + end - start:
        raise ValueError(f"tile {level}/{number} is missing or too short")
    return root_of(tile.hashes[place : place + end - start])


def is_full(size: int, level: int, number: int) -> bool:
    """Whether a tree of ``size`` leaves fills the tile of this level and number."""
    return size >> _BITS * level >= (number + 1) * WIDTH


def count_stored(db: Session) -> int:
    """Return how many tiles are stored, every width counted."""
    return db.scalar(select(func.count()).select_from(LedgerTile)) or 0


def expected_widths(sizes: Iterable[int], level: int) -> dict[int, set[int]]:
    """Return which widths of which partial tiles checkpoints of these sizes have left behind."""
    partial: dict[int, set[int]] = {}
    for size in sizes:
        number, width = divmod(size >> _BITS * level, WIDTH)
        if width:
            partial.setdefault(number, set()).add(width)
    return partial
