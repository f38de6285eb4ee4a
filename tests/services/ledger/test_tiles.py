"""Tiles hold the tree: the same roots and proofs as from the leaves, whatever the steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.rows import Log
from services.ledger.tiles import (
    Run,
    Tile,
    count_rows,
    expected_widths,
    grow,
    over,
    range_root,
    read_runs,
    read_tile,
    runs_of,
    stored_row,
    write_runs,
)
from services.ledger.tree import consistency_proof, inclusion_proof, leaf_hashes, root_of

LEAVES = leaf_hashes(str(number).encode() for number in range(140_000))


class Store:
    """Tiles in memory, kept as the database keeps them: every width a row of its own."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int, int], Tile] = {}

    def fetch(self, level: int, number: int) -> Tile | None:
        widths = [key[2] for key in self.rows if key[:2] == (level, number)]
        return self.rows[level, number, max(widths)] if widths else None

    def add(self, tiles: list[Tile]) -> None:
        for tile in tiles:
            key = (tile.level, tile.number, len(tile.hashes))
            assert key not in self.rows, "stored twice"
            self.rows[key] = read_tile(stored_row(tile))


@given(sizes=st.lists(st.integers(1, 1500), min_size=1, max_size=6))
def test_the_tree_of_the_tiles_is_that_of_the_leaves(sizes: list[int]) -> None:
    store, size, seen = Store(), 0, []
    for more in sizes:
        runs = runs_of(Log.USAGE, range(size + 1, size + more + 1))
        tiles = grow(size, store.fetch, LEAVES[size : size + more], runs)
        fetch = over(tiles, store.fetch)
        size += more
        seen.append(size)
        assert range_root(fetch, 0, size) == root_of(LEAVES[:size])
        store.add(tiles)
    for low, high in ((0, size), (size // 2, size), (size // 3, size // 3 + 1)):
        assert range_root(store.fetch, low, high) == root_of(LEAVES[low:high])
    assert inclusion_proof(size // 2, size, lambda a, b: range_root(store.fetch, a, b)) == (
        inclusion_proof(size // 2, size, lambda a, b: root_of(LEAVES[a:b]))
    )
    assert consistency_proof(seen[0], size, lambda a, b: range_root(store.fetch, a, b)) == (
        consistency_proof(seen[0], size, lambda a, b: root_of(LEAVES[a:b]))
    )
    names = [run for number in range(-(-size // 256)) for run in store.fetch(0, number).runs]  # type: ignore[union-attr]
    assert count_rows(names) == size
    for level in range(3):
        widths = {
            (number, width) for (lv, number, width) in store.rows if lv == level and width < 256
        }
        partial = expected_widths(seen, level)
        assert widths == {(number, w) for number, held in partial.items() for w in held}


def test_three_levels() -> None:
    size = len(LEAVES)
    tiles = grow(0, lambda level, number: None, LEAVES, [Run(Log.USAGE, 1, size)])
    assert {tile.level for tile in tiles} == {0, 1, 2}
    fetch = over(tiles, lambda level, number: None)
    assert range_root(fetch, 0, size) == root_of(LEAVES)
    assert range_root(fetch, 65_536, 131_072) == root_of(LEAVES[65_536:131_072])


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", ()),
        ("u1", (Run(Log.USAGE, 1, 1),)),
        ("u1-3,e5,u9-10", (Run(Log.USAGE, 1, 3), Run(Log.EVENTS, 5, 5), Run(Log.USAGE, 9, 10))),
    ],
)
def test_runs_are_written_and_read(text: str, runs: tuple[Run, ...]) -> None:
    assert read_runs(text) == runs and write_runs(runs) == text


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(
    "text", ["x1", "u", "u0", "u-1", "u3-1", "u1-1", "u01", "u1,", ",", "u1 -2", "u1-2-3", "1-2"]
)
def test_other_runs_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_runs(text)


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(
    "change",
    [
        {"hashes": b"x" * 31},
        {"hashes": b""},
        {"hashes": b"x" * 96},
        {"width": 3},
        {"width": 0, "hashes": b"", "rows": ""},
        {"rows": "u1"},
        {"rows": ""},
        {"level": 1},
    ],
    ids=str,
)
def test_a_mutilated_tile_is_refused(change: dict[str, object]) -> None:
    row = stored_row(Tile(0, 0, LEAVES[:2], (Run(Log.USAGE, 1, 2),)))
    assert read_tile(row).hashes == LEAVES[:2]
    for name, value in change.items():
        setattr(row, name, value)
    with pytest.raises(ValueError):
        read_tile(row)


def test_a_missing_tile_is_no_root_and_nothing_grows_on_it() -> None:
    with pytest.raises(ValueError):
        range_root(lambda level, number: None, 0, 3)
    with pytest.raises(ValueError):
        grow(3, lambda level, number: None, LEAVES[3:5], [Run(Log.USAGE, 4, 5)])
