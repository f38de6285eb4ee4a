"""Every way to touch what was sealed is found and named, on both databases.

The triggers are dropped first, as whoever owns the database can.
"""

import base64
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Event, LedgerCheckpoint, LedgerTile
from services.actor import operator
from services.errors import Refused
from services.ledger import checkpoints, note, tiles
from services.ledger.rehashing import Rehashing
from services.ledger.rows import Log
from services.ledger.sealing import seal
from services.ledger.verification import Verified, verify_ledger
from tests.services.ledger.conftest import KEY, OTHER_KEY
from tests.services.ledger.helpers import run, use
from tests.staged import Stage
from tests.world import NOW, World


@pytest.fixture
def sealed(stage: Stage, world: World) -> World:
    return stage.add(world, sealed_world)


def sealed_world(world: World) -> World:
    """Three seals over 1,100 usage records and some events, then two records not sealed yet."""
    for count in (300, 600, 200):
        use(world, count)
        for _ in range(3):
            with pytest.raises(Refused):
                verify_ledger(world.actor("clerk"))
        seal(operator(NOW))
    use(world, 2)
    return world


def verify(**options: Any) -> Verified:
    return verify_ledger(operator(NOW), **options)


def newest_event() -> Event:
    with reading() as db:
        return db.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()


def test_an_untouched_ledger_is_sound(sealed: World, caplog: pytest.LogCaptureFixture) -> None:
    shares: list[float] = []
    found = verify(progress=lambda share, what: shares.append(share))
    assert found.as_dict() == {
        "ok": True,
        "records": 1100,
        "events": 11,
        "checkpoints": 3,
        "first_fault": None,
    }
    assert found.not_sealed == 3  # two records, and the event of the last seal
    assert shares[-1] == 1
    event = newest_event()
    assert (event.type, event.outcome, event.detail["records"]) == ("ledger_verified", "done", 1100)
    assert "帳本不符" not in caplog.text


def test_nothing_sealed_is_no_fault(world: World) -> None:
    use(world, 3)
    found = verify()
    assert found.ok and found.not_sealed == 3 and found.checkpoints == 0


def test_only_those_entitled_verify(world: World) -> None:
    for name in ("clerk", "head", "agency_manager", "reviewer"):
        with pytest.raises(Refused):
            verify_ledger(world.actor(name))
    assert verify_ledger(world.actor("system_manager")).ok


def test_verifying_needs_only_the_public_key(
    sealed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.from_private_bytes(base64.b64decode(KEY)).public_key()
    monkeypatch.delenv("LEDGER_KEY")
    monkeypatch.setenv("LEDGER_PUBLIC_KEY", base64.b64encode(public.public_bytes_raw()).decode())
    assert verify().ok


# --- rows ------------------------------------------------------------------------------------------

_COPY = (
    "INSERT INTO usage_records SELECT {new}, source_id, 'copy', import_id, occurred_at, local_month, "
    "stored_at, account_id, person_key, username, person_name, unit_id, unit_name, agency_id, "
    "agency_name, item, item_authorised, action, section_code, number, target, case_no, document_no, "
    "reason, flags, address, session_id FROM usage_records WHERE id = 10"
)
SWAP = (
    "UPDATE usage_records SET id = -1 WHERE id = {a}",
    "UPDATE usage_records SET id = {a} WHERE id = {b}",
    "UPDATE usage_records SET id = {b} WHERE id = -1",
)
_MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', occurred_at, '+1 second') || '000'",
    "postgresql": "occurred_at + interval '1 microsecond'",
}
LABELS = {"usage_records": "使用紀錄", "events": "系統紀錄"}
ALTERED = "使用紀錄第 {} 筆的內容在封存後遭更動"
COLUMNS: dict[str, tuple[str, int]] = {
    "text": ("target = replace(target, '18-1', '18-0')", 700),
    "one letter": ("target = target || ' '", 1),
    "empty for text": ("document_no = ''", 256),
    "NULL for text": ("section_code = NULL", 257),
    "empty for NULL": ("source_key = ''", 258),
    "number": ("account_id = account_id + 1", 1100),
    "NULL for number": ("account_id = NULL", 300),
    "truth": ("item_authorised = NOT item_authorised", 301),
    "moment": ("occurred_at = {moment}", 900),
    "month": ("local_month = '2026-10'", 901),
    "two columns exchanged": ("case_no = document_no, document_no = case_no", 512),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("kind", COLUMNS)
def test_an_altered_row_is_named(sealed: World, database: str, kind: str) -> None:
    change, id_ = COLUMNS[kind]
    change = change.format(moment=_MOMENT[database])
    run(f"UPDATE usage_records SET {change} WHERE id = {id_}")
    fault = verify().first_fault
    assert fault is not None and ALTERED.format(id_) in fault
    event = newest_event()
    assert (event.type, event.outcome) == ("ledger_verified", "fault")
    assert event.detail["sentence"] == fault


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(
    "change",
    [
        "detail = '{{}}'",
        "outcome = 'done'",
        "actor_name = '別人'",
        "at = {moment}",
        "unit_id = NULL",
        "object_id = ''",
    ],
)
def test_an_altered_event_is_named(sealed: World, database: str, change: str) -> None:
    moment = _MOMENT[database].replace("occurred_at", "at")
    run(f"UPDATE events SET {change.format(moment=moment)} WHERE id = 6")
    assert verify().first_fault == "系統紀錄第 6 筆的內容在封存後遭更動。"


Attack = tuple[tuple[str, ...], str]
ROWS: dict[str, Attack] = {
    "a row dropped": (
        ("DELETE FROM usage_records WHERE id = 400",),
        "使用紀錄第 400 筆在封存後不見了",
    ),
    "the first dropped": (
        ("DELETE FROM usage_records WHERE id = 1",),
        "使用紀錄第 1 筆在封存後不見了",
    ),
    "the last sealed dropped": (
        ("DELETE FROM usage_records WHERE id = 1100",),
        "使用紀錄第 1100 筆在封存後不見了",
    ),
    "a tile of rows dropped": (
        ("DELETE FROM usage_records WHERE id BETWEEN 310 AND 800",),
        "使用紀錄第 310 筆在封存後不見了（附近共缺 491 筆）",
    ),
    "the table emptied": (("DELETE FROM usage_records",), "使用紀錄第 1 筆在封存後不見了"),
    "the events emptied": (("DELETE FROM events",), "系統紀錄第 1 筆在封存後不見了"),
    "an event dropped": (("DELETE FROM events WHERE id = 5",), "系統紀錄第 5 筆在封存後不見了"),
    "a row put under zero": ((_COPY.format(new=-3),), "使用紀錄多出第 -3 筆"),
    "a row put at zero": ((_COPY.format(new=0),), "使用紀錄多出第 0 筆"),
    "a row put below every number": (
        (_COPY.format(new=-(1 << 63)),),
        f"使用紀錄多出第 {-(1 << 63)} 筆",
    ),
    "a row put in a gap": (
        ("DELETE FROM usage_records WHERE id = 20", _COPY.format(new=20)),
        "使用紀錄第 20 筆的內容在封存後遭更動",
    ),
    "two rows swapped": (
        tuple(step.format(a=30, b=40) for step in SWAP),
        "使用紀錄第 30 筆的內容被換成第 40 筆的內容",
    ),
    "two rows far apart swapped": (
        tuple(step.format(a=2, b=1099) for step in SWAP),
        "使用紀錄第 2 筆的內容被換成第 1099 筆的內容",
    ),
    "a row moved to the end": (
        ("UPDATE usage_records SET id = 5000 WHERE id = 700",),
        "使用紀錄第 700 筆被搬到第 5000 筆",
    ),
    "two faults": (
        (
            "UPDATE usage_records SET target = '' WHERE id = 800",
            "UPDATE usage_records SET target = '' WHERE id = 90",
        ),
        ALTERED.format(90),
    ),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", ROWS)
def test_a_missing_added_or_moved_row_is_named(
    sealed: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    statements, sentence = ROWS[name]
    run(*statements)
    found = verify()
    assert not found.ok and found.first_fault is not None
    assert found.first_fault.startswith(sentence)
    assert "帳本不符" in caplog.text


@pytest.mark.attack("ledger")
def test_a_row_put_where_a_number_was_never_used_is_named(world: World) -> None:
    use(world, 10)
    run("UPDATE usage_records SET id = id + 1 WHERE id = 10")  # number 10 stays unused
    seal(operator(NOW))
    assert verify().ok
    run(
        "UPDATE usage_records SET id = 3000 WHERE id = 10",
        _COPY.format(new=10).replace("= 10", "= 4"),
    )
    assert verify().first_fault == "使用紀錄多出第 10 筆，封存時沒有這一筆。"


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(("table", "label"), LABELS.items())
def test_a_number_that_is_never_given_is_named_before_the_first_seal(
    world: World, table: str, label: str
) -> None:
    """No seal ever comes by it: seals go upwards from 1."""
    use(world, 1)
    with pytest.raises(Refused):
        verify_ledger(world.actor("clerk"))
    run(f"UPDATE {table} SET id = -7")
    assert verify().first_fault == f"{label}多出第 -7 筆；編號從 1 起，沒有這樣的一筆。"


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(("table", "column"), [("usage_records", "occurred_at"), ("events", "at")])
def test_a_moment_moved_before_our_era_is_named(
    sealed: World, database: str, table: str, column: str
) -> None:
    """PostgreSQL writes a year before Christ like the same year after."""
    before = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || ' BC'"
    moved = {
        "postgresql": f"(({before})::timestamp AT TIME ZONE 'UTC')",
        "sqlite": f"'-' || {column}",
    }
    run(f"UPDATE {table} SET {column} = {moved[database]} WHERE id = 5")
    assert verify().first_fault == f"{LABELS[table]}第 5 筆的內容在封存後遭更動。"


@pytest.mark.attack("ledger")
def test_a_truncated_table_is_named(sealed: World, database: str) -> None:
    emptied = "TRUNCATE usage_records" if database == "postgresql" else "DELETE FROM usage_records"
    run(emptied)
    fault = verify().first_fault
    assert fault is not None and fault.startswith("使用紀錄第 1 筆在封存後不見了")


@pytest.mark.attack("ledger")
def test_bytes_in_place_of_text_are_named(sealed: World, database: str) -> None:
    """SQLite takes any kind of value in any column; PostgreSQL keeps to its types."""
    value = "x'41ff'" if database == "sqlite" else "'A'"
    run(f"UPDATE usage_records SET target = {value} WHERE id = 77")
    fault = verify().first_fault
    assert fault is not None and fault.startswith(ALTERED.format(77))


# --- tiles and checkpoints in the database ---------------------------------------------------------

TILES: dict[str, tuple[str, str]] = {
    "a hash altered": (
        "UPDATE ledger_tiles SET hashes = (SELECT hashes FROM ledger_tiles WHERE level = 0 AND "
        "number = 1 AND width = 256) WHERE level = 0 AND number = 2 AND width = 256",
        "第 0 層第 2 塊",
    ),
    "names altered": (
        "UPDATE ledger_tiles SET rows = replace(rows, 'u257', 'u258') WHERE level = 0 AND number = 1",
        "第 0 層第 1 塊",
    ),
    "names of events altered": (
        "UPDATE ledger_tiles SET rows = replace(rows, 'e4-7', 'e5-8') WHERE level = 0",
        "系統紀錄編號",
    ),
    "a leaf tile dropped": (
        "DELETE FROM ledger_tiles WHERE level = 0 AND number = 0",
        "第 0 層第 0 塊",
    ),
    "an old width dropped": (
        "DELETE FROM ledger_tiles WHERE level = 0 AND width < 256 AND number = 1",
        "第 0 層第 1 塊",
    ),
    "an upper tile altered": (
        "UPDATE ledger_tiles SET hashes = (SELECT hashes FROM ledger_tiles WHERE level = 1 AND "
        "width = 1) WHERE level = 1 AND width = 1",
        "",
    ),
    "an upper tile dropped": (
        "DELETE FROM ledger_tiles WHERE level = 1 AND width = 1",
        "多出或缺少",
    ),
    "a tile put in": (
        "INSERT INTO ledger_tiles SELECT level, 99, width, hashes, rows FROM ledger_tiles "
        "WHERE level = 0 AND number = 0",
        "多出或缺少",
    ),
    "all tiles dropped": ("DELETE FROM ledger_tiles", "第 0 層第 0 塊"),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", [name for name in TILES if TILES[name][1]])
def test_touched_tiles_are_named_and_no_row_is_blamed(sealed: World, name: str) -> None:
    statement, sentence = TILES[name]
    run(statement)
    fault = verify().first_fault
    assert fault is not None and sentence in fault and "帳本的雜湊塊" in fault


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("widest", [True, False], ids=["widest", "earlier"])
@pytest.mark.parametrize(("level", "number"), [(0, 1), (1, 0)])
def test_one_flipped_bit_in_a_tile_is_named(
    sealed: World, level: int, number: int, widest: bool
) -> None:
    """Also in what an earlier checkpoint left of a tile that has grown since: its proofs need it."""
    with reading() as db:
        stored = db.scalars(
            select(LedgerTile)
            .where(LedgerTile.level == level, LedgerTile.number == number)
            .order_by(LedgerTile.width)
        ).all()
    assert len(stored) > 1
    tile = stored[-1] if widest else stored[0]
    hashes = bytearray(tile.hashes)
    hashes[20] ^= 4
    run(
        "UPDATE ledger_tiles SET hashes = :hashes "
        "WHERE level = :level AND number = :number AND width = :width",
        hashes=bytes(hashes),
        level=level,
        number=number,
        width=tile.width,
    )
    fault = verify().first_fault
    assert fault == f"帳本的雜湊塊（第 {level} 層第 {number} 塊）不見了，或遭更動。"


NOTES: dict[str, Attack] = {
    "the last dropped": (
        ("DELETE FROM ledger_checkpoints WHERE number = 3",),
        "檢查點檔有第 3 號檢查點，資料庫卻沒有",
    ),
    "one in the middle dropped": (
        ("DELETE FROM ledger_checkpoints WHERE number = 2",),
        "檢查點檔的第 2 則|第 2 號檢查點",
    ),
    "all dropped": (("DELETE FROM ledger_checkpoints",), "檢查點檔有第 1 號檢查點，資料庫卻沒有"),
    "all but the events dropped": (
        ("DELETE FROM ledger_checkpoints", "DELETE FROM ledger_tiles"),
        "檢查點檔有第 1 號檢查點，資料庫卻沒有",
    ),
    "a column altered": (
        ("UPDATE ledger_checkpoints SET usage_count = 299 WHERE number = 1",),
        "第 1 號檢查點的欄位與簽章所載不同",
    ),
    "a note altered": (
        (
            "UPDATE ledger_checkpoints SET note = replace(note, 'usage 300', 'usage 299') WHERE number = 1",
        ),
        "第 1 號檢查點",
    ),
    "a note taken from another": (
        (
            "UPDATE ledger_checkpoints SET note = (SELECT note FROM ledger_checkpoints WHERE "
            "number = 1) WHERE number = 2",
        ),
        "第 2 號檢查點",
    ),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", NOTES)
def test_touched_checkpoints_are_named(sealed: World, name: str) -> None:
    statements, sentence = NOTES[name]
    run(*statements)
    fault = verify().first_fault
    assert fault is not None and any(part in fault for part in sentence.split("|"))


@pytest.mark.attack("ledger")
def test_a_ledger_removed_with_its_file_is_named(sealed: World, checkpoints_file: Path) -> None:
    run("DELETE FROM ledger_checkpoints", "DELETE FROM ledger_tiles")
    checkpoints_file.unlink()
    assert verify().first_fault == "資料庫沒有檢查點，但曾經封存過；檢查點已遭刪除。"


@pytest.mark.attack("ledger")
def test_the_newest_checkpoint_removed_with_its_line_is_named(
    sealed: World, checkpoints_file: Path
) -> None:
    """Rows under it would count as not sealed yet, and could be changed."""
    with reading() as db:
        kept = list(checkpoints.stored(db))[:2]
    size = kept[-1].size
    run(
        "DELETE FROM ledger_checkpoints WHERE number = 3",
        f"DELETE FROM ledger_tiles WHERE level = 0 AND number * 256 + width > {size}",
        f"DELETE FROM ledger_tiles WHERE level = 1 AND width * 256 > {size}",
    )
    checkpoints_file.write_bytes(checkpoints.bytes_of([row.note for row in kept]))
    fault = verify().first_fault
    assert fault == "系統紀錄有第 3 號檢查點的封存，資料庫卻只有 2 號；較新的檢查點已遭刪除。"


# --- sealed anew, and the file outside -------------------------------------------------------------


def reseal() -> None:
    """Forge a whole ledger over the rows as they are now, with a file that agrees with it."""
    run(
        "DELETE FROM ledger_checkpoints",
        "DELETE FROM ledger_tiles",
        "DELETE FROM events WHERE type = 'ledger_sealed'",
    )
    checkpoints.file_path().unlink()
    seal(operator(NOW))


@pytest.fixture
def kept(sealed: World, checkpoints_file: Path) -> Path:
    """A copy of the file on another machine."""
    copy = checkpoints_file.with_name("kept.txt")
    shutil.copy(checkpoints_file, copy)
    return copy


@pytest.mark.attack("ledger")
def test_a_tree_sealed_anew_with_the_same_key_is_found_by_the_copy(kept: Path) -> None:
    assert verify(file=kept).ok
    run("UPDATE usage_records SET target = '' WHERE id = 90")
    reseal()
    assert verify().ok, "the forger has everything but the copy"
    fault = verify(file=kept).first_fault
    assert fault is not None and "第 1 號檢查點在資料庫與檔案中不同" in fault


@pytest.mark.attack("ledger")
def test_a_tree_sealed_anew_beside_the_true_file_is_not_sealed(
    kept: Path, checkpoints_file: Path
) -> None:
    run(
        "UPDATE usage_records SET target = '' WHERE id = 90",
        "DELETE FROM ledger_checkpoints",
        "DELETE FROM ledger_tiles",
    )
    with pytest.raises(checkpoints.LedgerFault, match="資料庫卻沒有"):
        seal(operator(NOW))


@pytest.mark.attack("ledger")
def test_a_tree_sealed_anew_with_another_key_is_named(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("UPDATE usage_records SET target = '' WHERE id = 90")
    with monkeypatch.context() as forger:
        forger.setenv("LEDGER_KEY", OTHER_KEY)
        reseal()
    for options in ({}, {"file": kept}):
        fault = verify(**options).first_fault
        assert (fault is not None and "另一把金鑰" in fault) or "不同" in str(fault)


@pytest.mark.attack("ledger")
def test_rows_and_hashes_altered_together_are_found_without_the_file(sealed: World) -> None:
    """Everything re-hashed but not signed: the root is no longer the signed one."""
    with reading() as db:
        true = list(checkpoints.stored(db))
    run("UPDATE usage_records SET target = '' WHERE id = 90")
    path = checkpoints.file_path()
    content = path.read_text()
    reseal_like(true)
    path.write_text(content)
    fault = verify().first_fault
    assert fault is not None and fault.startswith("第 1 號檢查點的根與紀錄不符")


def reseal_like(true: list[LedgerCheckpoint]) -> None:
    """Write the tiles anew over the rows as they are, and put the true checkpoints back."""
    from services.ledger import rows, tree

    run("DELETE FROM ledger_checkpoints", "DELETE FROM ledger_tiles")
    with transaction() as db:
        size, before = 0, {Log.USAGE: 0, Log.EVENTS: 0}
        for row in true:
            through = {Log.USAGE: row.usage_through, Log.EVENTS: row.event_through}
            found = {log: rows.read(db, log, before[log], through[log]) for log in Log}
            hashes = tree.leaf_hashes(content for log in Log for _, content in found[log])
            runs = [run for log in Log for run in tiles.runs_of(log, [i for i, _ in found[log]])]
            made = tiles.grow(size, tiles.fetch_from(db), hashes, runs)
            db.add_all([tiles.stored_row(tile) for tile in made])
            db.add(checkpoints.row_of(note.read(row.note), row.note))
            db.flush()
            size, before = row.size, through


@pytest.mark.attack("ledger")
def test_a_database_rolled_back_is_named(world: World, database: str, tmp_path: Path) -> None:
    for count in (30, 20):
        use(world, count)
        seal(operator(NOW))
    run(
        "DELETE FROM ledger_checkpoints WHERE number = 2",
        "DELETE FROM ledger_tiles WHERE width > 30",
        "DELETE FROM usage_records WHERE id > 30",
        "DELETE FROM events",
    )
    fault = verify().first_fault
    assert fault is not None and "還原成較舊的內容" in fault


def swapped(content: str) -> str:
    notes = content.split("\n\n")
    return "\n\n".join([*notes[2:4], *notes[:2], *notes[4:]])


FILES: dict[str, tuple[Callable[[str], str], str]] = {
    "gone": (lambda content: "", "缺少第 1 號檢查點"),
    "shortened": (
        lambda content: "\n\n".join(content.split("\n\n")[:2]) + "\n\n",
        "缺少第 2 號檢查點",
    ),
    "the first dropped": (lambda content: content.split("\n\n", 2)[2], "第 1 則是第 2 號檢查點"),
    "reordered": (swapped, "第 1 則是第 2 號檢查點"),
    "doubled": (lambda content: content + content, "檢查點檔有第 4 號檢查點"),
    "a figure altered": (
        lambda content: content.replace("usage 900", "usage 899"),
        "第 2 則的簽章不符",
    ),
    "a time altered": (lambda content: content.replace("T02:00", "T03:00", 1), "第 1 則的簽章不符"),
    "a signature cut": (lambda content: content.replace("=\n\ncad", "\n\ncad", 1), "第 1 則"),
    "a line added": (lambda content: content + "checked\n", "多餘的內容"),
    "no text": (lambda content: "PK\x03\x04", "缺少第 1 號檢查點|第 1 則"),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", FILES)
def test_a_touched_file_is_named(sealed: World, checkpoints_file: Path, name: str) -> None:
    change, sentence = FILES[name]
    before = checkpoints_file.read_text()
    checkpoints_file.write_text(change(before))
    assert checkpoints_file.read_text() != before
    fault = verify().first_fault
    assert fault is not None and any(part in fault for part in sentence.split("|"))


@pytest.mark.attack("ledger")
def test_bytes_that_are_no_text_are_named(sealed: World, checkpoints_file: Path) -> None:
    checkpoints_file.write_bytes(b"\xff\xfe" + checkpoints_file.read_bytes())
    fault = verify().first_fault
    assert fault is not None and "不是文字檔" in fault


@pytest.mark.attack("ledger")
def test_the_wrong_key_is_named(sealed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_KEY", OTHER_KEY)
    fault = verify().first_fault
    assert fault is not None and "另一把金鑰" in fault


# --- a seal that was cut off before its checkpoint was in the file ----------------------------------

_LAST = {"the whole": 0.0, "the last byte of the": 1.0, "half of the": 0.5}


def cut(checkpoints_file: Path, share: float = 0.0) -> bytes:
    """Take the last checkpoint, or the end of it, out of the file, and return what the file was."""
    whole = checkpoints_file.read_bytes()
    with reading() as db:
        last = len(checkpoints.bytes_of([checkpoints.stored(db)[-1].note]))
    checkpoints_file.write_bytes(whole[: len(whole) - last + min(int(last * share), last - 1)])
    return whole


@pytest.mark.parametrize("name", _LAST)
def test_what_the_next_seal_would_complete_is_no_fault(
    sealed: World, checkpoints_file: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = cut(checkpoints_file, _LAST[name])
    for _ in range(2):  # asking changes nothing
        found = verify()
        assert found.first_fault is None and not found.ok
        assert found.to_complete is not None and "第 3 號檢查點" in found.to_complete
        assert found.as_dict()["to_complete"] == found.to_complete
        assert (newest_event().outcome, newest_event().type) == ("incomplete", "ledger_verified")
    assert "帳本不符" not in caplog.text
    seal(operator(NOW))
    assert checkpoints_file.read_bytes().startswith(whole)
    assert verify().ok


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_seal_cut_off_inside_a_character_is_completed(
    sealed: World, checkpoints_file: Path
) -> None:
    whole = checkpoints_file.read_bytes()
    dash = whole.rindex("—".encode())
    for inside in (1, 2):
        checkpoints_file.write_bytes(whole[: dash + inside])
        assert verify().to_complete is not None
    seal(operator(NOW))
    assert checkpoints_file.read_bytes().startswith(whole) and verify().ok


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(
    "name",
    ["the last sealed dropped", "two rows swapped", "a hash altered", "an upper tile dropped"],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_touched_rows_are_named_although_the_file_is_incomplete(
    sealed: World, checkpoints_file: Path, name: str
) -> None:
    """Whoever shortens the file gains nothing by it: all that was sealed is held against the signed roots."""
    statements, _ = ROWS[name] if name in ROWS else ((TILES[name][0],), "")
    run(*statements)
    cut(checkpoints_file)
    found = verify()
    assert found.first_fault is not None and found.to_complete is None


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", ["the last dropped", "a column altered", "a note altered"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_touched_checkpoints_are_named_although_the_file_is_incomplete(
    sealed: World, checkpoints_file: Path, name: str
) -> None:
    cut(checkpoints_file)
    run(*NOTES[name][0])
    found = verify()
    assert found.first_fault is not None and found.to_complete is None


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whatever_reads_as_to_be_completed_is_completed_to_what_it_was(
    sealed: World, checkpoints_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut the file anywhere, change or add any byte: only the end of the last checkpoint may be missing."""
    monkeypatch.setattr(Rehashing, "run", lambda self, progress: None)  # no row is touched here
    monkeypatch.setattr(Rehashing, "purged", 0, raising=False)
    whole = checkpoints_file.read_bytes()
    with reading() as db:
        start = len(checkpoints.bytes_of([row.note for row in checkpoints.stored(db)[:-1]]))
    tried = [whole[:place] for place in (0, 1, start - 1, *range(start, len(whole), 7))]
    tried += [
        held[:place] + bytes([held[place] ^ 1]) + held[place + 1 :]
        for held in (whole, whole[: start + 50])
        for place in (0, start // 2, start + 20, start + 49)
    ]
    tried += [whole[:start] + b"cadastre-ledger\n1", whole + b"\n", b"\n" + whole[:start]]
    for content in tried:
        checkpoints_file.write_bytes(content)
        found = verify()
        if found.to_complete is not None:
            with reading() as db:
                notes = [row.note for row in checkpoints.stored(db)]
                assert content + checkpoints.missing(db, notes, content) == whole
                assert len(content) >= start
        else:
            assert found.first_fault is not None
    assert sum(len(content) >= start and whole.startswith(content) for content in tried) > 30


def whole_once(sealed: World) -> None:
    assert verify().ok


def stamped_once(sealed: World) -> None:
    run("INSERT INTO ledger_timestamps VALUES (3, '2026-11-23 02:00:00.000000', x'00')")


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("evidence", [whole_once, stamped_once])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_that_was_whole_once_and_is_shortened_is_named(
    sealed: World, checkpoints_file: Path, evidence: Callable[[World], None]
) -> None:
    """A verification and a time stamp come only after the checkpoint is in the file."""
    evidence(sealed)
    cut(checkpoints_file)
    found = verify()
    assert found.to_complete is None
    assert found.first_fault is not None and "缺少第 3 號檢查點" in found.first_fault
    with pytest.raises(checkpoints.LedgerFault, match="缺少第 3 號檢查點"):
        seal(operator(NOW))


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_copy_is_held_to_all_of_it(kept: Path) -> None:
    """No seal completes a copy: one that lacks the last checkpoint is older, or was shortened."""
    cut(kept)
    fault = verify(file=kept).first_fault
    assert fault is not None and "缺少第 3 號檢查點" in fault


def test_verifying_needs_the_rows_only_in_part(
    sealed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the size of a portion, the result is the same."""
    monkeypatch.setattr(Rehashing, "AT_ONCE", 1)
    assert verify().ok
    run("DELETE FROM usage_records WHERE id = 600")
    assert str(verify().first_fault).startswith("使用紀錄第 600 筆在封存後不見了")
