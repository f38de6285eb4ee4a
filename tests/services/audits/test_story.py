"""What stands beside a record: the person's day, the case's other uses, and no more than may be seen."""

from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from data.engine import engine, reading
from data.models import Event, UsageRecord
from services.audits import story
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.story import record_story
from services.errors import Invalid, Refused
from tests.services.audits.test_unit_audit import Q3
from tests.world import World, at

CASE = "113年大安字第012340號"


@pytest.fixture
def told(world: World) -> tuple[World, int, int]:
    """An audit with one record of the clerk at noon of 5 August about a case, and what is around it."""
    world.use("clerk", at(2026, 8, 5, 12), case_no=CASE, document_no="")
    with reading() as db:
        record = db.scalars(select(UsageRecord.id)).one()
    day = [at(2026, 8, 5, hour) for hour in (0, 8, 23)]
    world.use("clerk", *day, document_no="", reason="量測界址")
    world.use("clerk", at(2026, 8, 4, 23), at(2026, 8, 6, 0), document_no="", reason="量測界址")
    world.use("clerk2", at(2026, 7, 1), case_no=CASE, document_no="")
    world.use("clerk_tax2", at(2026, 2, 1), at(2026, 2, 2), case_no=CASE, document_no="")
    world.use("works_clerk", at(2026, 8, 5), case_no=CASE, document_no="")
    audit_id = freeze(world.actor("head"), world.units["tax1"], Q3, base_records=7)
    draw_first(world.actor("head"), audit_id)
    return world, audit_id, record


def test_the_day_is_the_person_s_at_taipei_midnight(told: tuple[World, int, int]) -> None:
    world, audit_id, record = told
    found = record_story(world.actor("head"), audit_id, record).same_day
    assert [line.occurred_at for line in found.lines] == [
        at(2026, 8, 5, hour) for hour in (23, 8, 0)
    ]
    assert (found.total, found.count, found.elsewhere) == (3, "3 筆", 0)


def test_the_case_is_the_agency_s_and_other_units_are_only_counted(
    told: tuple[World, int, int],
) -> None:
    world, audit_id, record = told
    head = record_story(world.actor("head"), audit_id, record).same_case
    assert [line.unit for line in head.lines] == ["大安分處"]
    assert (head.total, head.people, head.elsewhere) == (3, 2, 2)
    manager = record_story(world.actor("agency_manager"), audit_id, record).same_case
    assert [line.unit for line in manager.lines] == ["大安分處", "中山分處", "中山分處"]
    assert (manager.total, manager.elsewhere) == (3, 0)


def test_a_record_without_a_number_has_no_case(told: tuple[World, int, int]) -> None:
    world, audit_id, record = told
    found = record_story(world.actor("head"), audit_id, record + 1).same_case
    assert (found.lines, found.total) == ((), 0)


def test_a_document_number_counts_too(world: World) -> None:
    world.use("clerk", at(2026, 7, 3))
    world.use("clerk2", at(2026, 7, 4), case_no=CASE)
    world.use("clerk2", at(2026, 7, 5), case_no=CASE, document_no="")
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Q3)
    draw_first(head, audit_id)
    with reading() as db:
        first, both, case = db.scalars(select(UsageRecord.id).order_by(UsageRecord.id))
    found = {
        one: {line.record_id for line in record_story(head, audit_id, one).same_case.lines}
        for one in (first, both, case)
    }
    assert found == {first: {both}, both: {first, case}, case: {both}}


def test_only_records_of_the_worksheet_have_a_story(told: tuple[World, int, int]) -> None:
    world, audit_id, _ = told
    with pytest.raises(Invalid, match="不在這件稽核的樣本內"):
        record_story(world.actor("head"), audit_id, 10**6)


def test_lists_and_counts_are_bounded(
    told: tuple[World, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, audit_id, record = told
    monkeypatch.setattr(story, "SHOWN", 1)
    monkeypatch.setattr(story, "COUNTED", 2)
    found = record_story(world.actor("agency_manager"), audit_id, record).same_case
    assert (len(found.lines), found.total, found.count) == (1, 2, "2 筆以上")


def test_the_look_is_on_record_once_a_look(told: tuple[World, int, int]) -> None:
    world, audit_id, record = told
    for _ in range(3):
        record_story(world.actor("head"), audit_id, record)
    with reading() as db:
        looks = db.scalar(
            select(func.count()).where(
                Event.type == "worksheet_viewed",
                Event.object_type == "usage_record",
                Event.object_id == str(record),
            )
        )
    assert looks == 1
    for who in ("clerk", "works_head"):
        with pytest.raises(Refused):
            record_story(world.actor(who), audit_id, record)


def test_the_databases_find_a_case_by_its_index(told: tuple[World, int, int]) -> None:
    with reading() as db:
        record = db.get_one(UsageRecord, told[2])
        asked = select(UsageRecord.id).where(story._same_case(record))
    sql = str(asked.compile(engine(), compile_kwargs={"literal_binds": True}))
    with engine().connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        plan = str(connection.execute(text(f"{explain} {sql}")).all())
    assert "ix_usage_records_case" in plan


def test_the_newest_of_a_case_are_found_by_its_index_too(told: tuple[World, int, int]) -> None:
    """SQLite otherwise walks through all that the unit ever used, in the order of time."""
    world, audit_id, record = told
    asked: list[tuple[str, Any]] = []
    with engine().connect() as connection:
        sqlite = connection.dialect.name == "sqlite"

    def listen(_c: object, _k: object, sql: str, values: Any, *_more: object) -> None:
        if "usage_records.case_no = " in sql and "ORDER BY" in sql:
            asked.append((sql, values))

    event.listen(engine(), "before_cursor_execute", listen)
    try:
        found = record_story(world.actor("head"), audit_id, record).same_case
    finally:
        event.remove(engine(), "before_cursor_execute", listen)
    assert len(found.lines) == 1
    ((sql, values),) = asked
    if sqlite:
        with engine().connect() as connection:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all())
        assert "ix_usage_records_case" in plan
