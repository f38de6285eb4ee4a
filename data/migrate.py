"""Bring the database's tables up to date with Alembic."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from data.engine import engine


def config() -> Config:
    """Return the Alembic configuration; there is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.set_main_option("path_separator", "os")
    return made


def upgrade(
    record: Callable[[Session, str, str], None] | None = None,
    is_sound: Callable[[str, bytes], bool] | None = None,
) -> None:
    """Apply every migration that the database does not have yet, all or none.

    ``record`` writes down the revisions before and after, in the same transaction, when the
    database had tables that were not up to date. ``is_sound`` says of a hash and encrypted bytes whether
    they belong together, for the migration that moves files.
    """
    settings = config()
    settings.attributes["is_sound"] = is_sound
    with _migrating() as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        after = head()
        if record is not None and before is not None and after is not None and before != after:
            with Session(connection) as db:
                record(db, before, after)
                db.commit()  # hands the rows to the transaction around it


@contextmanager
def _migrating() -> Iterator[Connection]:
    """Open the transaction that migrates; all of it is committed, or none.

    SQLite makes a table anew to change it, and dropping the old one would count as deleting rows that
    others point to: it does not watch over them meanwhile, and all of them are checked before the end.
    """
    with engine().connect() as connection:
        connection = connection.execution_options(writes=True)
        sqlite = connection.dialect.name == "sqlite"
        raw = connection.connection.driver_connection
        if sqlite and raw is not None:
            raw.execute("PRAGMA foreign_keys=OFF")  # heard only outside of a transaction
        try:
            with connection.begin():
                yield connection
                if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise RuntimeError("a migration left rows that point to nothing")
        finally:
            if sqlite and raw is not None:
                raw.execute("PRAGMA foreign_keys=ON")


def head() -> str | None:
    """Return the newest revision that the code knows."""
    return ScriptDirectory.from_config(config()).get_current_head()


def new_revision(message: str) -> None:
    """Write a new migration from the difference between models and database (for developers)."""
    settings = config()
    with engine().begin() as connection:
        settings.attributes["connection"] = connection
        command.revision(settings, message, autogenerate=True)


def revision() -> str | None:
    """Return the revision that the database is at; None when it has no tables."""
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
