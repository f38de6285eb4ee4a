"""The migrations build exactly the tables that the models describe, on both databases."""

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from data import files, migrate
from data.engine import engine, reading, transaction
from data.models import Base, Event, Evidence
from services.actor import operator
from services.documents import file_store
from services.errors import Conflict
from services.operation.upgrading import upgrade
from services.papers.viewing import open_paper
from tests.services.papers.helpers import kept, pdf
from tests.world import NOW, World


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


def test_files_move_out_of_the_database_and_back(world: World, tmp_path: Path) -> None:
    content = pdf("x")
    first, twin = kept(world, "clerk", content=content), kept(world, "clerk2", content=content)
    with transaction() as db:
        shown = Evidence(
            file_name="y.pdf", media_type="application/pdf", size=3,
            sha256=file_store.put(db, pdf("y")), added_at=NOW, adder_name="測試",
        )  # fmt: skip
        db.add(shown)
    # As an upgrade does: SQLite makes tables anew that others point to.
    with migrate._migrating() as connection:
        settings = migrate.config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0014")
    shutil.rmtree(files.folder())
    with transaction() as db:
        # Moved first, under the hash that the sound one of the other row has as well.
        altered = "UPDATE document_contents SET content = :content WHERE document_id = :id"
        db.execute(text(altered), {"content": b"altered", "id": first})
    with pytest.MonkeyPatch.context() as patch:
        (tmp_path / "file").touch()
        patch.setenv("FILES_DIR", str(tmp_path / "file" / "files"))
        with pytest.raises(Conflict, match=r"FILES_DIR.*沒有任何變更"):
            upgrade(operator(NOW))
    assert migrate.revision() == "0014"
    upgrade(operator(NOW))
    assert not {"evidence_contents", "document_contents"} & set(inspect(engine()).get_table_names())
    for paper in (first, twin):
        assert open_paper(world.actor("agency_manager"), paper).content == content
    assert file_store.get(shown.sha256) == pdf("y")


def _upgrades() -> list[Event]:
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.type == "schema_upgraded")))
