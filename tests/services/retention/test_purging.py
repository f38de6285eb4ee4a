"""A purge from the command line: archived, verified, deleted; or nothing at all has happened."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from data import append_only, engine
from data.append_only import unprotect
from data.engine import reading, transaction
from data.models import Event, Purge, UsageMonthSum
from services import events
from services.actor import operator
from services.audits.agency.freezing import freeze_agency
from services.audits.export import export_draw
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.signing import reopen
from services.audits.spot import open_spot_check
from services.audits.words import FrameScope
from services.errors import Conflict, Invalid, Refused
from services.ledger import proofs
from services.ledger.checkpoints import LedgerFault
from services.ledger.id_runs import IdRuns
from services.ledger.sealing import seal
from services.ledger.verification import verify_ledger
from services.regulation.periods import HalfYear, Month, Quarter
from services.retention import archive, purging
from services.retention.parts import PARTS
from services.retention.purging import Purging, purge
from tests.kept_files import count
from tests.prepared import objects
from tests.services.ledger.helpers import run
from tests.services.retention.years import (
    BEFORE,
    OPERATOR,
    Years,
    add_evidence,
    add_incident,
    audit_ids,
    record_ids,
)
from tests.world import NOW, World, at

OLD = at(2022, 10, 8)


def do(tmp_path: Path, before: date = BEFORE, **options: Any) -> Purging:
    return purge(OPERATOR, before, archive=tmp_path / "old.zip", **options)


def members(path: Path) -> dict[str, list[bytes]]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name).splitlines() for name in opened.namelist()}


def test_what_is_old_goes_and_the_ledger_still_verifies(years: Years, tmp_path: Path) -> None:
    add_incident(years, years.old_audit, when=OLD, closed=OLD)
    with reading() as db:
        sums = db.execute(select(UsageMonthSum.local_month, UsageMonthSum.records)).all()
        before = verify_ledger(OPERATOR)
    done = do(tmp_path)
    assert (done.records, done.audits, done.incidents, done.kept) == (80, 1, 1, 40)
    assert record_ids() == list(range(81, 151))
    assert audit_ids() == [years.late_audit]
    with reading() as db:
        for part in PARTS:
            if "audit_id" in part.table.c:
                assert years.old_audit not in set(db.scalars(select(part.table.c.audit_id)))
        assert count() == 0
        assert append_only.unprotected(db.connection()) == []
        assert sums == db.execute(select(UsageMonthSum.local_month, UsageMonthSum.records)).all()
    found = verify_ledger(operator(NOW + timedelta(minutes=5)))
    assert (found.first_fault, found.purged) == (None, 80)
    assert (found.records, found.checkpoints) == (before.records, before.checkpoints)
    assert found.as_dict().keys() == {"ok", "records", "events", "checkpoints", "first_fault"}


def test_a_period_that_was_purged_is_not_frozen_as_what_is_left(
    years: Years, tmp_path: Path
) -> None:
    world = years.world
    do(tmp_path)
    head, manager = world.actor("head"), world.actor("agency_manager")
    gone = "有使用紀錄已依 7.1.5 銷毀"
    unit, agency = world.units["tax1"], world.agencies["tax"]
    attempts: list[Callable[[], int]] = [
        lambda: freeze(head, unit, Quarter(2022, 2)),
        lambda: freeze(head, unit, Quarter(2023, 4)),
        lambda: freeze_agency(manager, agency, HalfYear(2022, 1), FrameScope.BOTH),
        lambda: open_spot_check(manager, unit, Month(2023, 8), "複查舊案", 1),
    ]
    for attempt in attempts:
        held = objects()
        with pytest.raises(Conflict, match=gone):
            attempt()
        assert objects() == held
    assert freeze(head, unit, Quarter(2024, 1))


def test_the_purge_is_on_record(years: Years, tmp_path: Path) -> None:
    done = do(tmp_path)
    with reading() as db:
        row = db.scalars(select(Purge)).one()
        event = db.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (row.before, row.records, row.audits, row.record_ids) == (BEFORE, 80, 1, "1-80")
    assert (row.archive, row.archive_sha256) == ("old.zip", done.archive_sha256)
    assert (event.type, event.object_type, event.object_id) == ("records_purged", "archive", "1")
    assert event.detail["archive_sha256"] == done.archive_sha256
    assert event.detail["before_day"] == "2023-11-23"
    assert (event.detail["records"], event.detail["audits"]) == (80, 1)


def test_the_archive_holds_every_row_whole(years: Years, tmp_path: Path) -> None:
    add_incident(years, years.old_audit, when=OLD, closed=OLD)
    add_evidence(years.late_audit, NOW)  # the very same file, of an audit that stays
    with reading() as db:
        before = {part.name: db.execute(select(part.table)).all() for part in PARTS}
        leaves = [content for _, content in archive.records_of(db, IdRuns.read("1-80"))]
    do(tmp_path)
    with reading() as db:
        after = {part.name: db.execute(select(part.table)).all() for part in PARTS}
    found = members(tmp_path / "old.zip")
    assert found["usage_records.jsonl"] == leaves and len(leaves) == 80
    about = json.loads(b"\n".join(found["manifest.json"]))
    assert (about["records"], about["record_ids"]) == (80, "1-80")
    for part in PARTS:
        rows = [json.loads(line) for line in found[f"{part.name}.jsonl"]]
        assert len(rows) == len(before[part.name]) - len(after[part.name]), part.name
        assert len(rows) == about["tables"][part.name]["rows"]
        assert all(list(row) == about["columns"][part.name] for row in rows)
    assert json.loads(found["evidence_contents.jsonl"][0])["content"] == "AP8K"
    assert about["columns"]["evidence_contents"] == ["evidence_id", "content"]
    assert count() == 1
    assert json.loads(found["audits.jsonl"][0])["opened_at"] == "2022-10-05T02:00:00.000000+00:00"
    assert (tmp_path / "old.zip").stat().st_mode & 0o077 == 0


def test_the_next_night_is_sealed_and_a_second_purge_follows(years: Years, tmp_path: Path) -> None:
    assert do(tmp_path, date(2022, 10, 8)).records == 10
    years.world.use("clerk", NOW)
    assert seal(operator(NOW + timedelta(hours=12))).left == 0
    later = operator(NOW.replace(year=2027))
    seal(operator(NOW.replace(year=2027) - timedelta(hours=1)))
    second = purge(later, date(2024, 11, 23), archive=tmp_path)
    assert Path(second.archive).name == "purge-before-2024-11-23-20271123T020000Z.zip"
    assert (second.records, second.audits) == (110, 2)
    seal(later)
    found = verify_ledger(later)
    assert (found.first_fault, found.purged) == (None, 120)
    for path in (tmp_path / "old.zip", Path(second.archive)):
        assert verify_ledger(later, archive=path).ok


def test_a_house_without_a_single_record_left_goes_on(world: World, tmp_path: Path) -> None:
    world.use("clerk", *(at(2022, 5, day) for day in range(1, 11)))
    seal(operator(at(2022, 6, 1)))
    assert do(tmp_path).records == 10
    seal(operator(NOW + timedelta(hours=1)))
    world.use("clerk", NOW)
    assert record_ids() == [11], "a number is never given twice"
    seal(operator(NOW + timedelta(hours=2)))
    assert verify_ledger(operator(NOW + timedelta(hours=2))).first_fault is None


def test_an_audit_that_stays_is_shown_and_proved_as_before(years: Years, tmp_path: Path) -> None:
    head = years.head(NOW)
    before = view_audit(head, years.late_audit)
    do(tmp_path)
    assert view_audit(head, years.late_audit) == before
    with zipfile.ZipFile(io.BytesIO(export_draw(head, years.late_audit))) as exported:
        about = json.loads(exported.read("proofs.json"))
    assert len(about["proofs"]) > 4 and about["not_sealed"] == []


def test_a_proof_of_a_purged_record_says_that_it_was_purged(years: Years, tmp_path: Path) -> None:
    do(tmp_path)
    with reading() as db:
        newest = proofs.newest(db)
        assert newest is not None and len(proofs.prove(db, [81, 150], newest)) == 2
        with pytest.raises(
            Conflict, match=r"第 7 筆已於 115年11月23日 10:00 清除.*old\.zip"
        ) as told:
            proofs.prove(db, [81, 7], newest)
        assert not isinstance(told.value, LedgerFault)


# --- refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "first"),
    [
        (date(2023, 11, 24), "115年11月24日"),
        (date(2024, 2, 29), "116年3月1日"),
        (date(2026, 11, 23), "118年11月23日"),
        (date(2030, 1, 1), "122年1月1日"),
    ],
)
def test_what_is_too_young_is_refused_with_the_first_date(
    years: Years, tmp_path: Path, before: date, first: str
) -> None:
    kept = objects()
    for dry_run in (True, False):
        with pytest.raises(Invalid, match=rf"最早 {first} 才能清除.*--before 2023-11-23"):
            do(tmp_path, before, dry_run=dry_run)
    assert objects() == kept and not list(tmp_path.glob("*.zip"))


@pytest.mark.attack("ledger")
def test_nobody_with_an_account_purges(years: Years, tmp_path: Path) -> None:
    kept = objects()
    for who in ("system_manager", "agency_manager", "ethics", "head", "clerk"):
        with pytest.raises(Refused):
            purge(years.world.actor(who), BEFORE, archive=tmp_path / "old.zip")
    assert objects() == kept and not list(tmp_path.glob("*.zip"))


def test_a_dry_run_counts_and_changes_nothing(years: Years, tmp_path: Path) -> None:
    kept = objects()
    found = do(tmp_path, dry_run=True)
    assert (found.records, found.audits, found.archive) == (80, 1, "")
    assert objects() == kept and not list(tmp_path.glob("*.zip"))


def test_nothing_to_purge_writes_no_archive(years: Years, tmp_path: Path) -> None:
    kept = objects()
    assert do(tmp_path, date(2020, 1, 1)).records == 0
    assert objects() == kept and not list(tmp_path.glob("*.zip"))


def test_an_archive_is_never_written_over(years: Years, tmp_path: Path) -> None:
    kept = objects()
    (tmp_path / "old.zip").write_bytes(b"the archive of an earlier purge")
    with pytest.raises(Conflict, match="不會覆寫"):
        do(tmp_path)
    assert (tmp_path / "old.zip").read_bytes() == b"the archive of an earlier purge"
    assert objects() == kept


def test_a_folder_that_is_not_there_is_named(years: Years, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"沒有 .*/nowhere 這個資料夾"):
        purge(OPERATOR, BEFORE, archive=tmp_path / "nowhere" / "old.zip")
    (tmp_path / "file").touch()
    with pytest.raises((Invalid, Conflict)):
        purge(OPERATOR, BEFORE, archive=tmp_path / "file" / "old.zip")
    assert len(record_ids()) == 150


# --- anything that goes wrong leaves all as it was -------------------------------------------------


def no_room(*_: Any, **__: Any) -> Any:
    raise OSError(28, "No space left on device")


def flipped(folder: Path) -> None:
    """What a bad disk does between writing and reading back."""
    path = folder / "old.zip"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(bytes(content))


def cut_short(folder: Path) -> None:
    path = folder / "old.zip"
    path.write_bytes(path.read_bytes()[:500])


def one_row_less(folder: Path) -> None:
    """A whole archive that lacks one record."""
    path = folder / "old.zip"
    found = members(path)
    found["usage_records.jsonl"].pop()
    path.unlink()
    with zipfile.ZipFile(path, "w") as made:
        for name, lines in found.items():
            made.writestr(name, b"".join(line + b"\n" for line in lines))


BROKEN: dict[str, tuple[Any, str, Callable[..., Any], type[Exception]]] = {
    "the disk is full": (os, "fsync", no_room, Conflict),
    "a bit flips on the disk": (purging, "_settle", flipped, Conflict),
    "the file is cut short": (purging, "_settle", cut_short, Conflict),
    "a row is missing from it": (purging, "_settle", one_row_less, Conflict),
    "it cannot be read back": (archive, "sha256_of", no_room, Conflict),
    "the event cannot be written": (events, "write", no_room, Conflict),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_failure_leaves_everything_as_it_was(
    years: Years, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, what, breaks, raised = BROKEN[name]
    kept = objects()
    verify_ledger(OPERATOR)
    # The ledger is verified first, and that is an event: only what comes after it breaks.
    monkeypatch.setattr(purging, "verify_ledger", lambda *_, **__: FOUND)
    with monkeypatch.context() as patched:
        patched.setattr(where, what, breaks)
        with pytest.raises(raised):
            do(tmp_path)
    untouched(kept, tmp_path)
    assert do(tmp_path).records == 80, "the next try succeeds"


class FOUND:
    first_fault = None
    to_complete = None


def untouched(kept: Any, tmp_path: Path) -> None:
    assert objects() == kept
    assert not list(tmp_path.glob("*.zip"))
    with reading() as db:
        assert append_only.unprotected(db.connection()) == []


def test_a_database_that_fails_in_the_middle_leaves_everything(
    years: Years, tmp_path: Path, database: str
) -> None:
    """The last table but the records refuses, after all that hangs on it was deleted."""
    broken: tuple[str, ...]
    if database == "sqlite":
        broken = (
            "CREATE TRIGGER broken BEFORE DELETE ON audits "
            "BEGIN SELECT RAISE(ABORT, 'broken'); END",
        )
    else:
        broken = (
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'broken'; END $$",
            "CREATE TRIGGER broken BEFORE DELETE ON audits FOR EACH ROW EXECUTE FUNCTION broken()",
        )
    with transaction() as db:
        for statement in broken:
            db.execute(text(statement))
    kept = objects()
    with pytest.raises(DBAPIError, match="broken"):
        do(tmp_path)
    untouched(kept, tmp_path)


def reopened(years: Years) -> None:
    reopen(years.head(NOW), years.old_audit, "漏列一筆佐證資料")


def renamed(years: Years) -> None:
    run_on("UPDATE audits SET reason = '改' WHERE id = :id", id=years.old_audit)


def reported(years: Years) -> None:
    add_incident(years, None, when=OLD, status="open", record=7)


@pytest.mark.parametrize(("change", "goes_then"), [(reopened, 20), (renamed, 80), (reported, 79)])
def test_what_changes_after_the_archive_was_verified_stops_the_purge(
    years: Years,
    tmp_path: Path,
    change: Callable[[Years], None],
    goes_then: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    true = archive.verify

    def then_changed(*args: Any) -> str:
        digest = true(*args)
        change(years)
        return digest

    with monkeypatch.context() as patched:
        patched.setattr(archive, "verify", then_changed)
        with pytest.raises(Conflict, match="準備期間稽核或事件有變動"):
            do(tmp_path)
    assert len(record_ids()) == 150 and not list(tmp_path.glob("*.zip"))
    assert do(tmp_path).records == goes_then


def run_on(statement: str, **values: object) -> None:
    with transaction() as db:
        db.execute(text(statement), values)


def test_a_commit_that_nobody_answers_for_keeps_the_archive(
    years: Years, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been committed after all: then the archive is all that is left."""
    true = engine._commit

    def committed_but_cut_off(session: Any) -> None:
        true(session)
        if (tmp_path / "old.zip").exists():
            raise ConnectionError("the line is dead")

    monkeypatch.setattr(engine, "_commit", committed_but_cut_off)
    with pytest.raises(Conflict, match="請保留封存檔"):
        do(tmp_path)
    monkeypatch.undo()
    assert members(tmp_path / "old.zip")["usage_records.jsonl"]


@pytest.mark.attack("ledger")
def test_what_is_not_as_it_was_sealed_is_evidence_and_not_purged(
    years: Years, tmp_path: Path
) -> None:
    run("UPDATE usage_records SET target = '' WHERE id = 7")
    with pytest.raises(Conflict, match="觸發器"):
        do(tmp_path)
    restore()
    with pytest.raises(LedgerFault, match="使用紀錄第 7 筆的內容在封存後遭更動"):
        do(tmp_path)
    assert len(record_ids()) == 150 and not list(tmp_path.glob("*.zip"))


@pytest.mark.attack("ledger")
def test_what_is_altered_while_the_archive_is_written_is_found(
    years: Years, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = verify_ledger

    def then_altered(*args: Any, **options: Any) -> Any:
        found = true(*args, **options)
        run("UPDATE usage_records SET target = '' WHERE id = 7")
        restore()
        return found

    monkeypatch.setattr(purging, "verify_ledger", then_altered)
    with pytest.raises(LedgerFault, match="使用紀錄第 7 筆"):
        do(tmp_path)
    assert len(record_ids()) == 150 and not list(tmp_path.glob("*.zip"))


def restore() -> None:
    with transaction() as db:
        for table in append_only.APPEND_ONLY:
            unprotect(db.connection(), table)
            append_only.protect(db.connection(), table)


def test_the_triggers_refuse_as_before_after_a_purge(years: Years, tmp_path: Path) -> None:
    do(tmp_path)
    for table in ("usage_records", "verdicts", "events", "purges"):
        with pytest.raises(DBAPIError, match="only ever added to"), transaction() as db:
            db.execute(text(f"DELETE FROM {table}"))


def test_the_default_place_is_a_private_folder(
    years: Years, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "ROOT", tmp_path)
    done = purge(OPERATOR, BEFORE)
    assert Path(done.archive).parent == tmp_path / "var" / "archives"
    assert (tmp_path / "var" / "archives").stat().st_mode & 0o077 == 0
