"""The store of files: one file for the same bytes, whole or not there, and none that a row names is removed."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from data import files
from data.engine import reading, transaction
from data.models import Evidence, KeptDocument
from services.actor import operator
from services.documents import file_store
from services.errors import Conflict, Refused
from services.operation.sweeping import Sweep, sweep_files
from tests.kept_files import hash_of
from tests.services.papers.helpers import events_of, kept, pdf
from tests.world import NOW, World

CONTENT = b"%PDF-1.4 kept"
SHA = hashlib.sha256(CONTENT).hexdigest()
A_DAY_AGO = (NOW - timedelta(days=1, minutes=1)).timestamp()
OPERATOR = operator(NOW)


def put(content: bytes = CONTENT) -> str:
    with transaction() as db:
        return file_store.put(db, content)


def aged(sha256: str, when: float = A_DAY_AGO) -> Path:
    path = files.path_of(sha256)
    os.utime(path, (when, when))
    return path


def test_the_same_bytes_lie_once_encrypted_and_for_the_owner_alone(database: str) -> None:
    assert not file_store.has(SHA) and file_store.get(SHA) is None
    assert put() == SHA
    path = files.folder() / SHA[:2] / SHA[2:4] / SHA
    sealed = path.read_bytes()
    assert CONTENT not in sealed and file_store.get(SHA) == CONTENT and file_store.has(SHA)
    assert put() == SHA and path.read_bytes() == sealed
    assert [one for one, _ in files.stored()] == [SHA]
    assert not [*files.folder().glob("*/*/.*")]
    for place in (path, path.parent, path.parent.parent, files.folder()):
        assert place.stat().st_mode & 0o077 == 0
    with transaction() as db:
        assert file_store.remove(db, SHA) and not file_store.remove(db, SHA)
    assert file_store.get(SHA) is None


def test_what_was_touched_is_not_handed_out_and_is_mended_by_the_same_bytes(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    put()
    sealed = files.read(SHA)
    assert sealed is not None
    other = files.read(put(pdf("other")))
    for touched in (b"", b"not encrypted", sealed[:-10], other or b""):
        files.write(SHA, touched)
        assert file_store.get(SHA) is None and file_store.has(SHA)
        caplog.clear()
        assert put() == SHA and file_store.get(SHA) == CONTENT
        assert any("written anew" in line.message for line in caplog.records)


@pytest.mark.attack("path")
@pytest.mark.parametrize("name", ["", "../" * 21 + "a", SHA.upper(), SHA + "\n", "/" + SHA[1:]])
def test_nothing_but_a_hash_is_a_name(database: str, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        files.path_of(name)


def test_a_folder_that_takes_nothing_is_a_sentence_and_no_row(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FILES_DIR", str(tmp_path / "file" / "files"))
    with pytest.raises(Conflict, match="無法寫入系統的檔案資料夾"):
        kept(world, "clerk")
    assert any("files cannot be stored" in line.message for line in caplog.records)
    with reading() as db:
        assert file_store.named(db) == set()


def test_a_writer_that_is_cut_off_leaves_what_was_there(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()

    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_room)
        with pytest.raises(OSError, match="No space"):
            files.write(SHA, b"half")
    assert file_store.get(SHA) == CONTENT
    assert not [*files.folder().glob("*/*/.*")]


def test_who_removes_waits_for_whoever_is_about_to_name_the_file(world: World) -> None:
    """A destruction must not take the file that somebody else has put and not committed yet."""
    put(pdf("clerk"))
    removed: list[bool] = []

    def remove() -> None:
        with transaction() as db:
            removed.append(file_store.remove(db, hashlib.sha256(pdf("clerk")).hexdigest()))

    with transaction() as db:
        sha256 = file_store.put(db, pdf("clerk"))
        other = Thread(target=remove)
        other.start()
        other.join(0.2)
        assert other.is_alive()
        row = Evidence(
            file_name="x.pdf", media_type="application/pdf", size=1, sha256=sha256,
            added_at=NOW, adder_name="測試",
        )  # fmt: skip
        db.add(row)
    other.join(10)
    assert removed == [False] and file_store.get(sha256) == pdf("clerk")


def test_a_night_sweeps_what_no_row_names_after_a_day(world: World) -> None:
    named = aged(hash_of(KeptDocument, kept(world, "clerk")))
    orphan, young = aged(put()), files.path_of(put(b"of a transaction that still runs"))
    aside = orphan.with_name(f".{SHA}.0a")
    for path in (aside, young.with_name(".new")):
        path.touch()
    os.utime(aside, (A_DAY_AGO, A_DAY_AGO))
    for path in (young, young.with_name(".new")):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert sweep_files(OPERATOR) == Sweep(1, 0)
    assert [path.exists() for path in (named, young, young.with_name(".new"))] == [True] * 3
    assert not orphan.exists() and not aside.exists()
    assert [event.detail for event in events_of("files_swept")] == [{"files": 1}]
    assert sweep_files(OPERATOR) == Sweep(0, 0) and len(events_of("files_swept")) == 1


def test_another_database_s_folder_is_left_alone(world: World) -> None:
    orphan = aged(put())
    assert sweep_files(OPERATOR) == Sweep(0, 0), "this database names no file at all"
    named = files.path_of(hash_of(KeptDocument, kept(world, "clerk")))
    named.rename(named.with_suffix(".elsewhere"))
    found = sweep_files(OPERATOR)
    assert found == Sweep(0, 1) and "沒有清除任何檔案" in found.sentence
    assert orphan.exists()


def test_nobody_with_an_account_sweeps(world: World) -> None:
    for who in ("system_manager", "agency_manager"):
        with pytest.raises(Refused):
            sweep_files(world.actor(who))
