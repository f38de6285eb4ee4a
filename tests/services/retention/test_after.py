"""After a purge: what was taken away lawfully is no fault, and nothing else passes for it."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from data.engine import reading, transaction
from data.models import Event, Purge
from services import events
from services.actor import operator
from services.errors import Invalid
from services.events import EventType
from services.ledger import purges
from services.ledger.id_runs import IdRuns
from services.ledger.rehashing import Rehashing
from services.ledger.sealing import seal
from services.ledger.verification import verify_ledger
from services.retention.purging import purge
from tests.services.ledger.helpers import run
from tests.services.ledger.test_verification import _COPY
from tests.services.retention.test_purging import members
from tests.services.retention.years import BEFORE, OPERATOR, Years
from tests.world import NOW, World, at

SOON = operator(NOW + timedelta(hours=1))


@pytest.fixture
def archive(years: Years, tmp_path: Path) -> Path:
    """The archive of a purge of records 1 to 80."""
    path = tmp_path / "old.zip"
    purge(OPERATOR, BEFORE, archive=path)
    return path


def fault(archive: Path | None = None) -> str | None:
    return verify_ledger(SOON, archive=archive).first_fault


def fake(
    record_ids: str,
    *,
    before: date = BEFORE,
    moment: datetime = NOW,
    with_event: bool = True,
    records: int | None = None,
) -> None:
    """Write down a purge that never was, as whoever owns the database can."""
    row = Purge(
        at=moment,
        before=before,
        archive="fake.zip",
        archive_sha256="0" * 64,
        records=len(IdRuns.read(record_ids)) if records is None else records,
        audits=0,
        record_ids=record_ids,
    )
    with transaction() as db:
        db.add(row)
        db.flush()
        if with_event:
            events.write(
                db,
                operator(moment),
                EventType.RECORDS_PURGED,
                about=("archive", row.id),
                **purges.about(row),
            )


def lose(first: int, last: int) -> None:
    run(f"DELETE FROM usage_records WHERE id BETWEEN {first} AND {last}")


def test_nothing_is_wrong_after_a_purge(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fault(archive) is None
    monkeypatch.setattr(Rehashing, "AT_ONCE", 1)
    assert fault(archive) is None


# --- young rows that are said to have been purged --------------------------------------------------


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("sealed", [False, True], ids=["not sealed yet", "sealed"])
def test_young_rows_do_not_pass_for_purged(archive: Path, sealed: bool) -> None:
    """Also not with an event that the next night seals: their own seal shows how young they are."""
    lose(121, 125)
    assert str(fault()).startswith("使用紀錄第 121 筆在封存後不見了")
    fake("121-125")
    if sealed:
        seal(SOON)
    assert str(fault()).startswith(
        "第 2 號清除紀錄列有未滿保存年限的使用紀錄：第 125 筆於 115年11月23日"
    )


@pytest.mark.attack("ledger")
def test_a_purge_without_its_event_is_named(archive: Path) -> None:
    lose(81, 81)
    fake("81", with_event=False)
    assert str(fault()).startswith("第 2 號清除紀錄沒有相符的系統紀錄")


@pytest.mark.attack("ledger")
def test_a_purge_that_claims_a_later_day_is_named(archive: Path) -> None:
    """In 2030 those rows will be old; it is not 2030, whatever the purge says."""
    lose(121, 125)
    fake("121-125", before=date(2027, 1, 1), moment=at(2030, 6, 1))
    assert str(fault()).startswith("第 2 號清除紀錄的時間晚於")
    seal(SOON)
    assert verify_ledger(operator(at(2031, 1, 1))).first_fault == fault()


@pytest.mark.attack("ledger")
def test_a_purge_that_reached_too_far_in_its_day_is_named(archive: Path) -> None:
    lose(121, 125)
    fake("121-125", before=date(2026, 12, 1))
    assert "當時還未滿保存年限" in str(fault())


@pytest.mark.attack("ledger")
def test_what_was_never_sealed_cannot_have_been_purged(archive: Path) -> None:
    fake("100000")
    assert "從未封存" in str(fault())


@pytest.mark.attack("ledger")
def test_a_number_that_was_never_used_cannot_have_been_purged(world: World) -> None:
    world.use("clerk", *(at(2022, 5, day) for day in (1, 2, 3)))
    run("UPDATE usage_records SET id = 5 WHERE id = 3")  # 3 and 4 stay unused
    seal(operator(at(2022, 6, 1)))
    fake("4")
    assert fault() == "清除紀錄共列 1 筆使用紀錄，帳本內只有其中 0 筆。"


# --- rows and purges that are touched afterwards ---------------------------------------------------


@pytest.mark.attack("ledger")
def test_a_row_put_back_under_a_purged_number_is_named(archive: Path) -> None:
    run(_COPY.format(new=7).replace("WHERE id = 10", "WHERE id = 100"))
    assert fault() == "使用紀錄第 7 筆已經清除，資料庫卻還有這一筆；是清除後放回，或並未清除。"


@pytest.mark.attack("ledger")
def test_two_purges_of_the_same_row_are_named(archive: Path) -> None:
    fake("79-80")
    assert fault() == "兩次清除列了同一筆使用紀錄，清除紀錄已遭更動。"


@pytest.mark.attack("ledger")
def test_a_purge_of_rows_that_are_there_is_named(archive: Path) -> None:
    fake("81-90")
    assert str(fault()).startswith("使用紀錄第 81 筆已經清除，資料庫卻還有這一筆")


Attack = tuple[tuple[str, ...], str]
TOUCHED: dict[str, Attack] = {
    "the purge is dropped": (("DELETE FROM purges",), "使用紀錄第 1 筆在封存後不見了"),
    "its numbers grow": (
        (
            "UPDATE purges SET record_ids = '1-81', records = 81",
            "DELETE FROM usage_records WHERE id = 81",
        ),
        "第 1 號清除紀錄沒有相符的系統紀錄",
    ),
    "its numbers shrink": (
        ("UPDATE purges SET record_ids = '1-79', records = 79",),
        "使用紀錄第 80 筆在封存後不見了",
    ),
    "its numbers are no numbers": (
        ("UPDATE purges SET record_ids = 'all'",),
        "使用紀錄第 1 筆在封存後不見了",
    ),
    "its numbers overlap": (
        ("UPDATE purges SET record_ids = '1-80,80'",),
        "使用紀錄第 1 筆在封存後不見了",
    ),
    "its count": (("UPDATE purges SET records = 81",), "第 1 號清除紀錄的筆數與所列編號不符"),
    "its archive": (
        ("UPDATE purges SET archive_sha256 = 'ff'",),
        "第 1 號清除紀錄沒有相符的系統紀錄",
    ),
    "its date": (("UPDATE purges SET before = '2023-11-20'",), "第 1 號清除紀錄沒有相符的系統紀錄"),
    "its event is dropped": (
        ("DELETE FROM events WHERE type = 'records_purged'",),
        "第 1 號清除紀錄沒有相符的系統紀錄",
    ),
    "its event is made another's": (
        ("UPDATE events SET object_id = '9' WHERE type = 'records_purged'",),
        "第 1 號清除紀錄沒有相符的系統紀錄",
    ),
    "a row that stays is dropped": (
        ("DELETE FROM usage_records WHERE id = 81",),
        "使用紀錄第 81 筆在封存後不見了",
    ),
    "a row that stays is altered": (
        ("UPDATE usage_records SET target = '' WHERE id = 81",),
        "使用紀錄第 81 筆的內容在封存後遭更動",
    ),
    "all rows are dropped": (("DELETE FROM usage_records",), "使用紀錄第 81 筆在封存後不見了"),
    "the names of purged leaves are moved": (
        ("UPDATE ledger_tiles SET rows = replace(rows, 'u1-70', 'u2-71') WHERE level = 0",),
        "帳本的雜湊塊",
    ),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", TOUCHED)
def test_what_is_touched_after_a_purge_is_named(archive: Path, name: str) -> None:
    statements, sentence = TOUCHED[name]
    run(*statements)
    assert str(fault()).startswith(sentence)


@pytest.mark.attack("ledger")
def test_a_hash_of_a_purged_row_is_held_by_the_signed_root(archive: Path) -> None:
    """Every stored width alike, so that the tiles agree with each other."""
    with reading() as db:
        tiles = db.execute(
            text("SELECT width, hashes FROM ledger_tiles WHERE level = 0 AND number = 0")
        ).all()
    for width, hashes in tiles:
        run(
            "UPDATE ledger_tiles SET hashes = :hashes WHERE level = 0 AND number = 0 AND width = :w",
            hashes=bytes([hashes[0] ^ 1]) + hashes[1:],
            w=width,
        )
    assert str(fault()).startswith("第 1 號檢查點的根與紀錄不符")


@pytest.mark.attack("ledger")
def test_a_purge_of_audits_alone_cannot_vanish(archive: Path) -> None:
    fake("")
    assert fault() is None
    run("DELETE FROM purges WHERE id = 2")
    assert fault() == "系統紀錄有第 2 號清除，清除紀錄卻不見了。"


# --- the archive -----------------------------------------------------------------------------------


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(bytes(content))


def flip_inside(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[120] ^= 1
    path.write_bytes(bytes(content))


def rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Make the ZIP anew, so that its own checksums are right."""
    found = members(path)
    found["usage_records.jsonl"] = change(found["usage_records.jsonl"])
    path.unlink()
    with zipfile.ZipFile(path, "w") as made:
        for name, lines in found.items():
            made.writestr(name, b"".join(line + b"\n" for line in lines))


ARCHIVES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte at its end": (flip, "已毀損|都不同"),
    "a byte of the content": (flip_inside, "已毀損|第 1 筆的內容在封存後遭更動"),
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:999]), "已毀損"),
    "another file": (lambda path: path.write_bytes(b"no archive"), "已毀損"),
    "a word of a row": (
        lambda path: rewrite(
            path, lambda rows: [rows[0].replace("府授".encode(), "府受".encode()), *rows[1:]]
        ),
        "使用紀錄第 1 筆的內容在封存後遭更動",
    ),
    "a row taken out": (lambda path: rewrite(path, lambda rows: rows[:-1]), "都不同"),
    "two rows exchanged": (
        lambda path: rewrite(path, lambda rows: [rows[1], rows[0], *rows[2:]]),
        "使用紀錄第 1 筆",
    ),
    "a row twice": (lambda path: rewrite(path, lambda rows: [rows[0], *rows]), "都不同"),
    "a line that is no row": (lambda path: rewrite(path, lambda rows: [b"x", *rows]), "已毀損"),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", ARCHIVES)
def test_a_touched_archive_is_named(archive: Path, name: str) -> None:
    change, sentence = ARCHIVES[name]
    change(archive)
    assert fault() is None, "the ledger itself is sound"
    found = str(fault(archive))
    assert found.startswith("封存檔 old.zip ")
    assert any(part in found for part in sentence.split("|")), found
    with reading() as db:
        newest = db.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (newest.type, newest.outcome) == ("ledger_verified", "fault")


def test_an_archive_that_is_not_there_is_said(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="找不到封存檔"):
        fault(tmp_path / "nowhere.zip")
