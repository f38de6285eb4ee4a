"""Sealing: what it seals, whom it waits for, and what it leaves behind when it is cut off."""

import base64
import errno
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text

from data import engine
from data.engine import reading
from data.models import Event, LedgerCheckpoint, LedgerTile, UsageRecord
from services import events
from services.actor import operator
from services.errors import Conflict, Refused
from services.ledger import bounds, checkpoints, note, rows, sealing, tiles, tree
from services.ledger.checkpoints import LedgerFault, Unwritable
from services.ledger.renewing import write_file_anew
from services.ledger.rows import Log
from services.ledger.sealing import Sealed, seal, seal_aside
from services.ledger.verification import verify_ledger
from tests.services.ledger.conftest import KEY
from tests.services.ledger.helpers import run, use
from tests.world import NOW, World

PUBLIC = Ed25519PrivateKey.from_private_bytes(base64.b64decode(KEY)).public_key()


def seal_now(**options: Any) -> Sealed:
    return seal(operator(NOW), **options)


def stored() -> list[LedgerCheckpoint]:
    with reading() as db:
        return list(checkpoints.stored(db))


def leaves_in_order() -> list[bytes]:
    """Hash all sealed rows in the order in which the tiles name them."""
    with reading() as db:
        contents = {log: dict(rows.read(db, log, 0, 10**9)) for log in Log}
        widest: dict[int, LedgerTile] = {}
        for tile in db.scalars(
            select(LedgerTile)
            .where(LedgerTile.level == 0)
            .order_by(LedgerTile.number, LedgerTile.width)
        ):
            widest[tile.number] = tile
    named = [run for tile in widest.values() for run in tiles.read_runs(tile.rows)]
    return tree.leaf_hashes(
        contents[run.log][id_] for run in named for id_ in range(run.first, run.last + 1)
    )


def test_every_row_is_a_leaf_and_the_note_is_signed(world: World, checkpoints_file: Path) -> None:
    use(world, 600)
    result = seal_now()
    assert (result.sealed, result.checkpoints, result.number, result.left) == (600, 1, 1, 0)
    use(world, 10)
    assert seal_now().sealed == 11  # the first seal is an event of its own
    first, second = stored()
    hashes = leaves_in_order()
    assert (first.size, second.size) == (600, 611) and len(hashes) == 611
    assert first.root == tree.root_of(hashes[:600]).hex()
    assert second.root == tree.root_of(hashes).hex()
    assert (second.usage_count, second.event_count) == (610, 1)
    assert all(note.is_signed(row.note, PUBLIC) for row in (first, second))
    assert checkpoints_file.read_text() == f"{first.note}\n{second.note}\n"


def test_a_seal_of_many_steps_is_the_same_tree(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "STEP", 300)
    use(world, 1000)
    shares: list[float] = []
    result = seal_now(progress=lambda share, what: shares.append(share))
    assert result.checkpoints == 4 and result.size == 1000
    assert shares == sorted(shares) and shares[-1] == 1
    assert [row.size for row in stored()] == [300, 600, 900, 1000]
    hashes = leaves_in_order()
    assert all(row.root == tree.root_of(hashes[: row.size]).hex() for row in stored())


def test_nothing_new_makes_no_checkpoint(database: str) -> None:
    result = seal_now()
    assert (result.sealed, result.checkpoints, result.number) == (0, 0, 0)
    assert stored() == []


def test_a_seal_is_an_event(world: World) -> None:
    use(world, 3)
    seal_now()
    with reading() as db:
        event = db.scalars(select(Event)).one()
    assert (event.type, event.object_id, event.detail["size"]) == ("ledger_sealed", "1", 3)


def test_only_those_entitled_seal(world: World) -> None:
    use(world, 3)
    for name in ("clerk", "head", "agency_manager", "reviewer"):
        with pytest.raises(Refused):
            seal(world.actor(name))
    assert stored() == []
    assert seal(world.actor("system_manager")).number == 1


def test_without_the_private_key_nothing_is_sealed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(world, 3)
    monkeypatch.delenv("LEDGER_KEY")
    monkeypatch.setenv("LEDGER_PUBLIC_KEY", base64.b64encode(PUBLIC.public_bytes_raw()).decode())
    with pytest.raises(Conflict, match="LEDGER_KEY"):
        seal_now()
    seal_aside(NOW)
    assert stored() == []


def test_a_clock_that_went_back_is_refused(world: World) -> None:
    use(world, 3)
    seal_now()
    with pytest.raises(Conflict, match="時鐘"):
        seal(operator(NOW - timedelta(hours=1)))
    assert seal(operator(NOW - timedelta(minutes=1))).number == 2
    assert [row.sealed_at for row in stored()] == [NOW, NOW]


# --- cut off ---------------------------------------------------------------------------------------


class CutOffError(Exception):
    """The machine stops here."""


def cut_off(*_: Any, **__: Any) -> Any:
    raise CutOffError


def half_written(more: bytes) -> None:
    path = checkpoints.file_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(more[:40])
    raise CutOffError


def cut_inside_a_character(more: bytes) -> None:
    path = checkpoints.file_path()
    with path.open("ab") as file:
        file.write(more[: more.index("—".encode()) + 1])
    raise CutOffError


CUTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "waiting for writers": (bounds, "find", cut_off),
    "reading the rows": (rows, "read", cut_off),
    "hashing": (tree, "leaf_hashes", cut_off),
    "growing the tree": (tiles, "grow", cut_off),
    "proving consistency": (tree, "consistency_proof", cut_off),
    "signing": (note, "sign", cut_off),
    "storing the tiles": (tiles, "stored_row", cut_off),
    "storing the checkpoint": (checkpoints, "row_of", cut_off),
    "writing the event": (events, "write", cut_off),
    "before the file is written": (checkpoints, "append", cut_off),
    "while the file is written": (checkpoints, "append", half_written),
    "inside a character of the file": (checkpoints, "append", cut_inside_a_character),
}


@pytest.mark.parametrize("place", CUTS)
def test_a_seal_that_is_cut_off_is_taken_up_by_the_next(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch, checkpoints_file: Path
) -> None:
    use(world, 300)
    seal_now()
    use(world, 300)
    with monkeypatch.context() as patched:
        patched.setattr(CUTS[place][0], CUTS[place][1], CUTS[place][2])
        with pytest.raises(CutOffError):
            seal_now()
    seal_now()
    hashes = leaves_in_order()
    assert all(row.root == tree.root_of(hashes[: row.size]).hex() for row in stored())
    assert checkpoints_file.read_bytes() == checkpoints.bytes_of([row.note for row in stored()])
    assert stored()[-1].usage_count == 600


@pytest.mark.parametrize("how", ["open", "fsync"])
def test_a_disk_that_is_full_is_a_sentence_and_an_alert_and_loses_nothing(
    world: World,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    checkpoints_file: Path,
) -> None:
    use(world, 30)
    seal_now()
    use(world, 30)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        if how == "open":
            patched.setattr(checkpoints, "_write", full)
        else:
            patched.setattr(os, "fsync", full)
        for _ in range(
            2 if how == "open" else 1
        ):  # nothing more is signed before the file is whole
            with pytest.raises(Unwritable, match=r"No space left on device.*manage.py seal"):
                seal_now()
        assert len(stored()) == 2
    assert "檢查點檔" in caplog.text
    if how == "open":
        assert verify_ledger(operator(NOW)).to_complete is not None
    seal_now()
    assert checkpoints_file.read_bytes() == checkpoints.bytes_of([row.note for row in stored()])
    assert verify_ledger(operator(NOW)).ok


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_lost_file_is_written_anew_wholly_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch, checkpoints_file: Path
) -> None:
    for _ in range(2):
        use(world, 3)
        seal_now()
    checkpoints_file.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", cut_off)
        with pytest.raises(CutOffError):
            write_file_anew(operator(NOW))
    assert not checkpoints_file.exists()
    write_file_anew(operator(NOW))
    assert checkpoints_file.read_bytes() == checkpoints.bytes_of([row.note for row in stored()])


@pytest.mark.attack("ledger")
def test_two_readings_that_differ_are_not_signed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(world, 30)
    true, calls = tree.leaf_hashes, iter(range(10))

    def flipping(contents: Any) -> list[bytes]:
        found = true(contents)
        if next(calls) == 1:
            found[7] = bytes([found[7][0] ^ 1]) + found[7][1:]
        return found

    monkeypatch.setattr(tree, "leaf_hashes", flipping)
    with pytest.raises(LedgerFault, match="兩次讀到的紀錄不同"):
        seal_now()
    assert stored() == []


# --- two at once -----------------------------------------------------------------------------------


def test_two_seals_at_once_both_end_and_seal_once(world: World) -> None:
    use(world, 300)
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(seal_now())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 3
    assert leaves_in_order()[:300] and stored()[-1].usage_count == 300
    hashes = leaves_in_order()
    assert all(row.root == tree.root_of(hashes[: row.size]).hex() for row in stored())


def test_a_seal_says_when_another_does_not_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(world, 3)
    with checkpoints.locked():
        with pytest.raises(Conflict, match="另一個封存"), checkpoints.locked(patience=0.1):
            raise AssertionError("the lock was given twice")
        use(world, 1)  # a writer takes no notice
    assert seal_now().sealed == 4


def test_a_seal_on_another_host_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a common lock the primary keys decide."""
    use(world, 3)
    true = note.sign

    def meanwhile(checkpoint: Any, key: Any) -> str:
        monkeypatch.setattr(note, "sign", true)
        sealing._step(operator(NOW), key, sealing._NOTHING, bounds.find(dict.fromkeys(Log, 0), 0))
        return true(checkpoint, key)

    monkeypatch.setattr(note, "sign", meanwhile)
    with pytest.raises(Conflict, match="另一台主機"):
        seal_now()
    assert len(stored()) == 1


# --- writers at work -------------------------------------------------------------------------------


def test_a_writer_at_work_is_waited_for(world: World, database: str) -> None:
    """PostgreSQL numbers a row before its commit: row 2 must not be sealed while row 1 is open."""
    if database == "sqlite":
        return one_writer_at_a_time(world)
    slow, committed = engine.engine().connect(), threading.Event()
    insert = UsageRecord.__table__.insert()  # type: ignore[attr-defined]
    slow.execute(insert, [world.row("clerk", NOW)])
    use(world, 5)

    def finish() -> None:
        committed.set()
        slow.commit()
        slow.close()

    timer = threading.Timer(0.4, finish)
    timer.start()
    result = seal_now()
    assert committed.is_set() and (result.sealed, result.left) == (6, 0)
    assert stored()[-1].usage_through == 6
    return None


def one_writer_at_a_time(world: World) -> None:
    use(world, 5)
    found = bounds.find(dict.fromkeys(Log, 0), 0)
    assert found.complete and found.upto == {Log.USAGE: 5, Log.EVENTS: 0}


def test_a_writer_who_takes_too_long_is_passed_by(world: World, database: str) -> None:
    if database == "sqlite":
        return one_writer_at_a_time(world)
    use(world, 5)
    insert = UsageRecord.__table__.insert()  # type: ignore[attr-defined]
    with engine.engine().connect() as slow:
        slow.execute(insert, [world.row("clerk", NOW)])
        use(world, 3)
        result = seal_now(patience=0.2)
        assert (result.sealed, result.left, stored()[-1].usage_through) == (5, 3, 5)
        result = seal_now(patience=0.2)
        assert stored()[-1].usage_through == 5 and result.left == 3
        slow.rollback()
    # The number of the row that never came stays a gap.
    assert seal_now(patience=5).left == 0
    assert (stored()[-1].usage_count, stored()[-1].usage_through) == (8, 9)
    return None


def test_readers_and_backups_are_not_waited_for(world: World, database: str) -> None:
    use(world, 5)
    with engine.engine().connect() as reader:
        reader.execute(text("SELECT count(*) FROM usage_records, events")).scalar()
        assert seal_now(patience=0).left == 0


def test_a_gap_that_a_rollback_left_is_no_fault(world: World) -> None:
    use(world, 3)
    row = world.row("clerk", NOW)
    with engine.engine().execution_options(writes=True).connect() as connection:
        connection.execute(UsageRecord.__table__.insert(), [row])  # type: ignore[attr-defined]
        connection.rollback()
    use(world, 3)
    assert seal_now().sealed == 6


def test_a_failing_seal_aside_raises_nothing_and_alerts(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(world, 3)
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "append", cut_off)
        seal_aside(NOW)
    assert "封存帳本失敗" in caplog.text
    seal_aside(NOW)
    assert len(stored()) == 2


# --- before anything is signed ---------------------------------------------------------------------


def refused(match: str) -> None:
    """A seal names the fault, signs nothing, writes an event, and alerts."""
    before = len(stored())
    with pytest.raises(LedgerFault, match=match):
        seal_now()
    assert len(stored()) == before
    with reading() as db:
        newest = db.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (newest.type, newest.outcome) == ("ledger_sealed", "fault")


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda content: "", "缺少第 1 號檢查點"),
        (lambda content: content[: len(content) // 3], "缺少第 2 號檢查點"),
        (lambda content: content.replace("usage 300", "usage 301", 1), "簽章不符"),
        (lambda content: content + "x\n", "多餘的內容"),
        (lambda content: content.replace("\n\n", "\n", 1), "第 1 則"),
        (lambda content: "\ufeff" + content, "第 1 則"),
    ],
    ids=("emptied", "cut", "a figure changed", "a line added", "a line gone", "a mark before it"),
)
def test_nothing_is_signed_beside_another_file(
    world: World,
    checkpoints_file: Path,
    change: Callable[[str], str],
    match: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(3):
        use(world, 300)
        seal_now()
    checkpoints_file.write_text(change(checkpoints_file.read_text()))
    use(world, 3)
    refused(match)
    assert "帳本不符" in caplog.text


@pytest.mark.attack("ledger")
def test_nothing_is_signed_over_touched_hashes(world: World) -> None:
    use(world, 300)
    seal_now()
    run("DELETE FROM ledger_tiles WHERE level = 1")
    use(world, 3)
    refused("雜湊塊不見或殘缺|與第 1 號檢查點的根不符")
