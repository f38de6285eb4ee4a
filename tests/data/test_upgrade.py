"""A database of an earlier version is brought up to date with everything in it."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from data import engine, migrate
from tests.postgres import own_database

MOMENT = datetime(2026, 8, 1, 1, 2, 3, tzinfo=UTC)
ROWS = (
    "INSERT INTO agencies (id, code, name, is_bureau, active) VALUES (1, 'TAX', '稅捐處', false, true)",
    "INSERT INTO units (id, agency_id, code, name, active) VALUES (1, 1, 'T1', '大安分處', true)",
    "INSERT INTO accounts (id, username, staff_no, name, title, email, phone, unit_id, role, status,"
    " status_reason, password_hash, created_at) VALUES (1, 'lin', 'A1', '林一', '', '', '', 1,"
    " 'general_user', 'active', '', 'hash', :now)",
    "INSERT INTO sign_in_sessions (id, account_id, started_at, address, end_reason)"
    " VALUES ('s', 1, :now, '10.1.1.1', '')",
    "INSERT INTO events (type, at, account_id, actor_name, session_id, address, object_type,"
    " object_id, outcome, detail) VALUES ('signed_in', :now, 1, '林一', 's', '10.1.1.1', 'account',"
    " '1', 'done', '{}')",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def first_version(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables of revision 0001 and a row in each that later ones change."""
    with ExitStack() as at_the_end:
        if request.param == "sqlite":
            engine.configure(f"sqlite:///{tmp_path / 'old.db'}")
        else:
            server = request.getfixturevalue("postgres")
            engine.configure(at_the_end.enter_context(own_database(server)))
        settings = migrate.config()
        with engine.engine().execution_options(writes=True).begin() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "0001")
            for row in ROWS:
                # SQLite keeps moments as text.
                now = (
                    MOMENT
                    if request.param == "postgresql"
                    else MOMENT.isoformat(" ")[:19] + ".000000"
                )
                connection.execute(text(row), {"now": now} if ":now" in row else {})
        yield str(request.param)
        engine.engine().dispose()


def test_an_upgrade_keeps_every_row_and_fills_what_is_new(first_version: str) -> None:
    migrate.upgrade()
    with engine.engine().connect() as connection:
        account = connection.execute(
            text(
                "SELECT username, password_set_at = created_at, must_change_password FROM accounts"
            )
        ).one()
        session = connection.execute(
            text("SELECT id, last_seen_at = started_at, method FROM sign_in_sessions")
        ).one()
        events = connection.execute(text("SELECT type, agency_id FROM events")).all()
    assert (account[0], bool(account[1]), bool(account[2])) == ("lin", True, False)
    assert (session[0], bool(session[1]), session[2]) == ("s", True, "password")
    assert [tuple(row) for row in events] == [("signed_in", None)]


def test_an_upgrade_that_is_done_changes_nothing(first_version: str) -> None:
    migrate.upgrade()
    before = sorted(inspect(engine.engine()).get_table_names())
    migrate.upgrade()
    assert sorted(inspect(engine.engine()).get_table_names()) == before
