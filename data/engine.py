"""Where the database is and how a transaction is opened, the same for SQLite and PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
_engine: Engine | None = None


def database_url() -> str:
    """Return ``DATABASE_URL``, or the embedded SQLite database under ``var/``."""
    return os.environ.get("DATABASE_URL") or f"sqlite:///{ROOT / 'var' / 'cadastre.db'}"


def configure(url: str | None = None) -> Engine:
    """Make ``url`` (default: `database_url`) the database of this process and return its engine."""
    global _engine
    if _engine is not None:
        _engine.dispose()
    _engine = _create(url or database_url())
    return _engine


def engine() -> Engine:
    """Return the process's engine, configuring it on first use."""
    return _engine if _engine is not None else configure()


def _create(url: str) -> Engine:
    made = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if made.dialect.name == "sqlite":
        if made.url.database:
            Path(made.url.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(made, "connect", _sqlite_on_connect)
        event.listen(made, "begin", _sqlite_on_begin)
    return made


def _sqlite_on_connect(connection: Any, _record: Any) -> None:
    # The driver would open transactions late and by itself; we say BEGIN ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        # A usage record must survive a power cut: the data is shown right after it.
        "synchronous=FULL",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_on_begin(connection: Any) -> None:
    # A writer takes its lock at once, so that two never both read and then fail to upgrade.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a session for writing; it commits at the end or, on any error, leaves nothing behind."""
    writer = engine().execution_options(writes=True)
    with Session(writer, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session for reading only; nothing it holds is ever written."""
    with Session(engine(), expire_on_commit=False, autoflush=False) as session:
        yield session
