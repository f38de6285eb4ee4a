"""Whole files through preview and store, on both databases: counts, idempotence, all or nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from data.engine import reading
from data.models import (
    Event,
    SourceUser,
    UsageImport,
    UsageMonthSum,
    UsageRecord,
    UsageSource,
)
from services.actor import Actor, operator
from services.errors import Conflict, Invalid, Refused
from services.usage.importing import history, service, sources
from services.usage.importing.preview import list_units
from services.usage.importing.scan import Reading
from tests.services.import_helpers import (
    EXPECTED,
    GOOD,
    HEADERS,
    SOURCE,
    add_sample_places,
    csv_file,
    sample,
    sample_rows,
    table_csv,
    table_ods,
)
from tests.world import EVERYBODY, NOW, World


@pytest.fixture
def city(world: World) -> World:
    add_sample_places(world)
    return world


@pytest.fixture
def manager(world: World) -> Actor:
    return world.actor("system_manager")


def counts(done: service.Preview | service.ImportResult) -> dict[str, int]:
    return {name: getattr(done, name) for name in EXPECTED}


def stored_rows() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(UsageRecord)) or 0


def records() -> list[UsageRecord]:
    with reading() as db:
        return list(db.scalars(select(UsageRecord).order_by(UsageRecord.id)))


def everything() -> list[Any]:
    """What an import could leave behind."""
    with reading() as db:
        return [
            db.execute(select(func.count()).select_from(model)).scalar()
            for model in (UsageRecord, UsageMonthSum, UsageSource, SourceUser, UsageImport, Event)
        ]


FORMATS: dict[str, Callable[[], bytes | Path]] = {
    "csv": lambda: sample("csv").read_bytes(),
    "xlsx": lambda: sample("xlsx").read_bytes(),
    "path": lambda: sample("csv"),
    "utf-8": lambda: table_csv(sample_rows(), "utf-8"),
    "big5": lambda: table_csv(sample_rows(), "cp950"),
    "utf-16": lambda: table_csv(sample_rows(), "utf-16", "\t"),
    "ods": lambda: table_ods(sample_rows()),
}


@pytest.mark.parametrize("form", FORMATS)
def test_the_sample_has_the_same_counts_in_every_format(
    city: World, manager: Actor, form: str
) -> None:
    data = FORMATS[form]()
    assert counts(service.preview(manager, SOURCE, form, data)) == EXPECTED
    assert stored_rows() == 0
    assert counts(service.store(manager, SOURCE, form, data, only_good=True)) == EXPECTED
    assert stored_rows() == EXPECTED["stored"]


def test_the_same_rows_again_store_nothing(city: World, manager: Actor) -> None:
    service.store(manager, SOURCE, "a.csv", sample("csv"), only_good=True)
    again = EXPECTED | {"stored": 0, "duplicates": 2000}
    for data in (sample("csv"), sample("xlsx"), table_ods(sample_rows())):
        assert counts(service.preview(manager, SOURCE, "b", data)) == again
        assert counts(service.store(manager, SOURCE, "b", data, only_good=True)) == again
    assert stored_rows() == EXPECTED["stored"]


def test_two_systems_never_collide(city: World, manager: Actor) -> None:
    for source in (SOURCE, "另一個系統"):
        done = service.store(manager, source, "a.csv", sample("csv"), only_good=True)
        assert counts(done) == EXPECTED
    assert stored_rows() == 2 * EXPECTED["stored"]


def test_the_sample_is_rejected_for_its_six_reasons(city: World, manager: Actor) -> None:
    shown = service.preview(manager, SOURCE, "a.csv", sample("csv"))
    kinds = (
        "/13/05",
        "只有日期",
        "沒有填查詢時間",
        "使用者代號",
        "使用單位",
        "全部資料",
        "2月30日",
    )
    found = {
        kind: sum(kind in row.reason for row in shown.rejected_rows)
        for kind in kinds
        if any(kind in row.reason for row in shown.rejected_rows)
    }
    assert sorted(found) == sorted(set(kinds) - {"只有日期"})
    assert sum(found.values()) == len(shown.rejected_rows) == EXPECTED["rejected"]
    lines = sample_rows()
    assert all(list(row.cells) == lines[row.number - 1] for row in shown.rejected_rows)
    assert sum(shown.unknown_units.values()) == 6
    assert {unit for _, unit in shown.unknown_units} == {"不存在的單位"}
    assert shown.flags["purpose_missing"] > 0
    assert shown.flags["purpose_filler"] > 0
    assert shown.flags["section_unknown"] > 200
    assert "target_malformed" not in shown.flags
    assert len(shown.good_rows) == 20


def test_records_sums_and_people_after_an_import(city: World, manager: Actor) -> None:
    done = service.store(manager, SOURCE, "a.csv", sample("csv"), only_good=True)
    keys = ("local_month", "unit_id", "source_id", "item", "action")
    with reading() as db:
        columns = [getattr(UsageRecord, key) for key in keys]
        counted = db.execute(select(*columns, func.count()).group_by(*columns)).all()
        summed = db.execute(
            select(*(getattr(UsageMonthSum, key) for key in keys), UsageMonthSum.records)
        ).all()
        source = db.scalar(select(UsageSource).where(UsageSource.name == SOURCE))
        people = list(db.scalars(select(SourceUser)))
        event = db.scalar(select(Event).where(Event.type == "usage_imported"))
        past = db.get(UsageImport, done.import_id)
    assert sorted(map(tuple, summed)) == sorted(map(tuple, counted))
    assert {row[0] for row in counted} == {"2026-07", "2026-08", "2026-09"}
    assert source is not None and event is not None and past is not None
    rows = records()
    assert {row.person_key for row in rows} == {
        f"S{source.id}:{person.user_code}" for person in people
    }
    assert {(row.import_id, row.account_id, row.item_authorised) for row in rows} == {
        (done.import_id, None, True)
    }
    assert {(row.unit_name, row.agency_name) for row in rows} == {
        ("大安分處", "臺北市稅捐稽徵處"),
        ("用地科", "臺北市政府工務局"),
        ("都市測量科", "臺北市政府都市發展局"),
    }
    assert all((row.section_code is None) == (row.number is None) for row in rows)
    assert any(row.number for row in rows)
    detail = {name: event.detail[name] for name in EXPECTED}
    assert detail == EXPECTED
    assert event.account_id == manager.account_id
    assert (past.rows_read, past.rows_stored, past.rows_duplicate, past.rows_rejected) == (
        *EXPECTED.values(),
    )


def test_all_or_nothing_leaves_the_database_alone(city: World, manager: Actor) -> None:
    before = everything()
    with pytest.raises(Invalid, match="有 34 列無法匯入"):
        service.store(manager, SOURCE, "a.csv", sample("csv"), only_good=False)
    assert everything() == before
    done = service.store(manager, SOURCE, "a.csv", csv_file({}, {"序號": "2"}), only_good=False)
    assert counts(done) == {"read": 2, "stored": 2, "duplicates": 0, "rejected": 0}


def test_an_error_while_writing_leaves_nothing(
    city: World, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything()
    monkeypatch.setattr("services.usage.importing.scan.CHUNK", 500)
    written = []

    def fail(*_: Any, **__: Any) -> None:
        written.append(1)
        raise OSError("disk full")

    monkeypatch.setattr("services.events.write", fail)
    with pytest.raises(OSError, match="disk full"):
        service.store(manager, SOURCE, "a.csv", sample("csv"), only_good=True)
    assert written
    assert everything() == before


def test_a_preview_writes_nothing(city: World, manager: Actor) -> None:
    before = everything()
    service.preview(manager, SOURCE, "a.csv", sample("csv"))
    assert everything() == before


def test_an_unknown_unit_mapped_by_hand(city: World, manager: Actor) -> None:
    shown = service.preview(manager, SOURCE, "a.csv", sample("csv"))
    by_hand = dict.fromkeys(shown.unknown_units, city.units["tax2"])
    mapped = EXPECTED | {"stored": 1996, "rejected": 28}
    assert counts(service.preview(manager, SOURCE, "a", sample("csv"), {}, by_hand)) == mapped
    service.store(manager, SOURCE, "a", sample("csv"), only_good=True)
    done = service.store(manager, SOURCE, "a", sample("csv"), {}, by_hand, only_good=True)
    assert counts(done) == {"read": 2034, "stored": 6, "duplicates": 2000, "rejected": 28}
    assert {row.unit_name for row in records()[-6:]} == {"中山分處"}
    with pytest.raises(Invalid, match="單位不存在"):
        service.preview(manager, SOURCE, "a", sample("csv"), {}, dict.fromkeys(by_hand, 9999))


def test_columns_mapped_by_hand(city: World, manager: Actor) -> None:
    renamed = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸", "子", "丑", "寅", "卯"]
    data = table_csv([renamed, *sample_rows()[1:]])
    with pytest.raises(Invalid, match="缺少必要欄位") as refusal:
        service.preview(manager, SOURCE, "a", data)
    assert "甲、乙、丙" in str(refusal.value)
    fields = service.inspect_file(manager, sample("csv")).columns
    by_name = {field: renamed[column] for field, column in fields.items()}
    for mapping in (fields, by_name):
        assert counts(service.preview(manager, SOURCE, "a", data, mapping)) == EXPECTED
    service.store(manager, SOURCE, "a", data, by_name, only_good=True)
    again = service.preview(manager, SOURCE, "a", sample("csv"))
    assert (again.stored, again.duplicates) == (0, 2000)


def test_hostile_cells_stay_text(city: World, manager: Actor) -> None:
    hostile = {
        "使用者代號": '=HYPERLINK("http://x";"y")',
        "姓名": "@SUM(A1)",
        "查詢原因": "+cmd|' /C calc'!A0",
        "案件號/公文號": "-2+3",
        "來源IP": "<script>alert(1)</script>",
        "地段": "'; DROP TABLE usage_records; --",
    }
    data = csv_file(hostile)
    service.store(manager, SOURCE, "=evil().csv", data, only_good=False)
    (row,) = records()
    assert row.username == hostile["使用者代號"]
    assert row.person_name == hostile["姓名"]
    assert row.reason == hostile["查詢原因"]
    assert row.document_no == hostile["案件號/公文號"]
    assert row.address == hostile["來源IP"]
    assert hostile["地段"] in row.target
    assert history.list_imports(manager)[0].file_name == "=evil().csv"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "1 至 60"),
        (" \u3000", "1 至 60"),
        ("系" * 61, "61 個字"),
        ("a\x00b", "控制字元"),
        ("local", "本系統"),
        ("LOCAL", "本系統"),
        ("臺北地政雲", "本系統"),
    ],
)
def test_a_source_needs_a_name_of_its_own(
    city: World, manager: Actor, source: str, words: str
) -> None:
    before = everything()
    for call in (
        lambda: service.preview(manager, source, "a", csv_file({})),
        lambda: service.store(manager, source, "a", csv_file({}), only_good=True),
    ):
        with pytest.raises(Invalid, match=words):
            call()
    assert everything() == before


def test_a_source_is_found_by_name_or_code(city: World, manager: Actor) -> None:
    service.store(manager, f" {SOURCE} ", "a", csv_file({}), only_good=True)
    (source,) = sources.list_sources(manager)
    assert source.name == SOURCE
    for name in (SOURCE, source.code, source.code.upper()):
        done = service.store(manager, name, "a", csv_file({}), only_good=True)
        assert (done.stored, done.duplicates) == (0, 1)
    assert len(sources.list_sources(manager)) == 1


BAD_FILES = {
    "missing columns": (table_csv([["序號", "使用機關", "備註"], ["1", "a", "b"]]), "缺少必要欄位"),
    "no header": (b"hello\n", "標題列"),
    "header only": (table_csv([HEADERS]), "沒有資料"),
    "empty": (b"", "空的"),
    "broken zip": (sample("xlsx").read_bytes()[:5000], "損壞"),
    "binary": (bytes(range(256)), "二進位"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_changes_nothing(city: World, manager: Actor, name: str) -> None:
    data, words = BAD_FILES[name]
    before = everything()
    for call in (
        lambda: service.preview(manager, SOURCE, name, data),
        lambda: service.store(manager, SOURCE, name, data, only_good=True),
    ):
        with pytest.raises(Invalid, match=words):
            call()
    assert everything() == before


def test_the_command_lines_dictionary(city: World, tmp_path: Path) -> None:
    person = operator(NOW)
    told = EXPECTED | {"alike": 0, "unmapped": [], "imported_before": [], "late": []}
    sheets = [{"name": "使用紀錄", "read": 2034, "left_out": ""}]
    dry = service.import_file(person, sample("xlsx"), SOURCE, True)
    assert dry == told | {"sheets": sheets}
    assert stored_rows() == 0
    assert service.import_file(person, sample("xlsx"), SOURCE, False) == dry
    assert list(service.import_file(person, sample("csv"), SOURCE, False).items()) == [
        ("read", 2034),
        ("stored", 0),
        ("duplicates", 2000),
        ("rejected", 34),
        ("alike", 0),
        ("sheets", []),
        ("unmapped", []),
        ("imported_before", []),
        ("late", []),
    ]
    past = history.list_imports(person)
    assert [(p.file_name, p.stored, p.imported_by) for p in past] == [
        ("platform-usage-export.csv", 0, "系統維運（manage.py）"),
        ("platform-usage-export.xlsx", 1990, "系統維運（manage.py）"),
    ]
    assert history.list_imports(person, before_id=past[0].id) == past[1:]


def test_the_same_file_again_says_who_imported_it_and_when(city: World, manager: Actor) -> None:
    data = csv_file({})
    assert service.inspect_file(manager, data).imported_before == ()
    service.store(manager, SOURCE, "a.csv", data, only_good=True)
    later = manager.at(datetime(2026, 12, 1, tzinfo=UTC))
    done = service.store(later, "另一個系統", "b.csv", data, only_good=True)
    for before in (
        service.inspect_file(manager, data).imported_before[1:],
        service.preview(manager, SOURCE, "c.csv", data).imported_before[1:],
        done.imported_before,
    ):
        assert [past.sentence for past in before] == [
            f"115年11月23日 10:00 由 測試013（system_manager） 以「{SOURCE}」匯入，當時存入 1 列。"
        ]
    assert service.inspect_file(manager, csv_file({}, {})).imported_before == ()


def test_what_was_stored_before_a_column_was_known_is_stored_once(
    city: World, manager: Actor
) -> None:
    """A record of an earlier version, which passed unmapped columns over, is one of the rows."""
    service.store(manager, SOURCE, "a", csv_file({}), only_good=True)

    def file(*numbers: str, earlier: bool = False) -> bytes:
        rows = [[*GOOD.values(), number] for number in numbers]
        return table_csv([[*HEADERS, "流水"], *rows, *([[*GOOD.values(), ""]] if earlier else [])])

    again = service.store(manager, SOURCE, "b", file("31", "32", "33"), only_good=True)
    assert (again.stored, again.duplicates) == (2, 1)
    for numbers in (("33", "32", "31"), ("31", "32", "33"), ("32",)):
        done = service.store(manager, SOURCE, "c", file(*numbers), only_good=True)
        assert (done.stored, done.duplicates) == (0, len(numbers))
    # Where a row of the file has the earlier key by right, no other row takes it.
    done = service.store(manager, SOURCE, "d", file("34", earlier=True), only_good=True)
    assert (done.stored, done.duplicates) == (1, 1)


@pytest.mark.parametrize(
    ("heading", "how"),
    [("匯出時間", Reading()), ("更新", Reading(unsaid=frozenset({"更新"}), unsaid_as_found=False))],
)
def test_a_column_that_says_nothing_of_the_record_is_set_aside(
    city: World, manager: Actor, heading: str, how: Reading
) -> None:
    def file(exported: str) -> bytes:
        return table_csv([[*HEADERS, heading], [*GOOD.values(), exported]])

    for day, stored in (("115/10/01", 1), ("115/10/02", 0)):
        shown = service.preview(manager, SOURCE, "a", file(day), how=how)
        assert (shown.stored, [one.heading for one in shown.unmapped]) == (stored, [heading])
        done = service.store(manager, SOURCE, "a", file(day), only_good=True, how=how)
        assert done.stored == stored
    told = Reading(unsaid_as_found=False)
    for day in ("115/10/03", "115/10/04"):
        assert service.store(manager, "乙", "a", file(day), only_good=True, how=told).stored == 1


def test_a_column_mapped_by_hand_later_stores_nothing_again(city: World, manager: Actor) -> None:
    """What was stored before somebody saw that a heading was not known is not stored twice."""
    rows = [[*GOOD.values(), number] for number in ("1157554631", "1157554631", "1157554632")]
    numberless = [["" if index in (0, 11) else cell for index, cell in enumerate(r)] for r in rows]
    data = table_csv([[*HEADERS, "依據"], *numberless])
    assert service.store(manager, SOURCE, "a", data, only_good=True).stored == 3
    by_hand = {"document_no": "依據"}
    for mapping in (by_hand, {}, by_hand):
        done = service.store(manager, SOURCE, "a", data, mapping, only_good=True)
        assert (done.stored, done.duplicates) == (0, 3)
    other = service.store(manager, "乙", "a", data, by_hand, only_good=True)
    assert (other.stored, other.duplicates) == (3, 0)
    assert records()[-1].document_no == "1157554632"


def test_rows_alike_are_counted_in_their_sheet_and_named(city: World, manager: Actor) -> None:
    bare = {"序號": ""}
    data = csv_file(bare, bare, {}, {}, bare)
    shown = service.preview(manager, SOURCE, "a", data)
    # The rows with a serial number are one record and its double.
    assert (shown.alike, shown.alike_stored, shown.stored, shown.duplicates) == (2, 2, 4, 1)
    service.store(manager, SOURCE, "a", csv_file(bare, bare), only_good=True)
    shown = service.preview(manager, SOURCE, "a", data)
    assert (shown.alike, shown.alike_stored, shown.stored) == (2, 1, 2)
    assert [row.alike for row in shown.good_rows] == [False, True]


def test_progress_is_told_and_only_outside_the_transaction(
    city: World, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.usage.importing.scan.CHUNK", 300)
    told: list[float] = []

    def progress(done: float, sentence: str) -> None:
        told.append(done)
        assert stored_rows() == 0
        assert sentence

    service.store(manager, SOURCE, "a", sample("csv"), only_good=True, progress=progress)
    assert len(told) == 2034 // 300 + 1
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] == 1.0
    again = service.store(manager, SOURCE, "a", sample("csv"), only_good=True)
    assert (again.stored, again.duplicates) == (0, 2000)


def test_two_imports_of_one_file_at_once_store_it_once(city: World, manager: Actor) -> None:
    service.store(manager, SOURCE, "a", csv_file({}), only_good=True)
    with ThreadPoolExecutor(2) as pool:
        done = list(
            pool.map(
                lambda name: service.store(manager, SOURCE, name, sample("csv"), only_good=True),
                ("a", "b"),
            )
        )
    assert sorted(result.stored for result in done) == [0, 1990]
    assert stored_rows() == 1991


def test_two_imports_of_a_new_source_at_once(
    city: World, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both think that the source is new; the second is told to try again and leaves nothing."""
    service.store(manager, SOURCE, "a", csv_file({}), only_good=True)
    before = everything()
    monkeypatch.setattr(service, "find_source", lambda *_: None)
    with pytest.raises(Conflict, match="再試一次"):
        service.store(manager, SOURCE, "b", csv_file({"序號": "2"}), only_good=True)
    assert everything() == before


@pytest.mark.parametrize("name", EVERYBODY)
def test_only_system_managers_import(world: World, name: str) -> None:
    actor = world.actor(name)
    calls = (
        lambda: service.inspect_file(actor, csv_file({})),
        lambda: service.preview(actor, SOURCE, "a", csv_file({})),
        lambda: service.store(actor, SOURCE, "a", csv_file({}), only_good=True),
        lambda: service.import_file(actor, sample("csv"), SOURCE, True),
        lambda: history.list_imports(actor),
        lambda: sources.list_sources(actor),
        lambda: list_units(actor),
    )
    for call in calls:
        if name == "system_manager":
            call()
        else:
            with pytest.raises(Refused):
                call()


def test_a_row_of_tomorrow_is_judged_by_the_actors_clock(city: World, manager: Actor) -> None:
    data = csv_file({"查詢時間": "2026-11-23 10:30:00"})
    early = manager.at(datetime(2026, 11, 23, 2, 29, tzinfo=UTC))
    late = manager.at(datetime(2026, 11, 23, 2, 30, tzinfo=UTC))
    assert service.preview(early, SOURCE, "a", data).rejected == 1
    assert service.preview(late, SOURCE, "a", data).stored == 1
    assert GOOD["查詢時間"] < "2026"
