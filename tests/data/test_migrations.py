"""The migrations build exactly the tables that the models describe, on both databases."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from data import migrate
from data.engine import engine, reading
from data.models import Base, Event
from services.actor import operator
from services.operation.upgrading import upgrade
from tests.world import NOW


def test_migrated_tables_equal_the_models(database: str) -> None:
    with engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_an_upgrade_of_tables_that_were_there_is_on_record(database: str) -> None:
    upgrade(operator(NOW))
    assert _upgrades() == []
    with engine().execution_options(writes=True).begin() as connection:
        settings = migrate.config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "-1")
    upgrade(operator(NOW))
    (event,) = _upgrades()
    assert (event.actor_name, event.object_id) == ("系統維運", migrate.head())
    assert event.detail["after"] == migrate.head() != event.detail["before"]


def _upgrades() -> list[Event]:
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.type == "schema_upgraded")))
