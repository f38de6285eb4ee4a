"""Audits and the ledger: frames are sealed, draws carry proofs, signatures name a checkpoint."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text

from data.engine import reading
from data.models import Event, Signature, UsageRecord
from services.actor import operator
from services.audits import store
from services.audits.drawing import draw_first
from services.audits.export import export_draw
from services.audits.freezing import freeze
from services.audits.frozen import unpack_frame
from services.audits.overview import view_audit
from services.audits.worksheet import pick
from services.ledger import checkpoints, proofs, rows, tree
from services.ledger.checkpoints import LedgerFault
from services.ledger.rows import Log
from services.ledger.sealing import seal
from services.ledger.verification import verify_ledger
from tests.services.audits.test_unit_audit import (
    Q3,
    audited,
    drawn_audit,
    judge_everything,
    sign_as_shown,
)
from tests.services.ledger.conftest import OTHER_KEY
from tests.services.ledger.helpers import run, use
from tests.services.ledger.test_verification import reseal
from tests.world import NOW, World

__all__ = ["audited"]


def files_of(world: World, audit_id: int) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(export_draw(world.actor("auditor"), audit_id))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def proofs_of(world: World, audit_id: int) -> dict[str, Any]:
    return dict(json.loads(files_of(world, audit_id)["proofs.json"]))


def test_a_freeze_seals_the_frame(audited: World) -> None:
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3)
    frame = view_audit(audited.actor("head"), audit_id).frame
    assert frame is not None and frame.checkpoint is not None
    assert frame.checkpoint.number == 1
    assert "第 1 號檢查點" in frame.checkpoint.sentence
    with reading() as db:
        first = checkpoints.stored(db)[0]
        assert first.usage_through == rows.highest_id(db, Log.USAGE)
    assert verify_ledger(operator(NOW)).ok


def test_a_failing_seal_undoes_no_freeze_and_alerts(
    audited: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "append", fails)
        audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3)
    assert "封存帳本失敗" in caplog.text
    assert view_audit(audited.actor("head"), audit_id).frame is not None


def test_a_fault_in_the_ledger_undoes_no_freeze_either(
    audited: World, caplog: pytest.LogCaptureFixture
) -> None:
    seal(operator(NOW))
    checkpoints.file_path().write_text("something else")
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3)
    assert "帳本不符" in caplog.text
    frame = view_audit(audited.actor("head"), audit_id).frame
    assert frame is not None and frame.checkpoint is not None


def test_the_proofs_are_those_of_the_stored_rows(audited: World) -> None:
    audit_id = drawn_audit(audited)
    about = proofs_of(audited, audit_id)
    with reading() as db:
        drawn = set(db.scalars(text("SELECT record_id FROM sample_items")))
        contents = rows.read_ids(db, Log.USAGE, sorted(drawn))
    assert {proof["record_id"] for proof in about["proofs"]} == drawn
    assert about["not_sealed"] == []
    for proof in about["proofs"]:
        leaf = tree.leaf_hash(contents[proof["record_id"]])
        assert proof["leaf"] == leaf.hex()
        path = [bytes.fromhex(step) for step in proof["path"]]
        root = bytes.fromhex(about["root"])
        assert tree.includes(leaf, proof["index"], about["size"], path, root)


def test_the_files_hold_no_name_and_no_target(audited: World) -> None:
    files = files_of(audited, drawn_audit(audited))
    with reading() as db:
        record = db.scalars(select(UsageRecord).limit(1)).one()
    for name in ("proofs.json", "checkpoint.txt"):
        content = files[name].decode()
        for secret in (record.person_name, record.target, record.document_no, record.address):
            assert secret not in content


def test_many_steps_and_gaps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.ledger import sealing

    monkeypatch.setattr(sealing, "STEP", 100)
    use(world, 450)
    run("DELETE FROM usage_records WHERE id BETWEEN 301 AND 350")
    seal(operator(NOW))
    use(world, 50)
    seal(operator(NOW))
    with reading() as db:
        ids = list(db.scalars(select(UsageRecord.id).order_by(UsageRecord.id)))
        last = proofs.covering(db, ids[-1])
        assert last is not None and last == proofs.newest(db)
        found = proofs.prove(db, ids, last)
        assert [proof.record_id for proof in found] == ids
        assert len({proof.index for proof in found}) == len(ids) == 450
        early = proofs.covering(db, 150)
        assert early is not None and early.number == 2
        assert len(proofs.prove(db, [1, 150], early)) == 2
        with pytest.raises(LedgerFault):
            proofs.prove(db, [ids[-1]], early)


def test_records_that_nobody_could_seal_are_named_as_such(
    audited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    monkeypatch.delenv("LEDGER_KEY", raising=False)
    monkeypatch.setenv("LEDGER_PUBLIC_KEY", base64.b64encode(public).decode())
    audit_id = drawn_audit(audited)
    files = files_of(audited, audit_id)
    about = json.loads(files["proofs.json"])
    assert "checkpoint.txt" not in files and about["proofs"] == []
    with reading() as db:
        assert about["not_sealed"] == sorted(db.scalars(text("SELECT record_id FROM sample_items")))


def test_an_export_seals_first_if_it_can(audited: World, monkeypatch: pytest.MonkeyPatch) -> None:
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3, seal=False)
    draw_first(audited.actor("head"), audit_id)
    view = view_audit(audited.actor("head"), audit_id)
    assert view.frame is not None and view.frame.checkpoint is None
    assert proofs_of(audited, audit_id)["not_sealed"] == []


@pytest.mark.attack("ledger")
def test_a_drawn_record_that_was_altered_is_not_exported(
    audited: World, caplog: pytest.LogCaptureFixture
) -> None:
    audit_id = drawn_audit(audited)
    with reading() as db:
        record = db.scalar(text("SELECT min(record_id) FROM sample_items"))
    run(f"UPDATE usage_records SET reason = '公務' WHERE id = {record}")
    with pytest.raises(LedgerFault, match=f"使用紀錄第 {record} 筆的內容在封存後遭更動"):
        export_draw(audited.actor("auditor"), audit_id)
    assert "帳本不符" in caplog.text
    with reading() as db:
        newest = db.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
        assert (newest.type, newest.outcome) == ("ledger_verified", "fault")
        assert not db.scalars(select(Event).where(Event.type == "draw_exported")).all()


@pytest.mark.attack("ledger")
def test_a_picked_record_that_was_altered_is_not_exported(audited: World) -> None:
    head, audit_id = audited.actor("head"), drawn_audit(audited)
    with reading() as db:
        drawn = set(db.scalars(text("SELECT record_id FROM sample_items")))
        frame = unpack_frame(store.load_frame_row(db, audit_id))
    record = min(set(frame.ids.tolist()) - drawn)
    pick(head, audit_id, [record], "夜間查詢")
    run(f"UPDATE usage_records SET reason = '公務' WHERE id = {record}")
    with pytest.raises(LedgerFault, match=f"使用紀錄第 {record} 筆的內容在封存後遭更動"):
        export_draw(head, audit_id)


@pytest.mark.attack("ledger")
def test_a_draw_is_not_exported_with_a_forged_checkpoint(
    audited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Record, hashes and root altered together: all of it fits, and only the signature does not."""
    audit_id = drawn_audit(audited)
    with reading() as db:
        record = db.scalar(text("SELECT min(record_id) FROM sample_items"))
    run(f"UPDATE usage_records SET reason = '公務' WHERE id = {record}")
    with monkeypatch.context() as forger:
        forger.setenv("LEDGER_KEY", OTHER_KEY)
        reseal()
    with pytest.raises(LedgerFault, match="第 1 號檢查點是以另一把金鑰簽章的"):
        export_draw(audited.actor("auditor"), audit_id)


def test_a_signature_names_the_newest_checkpoint(audited: World) -> None:
    audit_id = drawn_audit(audited)
    judge_everything(audited, audit_id)
    sign_as_shown(audited.actor("head"), audit_id)
    with reading() as db:
        newest = proofs.newest(db)
        summary = db.scalars(select(Signature)).one().summary
    assert newest is not None and summary["checkpoint"] == newest.as_dict()
    act = view_audit(audited.actor("head"), audit_id).acts[0]
    assert act.checkpoint == newest


def test_an_audit_signed_before_there_was_a_ledger_names_none(
    audited: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(proofs, "newest", lambda db: None)
    audit_id = drawn_audit(audited)
    judge_everything(audited, audit_id)
    sign_as_shown(audited.actor("head"), audit_id)
    assert view_audit(audited.actor("head"), audit_id).acts[0].checkpoint is None
