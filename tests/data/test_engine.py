"""How the database is opened: durable, with foreign keys, all or nothing, moments in UTC."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError, StatementError

from data.engine import engine, reading, sqlite_file, transaction
from data.models import Agency, Setting, Unit


def test_sqlite_writes_ahead_durably_with_foreign_keys(database: str) -> None:
    if database == "postgresql":
        with reading() as db:
            assert db.scalar(text("SHOW server_version_num")) >= "150000"
        return
    with engine().connect() as connection:
        pragma = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


def test_a_unit_without_its_agency_is_refused(database: str) -> None:
    with pytest.raises(IntegrityError), transaction() as db:
        db.add(Unit(agency_id=999, code="X", name="無所屬"))


def test_an_error_leaves_nothing_behind(database: str) -> None:
    def half_done() -> None:
        with transaction() as db:
            db.add(Agency(code="A", name="甲機關"))
            db.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    with reading() as db:
        assert db.scalars(select(Agency)).all() == []


def test_an_error_says_nothing_of_what_was_to_be_stored(database: str) -> None:
    """Tracebacks go to the log, which whoever looks after the machine reads."""
    with pytest.raises(SQLAlchemyError) as error, transaction() as db:
        db.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": "王小明 A123456789"})
    assert "nowhere" in str(error.value)
    assert "王小明" not in str(error.value) and "A123456789" not in str(error.value)


def test_reading_writes_nothing(database: str) -> None:
    with reading() as db:
        db.add(Agency(code="A", name="甲機關"))
        db.flush()
    with reading() as db:
        assert db.scalars(select(Agency)).all() == []


def test_moments_come_back_in_utc(database: str) -> None:
    taipei = timezone(timedelta(hours=8))
    moment = datetime(2026, 11, 23, 18, 30, 0, 123456, taipei)
    with transaction() as db:
        db.add(Setting(key="k", value="v", changed_at=moment))
    with reading() as db:
        found = db.get_one(Setting, "k").changed_at
    assert (found, found.tzinfo) == (moment, UTC)


def test_a_moment_without_a_zone_is_refused(database: str) -> None:
    naive = datetime(2026, 11, 23, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(StatementError), transaction() as db:
        db.add(Setting(key="k", value="v", changed_at=naive))


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////srv/a%20b/city.db", "/srv/a b/city.db"),
        ("sqlite:///city.db", "city.db"),
        ("sqlite:///file:/srv/city.db?mode=ro&uri=true", "/srv/city.db"),
        ("sqlite:///file:/srv/a%2520b.db?mode=ro&uri=true", "/srv/a b.db"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("postgresql+psycopg://localhost/city", None),
    ],
)
def test_the_file_of_a_database_is_known_however_it_is_written(url: str, file: str | None) -> None:
    assert sqlite_file(make_url(url)) == (Path(file) if file else None)
