"""Where the database is and how a transaction is opened, the same for SQLite and PostgreSQL."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
_SQLITE_STORAGE = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
)
_POSTGRESQL_STORAGE = ("08", "25006", "53", "57P", "58", "XX")
"""Connection lost, read only, no room, shut down, system errors, corrupted."""
_POSTGRESQL_BUSY = ("40001", "40P01", "55P03")
"""Two that wait for each other, or one that waited too long for a lock."""

PATIENCE = 10.0
"""Seconds that a writer waits for SQLite's one writer before it is told that the database is busy."""

_engine: Engine | None = None
_say_what_it_means: Callable[[Exception], Exception] | None = None


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
    # Errors go to the log whole; the values of the statement are other people's.
    made = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
    if made.dialect.name == "sqlite":
        if file := sqlite_file(made.url):
            file.parent.mkdir(parents=True, exist_ok=True)
        event.listen(made, "connect", _sqlite_on_connect)
        event.listen(made, "begin", _sqlite_on_begin)
    return made


def sqlite_file(url: URL) -> Path | None:
    """Return the file of an SQLite database, also of one that is written as ``file:…``; None in memory."""
    if url.get_backend_name() != "sqlite" or not url.database or ":memory:" in url.database:
        return None
    if url.database.startswith("file:"):
        return Path(unquote(url.database.removeprefix("file:").split("?")[0]))
    return Path(url.database)


def _sqlite_on_connect(connection: Any, _record: Any) -> None:
    # The driver would open transactions late and by itself; we say BEGIN ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={PATIENCE * 1000:.0f}",
        # A usage record must survive a power cut: the data is shown right after it.
        "synchronous=FULL",
        "cache_size=-65536",
        # REPLACE removes the old row, and only then do the triggers of append-only tables hear of it.
        "recursive_triggers=ON",
        # What is deleted is overwritten: a destroyed document leaves no bytes in the file.
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_on_begin(connection: Any) -> None:
    # A writer takes its lock at once, so that two never both read and then fail to upgrade.
    options = connection.get_execution_options()
    begin = "BEGIN IMMEDIATE" if options.get("writes", False) else "BEGIN"
    if (patience := options.get("patience")) is None:
        connection.exec_driver_sql(begin)
        return
    usual = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    connection.exec_driver_sql(f"PRAGMA busy_timeout={patience * 1000:.0f}")
    try:
        connection.exec_driver_sql(begin)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={usual}")


def when_failing(meaning: Callable[[Exception], Exception]) -> None:
    """Let ``meaning`` turn the error of a database that is away, busy or does not commit into another."""
    global _say_what_it_means
    _say_what_it_means = meaning


@contextmanager
def transaction(patience: float | None = None) -> Iterator[Session]:
    """Open a session for writing; it commits at the end or, on any error, leaves nothing behind.

    ``patience`` is how many seconds to wait for SQLite's one writer, where it is not `PATIENCE`.
    """
    writer = engine().execution_options(writes=True, patience=patience)
    with Session(writer, expire_on_commit=False) as session:
        with _watched():
            session.connection()
        with _watched(_storage_fails):
            yield session
            session.flush()  # what is wrong with the rows themselves is no failure of the database
        with _watched():
            _commit(session)


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session for reading only; nothing it holds is ever written."""
    with Session(engine(), expire_on_commit=False, autoflush=False) as session:
        with _watched():
            session.connection()
        with _watched(_storage_fails):
            yield session


def _commit(session: Session) -> None:
    try:
        session.commit()
    except BaseException:
        session.invalidate()  # nobody knows what state the connection is in
        raise


def _is_not_about_rows(error: Exception) -> bool:
    return not isinstance(error, IntegrityError)


@contextmanager
def _watched(is_failure: Callable[[Exception], bool] = _is_not_about_rows) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error, OSError) as error:
        if _say_what_it_means is None or not (is_busy(error) or is_failure(error)):
            raise
        raise _say_what_it_means(error) from error


def _sqlite_code(error: Exception) -> int:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF


def is_busy(error: Exception) -> bool:
    """Whether the database is well and only at work for others, such as a large import."""
    if isinstance(error, PoolTimeout):
        return True  # every connection is in use
    if _sqlite_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return True
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state in _POSTGRESQL_BUSY


def _storage_fails(error: Exception) -> bool:
    """Whether a statement failed because nothing can be stored, and not for what it said."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return (
        error.connection_invalidated
        or _sqlite_code(error) in _SQLITE_STORAGE
        or state.startswith(_POSTGRESQL_STORAGE)
    )
