"""deploy/postgresql-roles.sql, run as it stands: what the application's role can do, and cannot."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from data import engine
from data.append_only import APPEND_ONLY, TRIGGER, unprotected
from data.engine import transaction
from data.migrate import upgrade
from services.accounts.changes import set_items, set_status
from services.actor import operator
from services.audits.drawing import draw_first, expand, redraw
from services.audits.export import export_draw
from services.audits.freezing import freeze
from services.audits.signing import reopen
from services.errors import Conflict
from services.identity.entering import next_step
from services.identity.sessions import end_session, open_session
from services.ledger.sealing import seal
from services.ledger.verification import verify_ledger
from services.parcels.query import query
from services.regulation.items import Item
from services.regulation.roles import AccountStatus
from services.retention.purging import purge
from services.settings import readings
from services.usage.importing.service import store
from tests.postgres import own_database
from tests.roles import as_role, run_file
from tests.services.audits.test_unit_audit import Q3, judge_everything, sign_as_shown
from tests.services.import_helpers import SOURCE, csv_file
from tests.services.ledger.helpers import use
from tests.services.test_parcels_query import GOOD
from tests.signing_in import by_password
from tests.world import NOW, World, at, build_world

DENIED = "permission denied|must be owner|must have"


@pytest.fixture
def url(postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database made as the operator's guide says: roles, tables by the owner, roles again."""
    monkeypatch.setenv("LEDGER_CHECKPOINTS", str(tmp_path / "checkpoints.txt"))
    with own_database(postgres) as admin:
        run_file(admin)
        engine.configure(as_role(admin, "cadastre_owner"))
        upgrade()
        engine.engine().dispose()
        run_file(admin)
        engine.configure(as_role(admin, "cadastre_app"))
        yield admin
        engine.engine().dispose()


def a_year_of_work(world: World) -> None:
    """What people and the operator do, but for what has roles and tables to itself."""
    head = world.actor("head")
    world.use("clerk", *(at(2026, 7 + day % 3, 1 + day % 27) for day in range(60)))
    audit_id = freeze(head, world.units["tax1"], Q3)
    draw_first(head, audit_id)
    redraw(head, audit_id, "第一次抽樣時單位名冊有誤")
    expand(head, audit_id, 3, "發現缺失，擴大查核範圍")
    judge_everything(world, audit_id)
    sign_as_shown(head, audit_id)
    reopen(head, audit_id, "漏列一筆佐證資料")
    assert export_draw(world.actor("auditor"), audit_id)
    clerk2 = world.accounts["clerk2"]
    items = {Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP, Item.BUILDING_DESCRIPTION}
    set_items(
        world.actor("unit_manager"), clerk2, set(), "業務已移交他人辦理", expected_items=items
    )
    set_status(
        world.actor("unit_manager"),
        clerk2,
        AccountStatus.SUSPENDED,
        "留職停薪一年",
        expected_status=AccountStatus.ACTIVE,
    )
    query(world.actor("clerk"), GOOD)
    store(operator(NOW), SOURCE, "first.csv", csv_file({"序號": "0"}), only_good=False)
    entering = by_password("clerk", NOW)
    while (step := next_step(entering, NOW)) is not None:
        entering = entering.after(step)
    end_session(open_session(entering, "10.1.2.3", NOW).id, NOW)
    readings.choose(operator(NOW), "people_counted", "valid_accounts")
    use(world, 10)
    assert seal(operator(NOW + timedelta(hours=1))).left == 0
    assert verify_ledger(operator(NOW + timedelta(hours=1))).ok


def test_the_application_does_all_its_acts(url: str) -> None:
    a_year_of_work(build_world())


def test_no_act_lacks_a_right(url: str) -> None:
    """Also on tables that come later: what is not only added to can be changed and removed."""
    rights = text(
        "SELECT tablename, has_table_privilege('cadastre_app', tablename, 'SELECT'), "
        "has_table_privilege('cadastre_app', tablename, 'INSERT'), "
        "has_table_privilege('cadastre_app', tablename, 'UPDATE'), "
        "has_table_privilege('cadastre_app', tablename, 'DELETE'), "
        "has_table_privilege('cadastre_app', tablename, 'TRUNCATE, TRIGGER, REFERENCES') "
        "FROM pg_tables WHERE schemaname = 'public'"
    )
    with transaction() as db:
        found = {name: tuple(held) for name, *held in db.execute(rights)}
    changed = {name for name, held in found.items() if held == (True, True, True, True, False)}
    added = {name for name, held in found.items() if held == (True, True, False, False, False)}
    assert set(found) - changed - added == {"alembic_version"}
    assert added == set(APPEND_ONLY)


@pytest.mark.attack("ledger")
def test_the_application_changes_and_removes_nothing_that_is_only_added_to(url: str) -> None:
    a_year_of_work(build_world())
    for table in APPEND_ONLY:
        with transaction() as db:
            column = db.scalar(
                text(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = :t "
                    "ORDER BY ordinal_position LIMIT 1"
                ),
                {"t": table},
            )
        refused(f"UPDATE {table} SET {column} = {column}")
        refused(f"DELETE FROM {table}")
        refused(f"TRUNCATE {table} CASCADE")
        refused(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        refused(f"ALTER TABLE {table} DISABLE TRIGGER {TRIGGER}")
        refused(f"DROP TRIGGER {TRIGGER} ON {table}")
        refused(f"DROP TABLE {table} CASCADE")
        refused(f"SELECT * FROM {table} FOR UPDATE")
        refused(f"GRANT UPDATE ON {table} TO cadastre_app", warns=True)
        refused(f"UPDATE {table} SET {column} = {column}")


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "SET ROLE cadastre_owner",
        "CREATE TABLE mine (id int)",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN NULL; END $$",
        "DROP FUNCTION refuse_change() CASCADE",
        "UPDATE alembic_version SET version_num = '0001'",
        "TRUNCATE accounts CASCADE",
        "ALTER ROLE cadastre_app SUPERUSER",
        "DROP SCHEMA public CASCADE",
        "SELECT setval('usage_records_id_seq', 1)",
    ],
)
def test_the_application_gets_round_it_in_no_other_way(url: str, statement: str) -> None:
    refused(statement)


def refused(statement: str, warns: bool = False) -> None:
    with engine.engine().connect() as connection:
        if warns:  # granting what one does not have is a warning, and grants nothing
            connection.execute(text(statement))
            connection.commit()
            return
        with pytest.raises(ProgrammingError, match=DENIED):
            connection.execute(text(statement))


def test_the_owner_is_held_by_the_triggers(url: str) -> None:
    world = build_world()
    use(world, 3)
    engine.engine().dispose()
    engine.configure(as_role(url, "cadastre_owner"))
    with pytest.raises(Exception, match="only ever added to"), transaction() as db:
        db.execute(text("DELETE FROM usage_records"))


def test_the_file_can_be_run_again(url: str) -> None:
    run_file(url)
    run_file(url)
    world = build_world()
    use(world, 3)
    with transaction() as db:
        assert db.scalar(text("SELECT count(*) FROM usage_records")) == 3
        owners = set(db.scalars(text("SELECT tableowner FROM pg_tables WHERE schemaname='public'")))
    assert owners == {"cadastre_owner"}


def test_only_the_owner_purges(url: str, tmp_path: Path) -> None:
    """The application's role is told so before anything is written; the owner leaves its grants as they were."""
    world = build_world()
    world.use("clerk", at(2022, 5, 1), at(2022, 5, 2))
    seal(operator(at(2022, 6, 1)))
    before, path = date(2023, 11, 23), tmp_path / "old.zip"
    assert purge(operator(NOW), before, dry_run=True).records == 2
    with pytest.raises(Conflict, match=r"不是資料表的擁有者.*cadastre_owner"):
        purge(operator(NOW), before, archive=path)
    assert not path.exists()
    engine.engine().dispose()
    engine.configure(as_role(url, "cadastre_owner"))
    assert purge(operator(NOW), before, archive=path).records == 2
    engine.engine().dispose()
    engine.configure(as_role(url, "cadastre_app"))
    use(world, 3)
    assert seal(operator(NOW)).left == 0
    assert verify_ledger(operator(NOW), archive=path).first_fault is None
    refused("DELETE FROM usage_records")
    with transaction() as db:
        assert unprotected(db.connection()) == []
