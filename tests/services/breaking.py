"""Ways in which a database stops taking events or usage records, and their repair.

Each yields how many events it put into the table to that end.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from data import engine


def _run(*statements: str) -> None:
    with engine.engine().execution_options(writes=True).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@contextmanager
def table_gone(table: str) -> Iterator[int]:
    """The table is not there any more."""
    _run(f"ALTER TABLE {table} RENAME TO {table}_away")
    yield 0
    _run(f"ALTER TABLE {table}_away RENAME TO {table}")


@contextmanager
def trigger_refuses(table: str) -> Iterator[int]:
    """A trigger refuses every new row."""
    if engine.engine().dialect.name == "sqlite":
        _run(
            f"CREATE TRIGGER refuse BEFORE INSERT ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'refused by trigger'); END"
        )
        yield 0
        _run("DROP TRIGGER refuse")
        return
    _run(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'refused by trigger'; END $$",
        f"CREATE TRIGGER refuse BEFORE INSERT ON {table} EXECUTE FUNCTION refuse()",
    )
    yield 0
    _run(f"DROP TRIGGER refuse ON {table}", "DROP FUNCTION refuse()")


@contextmanager
def insert_revoked(table: str) -> Iterator[int]:
    """PostgreSQL: the application's role may not insert any more."""
    admin = engine.engine().url.render_as_string(hide_password=False)
    role = "app_" + str(engine.engine().url.database)[-12:]
    _run(
        f"CREATE ROLE {role}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE INSERT ON {table} FROM {role}",
    )
    joint = "&" if "?" in admin else "?"
    engine.configure(f"{admin}{joint}options=-c%20role%3D{role}")
    yield 0
    engine.configure(admin)
    _run(f"GRANT INSERT ON {table} TO {role}", f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@contextmanager
def read_only(_table: str) -> Iterator[int]:
    """SQLite: the file cannot be written any more."""
    url = engine.engine().url.render_as_string()
    engine.configure(f"sqlite:///file:{engine.engine().url.database}?mode=ro&uri=true")
    yield 0
    engine.configure(url)


@contextmanager
def disk_full(_table: str) -> Iterator[int]:
    """SQLite: the file may not grow any more, and no event fits; yields how many were put in."""
    url = engine.engine().url
    put = 0
    with sqlite3.connect(str(url.database), isolation_level=None) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0] + 8
        db.execute(f"PRAGMA max_page_count = {pages}")
        size = 4000
        while size:
            try:
                db.execute(
                    "INSERT INTO events (type, at, actor_name, session_id, address, object_type, "
                    "object_id, outcome, detail) "
                    "VALUES ('x', '2026-01-01 00:00:00.000000', '', '', '', '', '', 'done', ?)",
                    (json.dumps("x" * size),),
                )
                put += 1
            except sqlite3.OperationalError:
                size //= 2
    db.close()

    def no_more_pages(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(engine.configure(url.render_as_string()), "connect", no_more_pages)
    yield put
    engine.configure(url.render_as_string())


@contextmanager
def commits_fail(_table: str) -> Iterator[int]:
    """The connection is cut at the moment of the commit."""

    def cut(connection: Any) -> None:
        if connection.dialect.name == "sqlite":
            raise sqlite3.OperationalError("disk I/O error")
        pid = connection.connection.dbapi_connection.info.backend_pid
        with engine.engine().connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    target = engine.engine()
    event.listen(target, "commit", cut)
    yield 0
    event.remove(target, "commit", cut)
