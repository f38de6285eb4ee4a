"""使用紀錄: what each filter keeps, on both databases; pages, people, the export; one look an event."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from data.engine import engine, reading
from data.models import UsageRecord
from services import rocdate
from services.errors import Invalid, NotFound, Refused
from services.identity.permissions import Action, reach
from services.usage import listing
from services.usage.by_person import people_of_records
from services.usage.flags import ANY, NOT_AUTHORISED
from services.usage.listing import RecordPage, export_records, list_records, view_record
from services.usage.office_hours import TimeOfUse, hours_between, outside_words
from services.usage.search import MOST_DAYS, RecordFilters, conditions_of, count, matching
from services.working_days import is_working_day
from tests.prepared import events_after, last_event
from tests.staged import Stage
from tests.world import World, at

FIRST, LAST = date(2026, 9, 1), date(2026, 10, 31)
"""The Mid-Autumn and the National Day are in it: 25 September, and 9 and 10 October."""
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def used(stage: Stage, world: World) -> World:
    """Records of one unit at every kind of hour and day, and one of each other unit."""
    return stage.add(world, used_world)


def used_world(world: World) -> World:
    world.use("clerk", at(2026, 9, 1, 8), at(2026, 9, 1, 17), at(2026, 9, 1, 18))
    world.use("clerk", at(2026, 9, 2, 23), at(2026, 9, 3, 5), item="OwnerHoldings")
    # Holidays in mid-week, a Saturday, and midnight in Taipei that is another day in UTC.
    world.use("clerk", at(2026, 9, 25), at(2026, 10, 9), at(2026, 10, 10), at(2026, 9, 12))
    world.use("clerk2", at(2026, 10, 1, 0), reason="地價稅稽徵查核", document_no="")
    world.use(
        "clerk2", at(2026, 10, 31, 23), flags="purpose_filler", case_no="115年大安字第012340號"
    )
    world.use("clerk2", at(2026, 10, 5), flags="purpose_missing section_unknown", document_no="")
    world.use("clerk2", at(2026, 10, 6), item_authorised=False, action="print")
    world.use("clerk", at(2026, 8, 31, 23), at(2026, 11, 1, 0))
    world.use("clerk_tax2", at(2026, 9, 7))
    world.use("works_clerk", at(2026, 9, 8))
    # Moved since: the person's records stay with the unit of the time.
    world.use("clerk2", at(2026, 9, 9), unit_id=world.units["tax2"], unit_name="中山分處")
    return world


def of_unit(world: World, unit: str = "tax1", **more: Any) -> RecordFilters:
    return RecordFilters(FIRST, LAST, **{"unit_id": world.units[unit]} | more)


def stored() -> list[UsageRecord]:
    with reading() as db:
        return db.query(UsageRecord).all()


def is_kept(record: UsageRecord, filters: RecordFilters, world: World) -> bool:
    """Whether the filters keep a record, worked out without SQL."""
    local = rocdate.taipei(record.occurred_at)
    off = not is_working_day(local.date())
    office = 8 <= local.hour < 18
    part = {
        None: True,
        TimeOfUse.OUTSIDE: off or not office,
        TimeOfUse.DAYS_OFF: off,
        TimeOfUse.NIGHT: local.hour >= 22 or local.hour < 6,
        TimeOfUse.OFFICE: office and not off,
        TimeOfUse.HOURS: local.hour in hours_between(*filters.hours),
    }[filters.time]
    purpose = f"{record.case_no} {record.document_no} {record.reason}"
    flags = set(record.flags.split()) | (set() if record.item_authorised else {NOT_AUTHORISED})
    return (
        filters.first_day <= local.date() <= filters.last_day
        and part
        and filters.unit_id in (None, record.unit_id)
        and record.agency_id == world.agencies["tax"]
        and filters.person_key in ("", record.person_key)
        and filters.item in ("", record.item)
        and filters.action in ("", record.action)
        and all(word in purpose for word in filters.words.split())
        and filters.name.lower() in f"{record.person_name}{record.username}".lower()
        and (not filters.flag or filters.flag in flags or (filters.flag == ANY and bool(flags)))
    )


FILTERS: list[dict[str, Any]] = [
    {},
    *({"time": part} for part in TimeOfUse),
    {"time": TimeOfUse.HOURS, "hours": (5, 6)},
    {"time": TimeOfUse.HOURS, "hours": (23, 1)},
    {"item": "OwnerHoldings"},
    {"action": "print"},
    {"source": "local"},
    {"flag": ANY},
    {"flag": NOT_AUTHORISED},
    {"flag": "purpose_missing"},
    {"flag": "section_unknown"},
    {"words": "地價稅"},
    {"words": "大安字 012340"},
    {"words": "府授地資字第1136012388號"},
    {"words": "100%"},
    {"name": "CLERK2"},
    {"first_day": date(2026, 10, 1), "last_day": date(2026, 10, 1)},
    {"flag": ANY, "time": TimeOfUse.OUTSIDE},
]


def test_each_filter_keeps_what_it_says_newest_first(used: World) -> None:
    actor, everything = used.actor("agency_manager"), stored()
    several = set()
    for more in FILTERS:
        filters = replace(of_unit(used), **more)
        page = list_records(actor, filters, None, 100)
        wanted = [record for record in everything if is_kept(record, filters, used)]
        wanted.sort(key=lambda record: (record.occurred_at, record.id), reverse=True)
        assert [row.id for row in page.rows] == [record.id for record in wanted], more
        assert page.counted == len(wanted)
        several.add(len(wanted))
    assert {0, 1, 13} <= several


def test_one_person_s_records_are_those_of_every_unit_within_reach(used: World) -> None:
    clerk2 = str(used.accounts["clerk2"])
    of_person = RecordFilters(FIRST, LAST, person_key=clerk2)
    whole = list_records(used.actor("agency_manager"), of_person, None, 50)
    assert (whole.counted, whole.person) == (5, "測試002（clerk2）")
    assert {row.unit for row in whole.rows} == {"大安分處", "中山分處"}
    narrower = list_records(used.actor("head"), of_person, None, 50)
    assert {row.unit for row in narrower.rows} == {"大安分處"}
    nothing = list_records(used.actor("works_head"), of_person, None, 50)
    assert (nothing.rows, nothing.person) == ((), "")


def test_pages_follow_each_other_without_a_gap(used: World) -> None:
    # Two records of one moment: their numbers decide.
    used.use("clerk", *[at(2026, 10, 20)] * 3)
    actor, filters = used.actor("head"), of_unit(used)
    whole = [row.id for row in list_records(actor, filters, None, 100).rows]
    for size in (1, 2, 5):
        found: list[int] = []
        cursor: int | None = None
        while True:
            page = list_records(actor, filters, cursor, size)
            found += [row.id for row in page.rows]
            if (cursor := page.next_before) is None:
                break
        assert found == whole


def test_a_row_says_what_is_worth_a_look(used: World) -> None:
    rows = {
        rocdate.roc_time(row.occurred_at): row
        for row in list_records(used.actor("auditor"), of_unit(used), None, 100).rows
    }
    assert rows["115年9月1日 08:00"].outside == ""
    assert rows["115年9月1日 18:00"].outside == "非上班時間"
    assert rows["115年10月9日 10:00"].outside == "假日"
    assert rows["115年10月6日 10:00"].noticed == ("項目不在授權範圍",)
    assert rows["115年10月5日 10:00"].noticed == ("未填案件號或原因", "地段不在官方清冊")
    assert rows["115年10月31日 23:00"].purpose == "115年大安字第012340號；府授地資字第1136012388號"


def test_people_are_counted_under_the_same_filters(used: World) -> None:
    found = people_of_records(used.actor("head"), of_unit(used), 10)
    assert [(row.label, row.records, row.outside, row.flagged) for row in found.rows] == [
        ("測試001（clerk）", 9, 7, 0),
        ("測試002（clerk2）", 4, 2, 3),
    ]
    printed = people_of_records(used.actor("head"), of_unit(used, action="print"), 10)
    assert [(row.label, row.records) for row in printed.rows] == [("測試002（clerk2）", 1)]
    assert (len(people_of_records(used.actor("head"), of_unit(used), 1).rows), found.people) == (
        1,
        2,
    )


def test_looking_is_one_event_a_look_and_holds_nothing_that_was_typed(used: World) -> None:
    actor, last = used.actor("head"), last_event()
    filters = of_unit(used, words="王小明的土地", name="王小明", time=TimeOfUse.HOURS, flag=ANY)
    for _ in range(3):
        list_records(actor, filters, None, 50)
        people_of_records(actor, filters, 10)
    list_records(actor, replace(filters, person_key="1"), None, 50)
    row = list_records(actor, of_unit(used), None, 1).rows[0]
    view_record(actor, row.id)
    view_record(actor, row.id)
    looks = events_after(last)
    assert [look.type for look in looks] == ["records_viewed"] * 4
    assert looks[0].detail["filter"] == {
        "first_day": "2026-09-01", "last_day": "2026-10-31", "unit": "TAX-DAAN",
        "time": "hours", "hours": "18-8", "name": "有", "words": "有", "flag": "any",
    }  # fmt: skip
    assert looks[1].detail["filter"]["person"] == "1"
    assert (looks[3].object_type, looks[3].object_id) == ("usage_record", str(row.id))
    assert "王小明" not in str([look.detail for look in looks])


def test_the_export_is_whole_recorded_and_bounded(
    used: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_EXPORT_CHUNK", 4)
    actor, filters, last = used.actor("head"), of_unit(used, words="號"), last_event()
    rows = list(csv.reader(io.StringIO(export_records(actor, filters).decode("utf-8-sig"))))
    assert rows[0] == list(listing.EXPORT_COLUMNS)
    on_screen = list_records(actor, filters, None, 100).rows
    assert [row[0] for row in rows[1:-1]] == [str(row.id) for row in on_screen]
    assert rows[-1] == [f"本檔 {len(on_screen)} 筆，符合條件者共 {len(on_screen)} 筆"]
    (event, _) = events_after(last)
    assert (event.type, event.object_id) == ("table_exported", "使用紀錄")
    assert event.detail["filter"]["words"] == "有"
    monkeypatch.setattr(listing, "MOST_EXPORTED", 3)
    last = last_event()
    with pytest.raises(Invalid, match=r"超過 3 筆.*縮短期間"):
        export_records(actor, filters)
    assert events_after(last) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"first_day": LAST, "last_day": FIRST}, "晚於迄日"),
    ({"first_day": LAST - timedelta(days=MOST_DAYS)}, "最多看三年"),
    ({"unit_id": None}, "先選擇一個單位"),
    ({"item": "Everything"}, "沒有「Everything」這種項目"),
    ({"action": "look"}, "這種作業"),
    ({"source": "' OR 1=1"}, "這種來源系統"),
    ({"flag": "odd"}, "這種提示"),
    ({"hours": (8, 24), "time": TimeOfUse.HOURS}, "0 至 23"),
]


@ON_SQLITE
def test_what_makes_no_sense_gets_a_sentence_and_no_event(used: World) -> None:
    actor, last = used.actor("agency_manager"), last_event()
    for more, sentence in WRONG:
        filters = replace(of_unit(used), **more)
        for ask in (
            lambda f: list_records(actor, f, None, 10),
            lambda f: people_of_records(actor, f, 10),
            lambda f: export_records(actor, f),
        ):
            with pytest.raises(Invalid, match=sentence):
                ask(filters)
    assert events_after(last) == []


@ON_SQLITE
def test_another_agency_s_unit_and_record_are_not_there(used: World) -> None:
    manager = used.actor("works_manager")
    with pytest.raises(NotFound):
        list_records(manager, of_unit(used), None, 10)
    (record,) = [row for row in stored() if row.flags == "purpose_filler"]
    for record_id in (record.id, 999_999):
        with pytest.raises(Refused):
            view_record(manager, record_id)
    with pytest.raises(Refused):
        list_records(used.actor("clerk"), of_unit(used), None, 10)


def plans(world: World, who: str, filters: RecordFilters) -> Iterator[str]:
    """Yield how the database would find the page and the number of records."""
    with reading() as db:
        conditions = conditions_of(db, reach(world.actor(who), Action.VIEW_RECORDS), filters)
        made: list[Any] = []

        class Kept:
            """Takes the statements instead of the database."""

            def __getattr__(self, name: str) -> Any:
                def keep(statement: Any) -> Any:
                    made.append(statement)
                    return db.scalars(statement) if name == "scalars" else db.scalar(statement)

                return keep

        kept: Any = Kept()
        matching(kept, conditions, 51)
        count(kept, conditions, 11)
    with engine().connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        for statement in made:
            sql = str(statement.compile(engine(), compile_kwargs={"literal_binds": True}))
            explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
            answer = connection.exec_driver_sql(f"{explain} {sql.replace('%', '%%')}")
            yield str(answer.all())


@pytest.mark.parametrize("who", ["system_manager", "agency_manager", "head"])
def test_the_databases_find_them_by_an_index_in_the_order_of_the_list(
    used: World, database: str, who: str
) -> None:
    person = str(used.accounts["clerk"])
    # Of one person in one unit either index leads to few, in the order of the list.
    of_person = "ix_usage_records_" if who == "head" else "ix_usage_records_person"
    for filters, index in (
        (of_unit(used), "ix_usage_records_unit"),
        (of_unit(used, time=TimeOfUse.OUTSIDE, words="號"), "ix_usage_records_unit"),
        (RecordFilters(FIRST, LAST, person_key=person), of_person),
    ):
        for plan in plans(used, who, filters):
            assert index in plan, plan
            assert "SCAN usage_records" not in plan and "Seq Scan" not in plan, plan
            assert "USE TEMP B-TREE" not in plan, plan


@given(minutes=st.integers(0, 4 * 365 * 24 * 60))
@settings(max_examples=200)
def test_a_moment_is_outside_office_hours_or_not(minutes: int) -> None:
    utc = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    local = rocdate.taipei(utc)
    said = outside_words(utc)
    assert (said == "假日") == (not is_working_day(local.date()))
    assert (said == "") == (is_working_day(local.date()) and local.hour in hours_between(8, 18))


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [(8, 10, {8, 9}), (22, 2, {22, 23, 0, 1}), (5, 5, set(range(24))), (23, 0, {23})],
)
def test_hours_go_past_midnight(first: int, last: int, hours: set[int]) -> None:
    assert hours_between(first, last) == hours


def test_a_long_list_is_not_counted_to_its_end(
    used: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_COUNTED", 5)
    page: RecordPage = list_records(used.actor("head"), of_unit(used), None, 2)
    assert page.counted == 6
