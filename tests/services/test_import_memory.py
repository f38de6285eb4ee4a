"""A long file streams: its memory does not grow with its rows but for one digest a row.

A million rows are measured in tests/bench/bench_import.py, against the same gibibyte.
"""

from pathlib import Path

from data.engine import engine
from tests.services.import_alone import import_alone
from tests.services.import_helpers import write_large_csv
from tests.world import World

ROWS, BAD_EVERY = 100_000, 5
MOST_MIB = 1024 * ROWS // 1_000_000 + 150
"""A tenth of the gibibyte of a million rows, above what Python and its libraries take at rest."""


def test_a_long_file_does_not_fill_the_memory(world: World, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    write_large_csv(path, ROWS, BAD_EVERY)
    url = engine().url.render_as_string(hide_password=False)
    bad = ROWS // BAD_EVERY
    measured = import_alone(path, url)
    assert measured["memory_mib"] < MOST_MIB
    del measured["memory_mib"], measured["seconds"]
    assert measured == {"read": ROWS, "stored": ROWS - bad, "duplicates": 0, "rejected": bad}
