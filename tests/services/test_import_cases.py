"""Small files that were read wrongly, each with its right outcome (tests/files/cases/README.md)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import UsageRecord, UsageSource
from services.actor import Actor
from services.rocdate import taipei
from services.usage.importing import service
from services.usage.importing.scan import Reading
from tests.world import World

CASES = Path(__file__).parent.parent / "files" / "cases"


def stored(source: str) -> list[UsageRecord]:
    with reading() as db:
        return list(
            db.scalars(
                select(UsageRecord)
                .join(UsageSource, UsageRecord.source_id == UsageSource.id)
                .where(UsageSource.name == source)
                .order_by(UsageRecord.id)
            )
        )


def times(records: list[UsageRecord]) -> list[str]:
    return [f"{taipei(record.occurred_at):%m/%d %H:%M:%S}" for record in records]


def _midnight(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert times(records) == [
        *("07/18 00:00:00", "07/18 00:00:00", "07/18 12:00:00", "07/18 23:59:59")
    ]


def _two_columns(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert times(records) == ["07/18 13:05:09"] * 2
    assert shown.unmapped == ()


def _months(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert [(sheet.name, sheet.read, sheet.left_out) for sheet in shown.sheets] == [
        *(("7月", 2, ""), ("8月", 2, ""), ("9月", 2, ""))
    ]
    assert {record.local_month for record in records} == {"2026-07", "2026-08", "2026-09"}


def _hidden(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert [(sheet.name, sheet.read, sheet.left_out) for sheet in shown.sheets] == [
        *(("舊資料", 0, "隱藏的工作表"), ("使用紀錄", 2, ""))
    ]
    assert {record.username for record in records} == {"u001"}


def _comma_file(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert {record.reason for record in records} == {
        "徵收案所涉土地：18-1;18-2;18-3;18-4;18-5;18-6;18-7"
    }


def _semicolon_file(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert {record.reason for record in records} == {"徵收案, 18-1, 18-2, 18-3, 18-4, 18-5, 18-6"}


def _damaged(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert [row.number for row in shown.rejected_rows] == [2, 3]
    assert all("科學記號" in row.reason for row in shown.rejected_rows)
    assert [(record.username, record.flags) for record in records] == [
        *(("u001", "number_malformed"), ("u001", ""))
    ]


def _alike(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert (shown.alike, shown.alike_stored) == (2, 2)


def _two_row_heading(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert shown.header.row == 2
    assert [record.document_no for record in records] == [
        f"府授地資字第11575546{number}號" for number in (39, 40, 41)
    ]
    assert {record.flags for record in records} == {""}


def _unmapped(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert [(one.heading, one.letter, one.rows, one.example) for one in shown.unmapped] == [
        ("流水", "A", 3, "31"),
        ("依據文號", "L", 3, "府授地資字第11575546310號"),
    ]


def _district(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert [(record.section_code, record.flags) for record in records] == [("AD0609", "")]


def _era(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert times(records) == ["07/18 15:05:00"]


def _cut(shown: service.Preview, records: list[UsageRecord]) -> None:
    assert times(records) == ["07/18 10:00:00"] * 3


Check = Callable[[service.Preview, list[UsageRecord]], None]
OUTCOMES: dict[str, tuple[int, int, Check]] = {
    # read, stored, and what else holds
    "a01-date-and-time-columns.csv": (2, 2, _two_columns),
    "a02-sheet-per-month.xlsx": (6, 6, _months),
    "a02b-hidden-old-sheet-first.xlsx": (2, 2, _hidden),
    "a03-midnight-cell.xlsx": (4, 4, _midnight),
    "a11c-lists-in-cells.csv": (10, 10, _comma_file),
    "a11d-commas-in-semicolon-file.csv": (10, 10, _semicolon_file),
    "a14-scientific.csv": (4, 2, _damaged),
    "a15-same-minute-no-serial.csv": (3, 3, _alike),
    "a22b-two-row-header-three-records.xlsx": (3, 3, _two_row_heading),
    "a40-unknown-headings.csv": (3, 3, _unmapped),
    "a43-milliseconds.csv": (3, 3, _cut),
    "a43-milliseconds.xlsx": (3, 3, _cut),
    "f-district-with-city.csv": (1, 1, _district),
    "f-minguo-prefix.csv": (1, 1, _era),
}


@pytest.fixture
def manager(world: World) -> Actor:
    return world.actor("system_manager")


def test_every_case_has_its_outcome() -> None:
    assert set(OUTCOMES) == {path.name for path in CASES.iterdir()} - {"README.md"}


def test_each_comes_out_right_and_a_second_time_stores_nothing(manager: Actor) -> None:
    for name, (read, good, check) in OUTCOMES.items():
        source, path = f"系統 {name}", CASES / name
        shown = service.preview(manager, source, name, path)
        assert (shown.read, shown.stored, shown.duplicates) == (read, good, 0), name
        done = service.store(manager, source, name, path, only_good=True)
        assert (done.read, done.stored) == (read, good), name
        check(shown, stored(source))
        again = service.preview(manager, source, name, path)
        assert (again.stored, again.duplicates) == (0, good), name
        assert [past.stored for past in again.imported_before] == [good]
        assert service.store(manager, source, name, path, only_good=True).stored == 0, name


def test_the_same_log_in_two_formats_is_one(manager: Actor) -> None:
    for first, second in (("csv", "xlsx"), ("xlsx", "csv")):
        files = [CASES / f"a43-milliseconds.{suffix}" for suffix in (first, second)]
        done = [service.store(manager, first, "a", path, only_good=True) for path in files]
        assert [one.stored for one in done] == [3, 0]


def test_rows_alike_can_be_said_to_be_one(manager: Actor) -> None:
    path = CASES / "a15-same-minute-no-serial.csv"
    one = Reading(alike_are_one=True)
    done = service.store(manager, "甲", "a", path, only_good=True, how=one)
    assert (done.stored, done.duplicates, done.alike) == (1, 2, 2)
    # Whoever changes their mind gets the other two, and the first not again.
    assert service.store(manager, "甲", "a", path, only_good=True).stored == 2
    assert service.store(manager, "甲", "a", path, only_good=True).stored == 0


def test_the_command_line_says_all_of_it(manager: Actor) -> None:
    def told(name: str, *, dry_run: bool) -> dict[str, object]:
        return service.import_file(manager, CASES / name, "甲", dry_run)

    hidden = told("a02b-hidden-old-sheet-first.xlsx", dry_run=True)
    assert hidden["sheets"] == [
        {"name": "舊資料", "read": 0, "left_out": "隱藏的工作表"},
        {"name": "使用紀錄", "read": 2, "left_out": ""},
    ]
    assert hidden["imported_before"] == []
    for dry_run in (True, False):
        unknown = told("a40-unknown-headings.csv", dry_run=dry_run)
        assert unknown["unmapped"] == [
            {"heading": "流水", "letter": "A", "rows": 3, "example": "31"},
            {
                "heading": "依據文號",
                "letter": "L",
                "rows": 3,
                "example": "府授地資字第11575546310號",
            },
        ]
        assert (unknown["sheets"], unknown["alike"], unknown["stored"]) == ([], 0, 3)
    again = told("a40-unknown-headings.csv", dry_run=True)
    assert again["imported_before"] == [
        {
            "at": manager.now.isoformat(),
            "by": "測試013（system_manager）",
            "source": "甲",
            "stored": 3,
        }
    ]
    said = service.sentences(again)
    assert len(said) == 3
    assert "先前匯入過" in said[0]
    assert "依據文號" in said[2]
