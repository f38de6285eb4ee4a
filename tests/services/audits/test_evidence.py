"""Evidence files: what is taken in and what is not, who opens it, and that none disappears."""

import io
import zipfile
from typing import Any

import pytest
from sqlalchemy import func, select

from data.engine import reading
from data.models import Evidence, EvidenceWithdrawal
from services.actor import operator
from services.audits.desk import view_desk
from services.audits.evidence import (
    add_evidence,
    content_of,
    evidence_of,
    open_evidence,
    withdraw_evidence,
)
from services.audits.evidence.lines import counts_by_record
from services.audits.freezing import freeze
from services.audits.sheet import worksheet_rows
from services.audits.signing import reopen
from services.documents.files import LARGEST
from services.errors import Conflict, Invalid, Refused, UserError
from services.operation.rotation import rotate_secrets
from tests.kept_files import count, overwrite, sealed
from tests.services.audits.test_at_once import at_once
from tests.services.audits.test_unit_audit import (
    Q3,
    audited,
    drawn_audit,
    judge_everything,
    sign_as_shown,
)
from tests.services.papers.helpers import PDF, events_of, image, pdf
from tests.world import NOW, World

__all__ = ["audited"]


def open_document(kind: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", "<x/>")
    return content.getvalue()


def stored() -> tuple[int, int, int]:
    """Count the entries, the files and the withdrawals."""
    with reading() as db:
        entries, withdrawals = (
            db.scalar(select(func.count()).select_from(table)) or 0
            for table in (Evidence, EvidenceWithdrawal)
        )
    return entries, count(), withdrawals


def first_record(world: World, audit_id: int) -> int:
    return worksheet_rows(world.actor("head"), audit_id)[0].record_id


def test_a_file_is_added_opened_and_counted(audited: World) -> None:
    audit_id, head = drawn_audit(audited), audited.actor("head")
    record = first_record(audited, audit_id)
    evidence = add_evidence(head, audit_id, record, "公文.pdf", pdf("a"), "調卷影本")
    whole = add_evidence(head, audit_id, None, "清單.ods", open_document("spreadsheet"))
    opened = open_evidence(audited.actor("agency_manager"), evidence)
    assert (opened.file_name, opened.media_type) == ("公文.pdf", "application/pdf")
    assert opened.content == pdf("a")
    lines = view_desk(audited.actor("auditor"), audit_id).files
    assert [(line.id, line.record_id, line.note) for line in lines] == [
        (evidence, record, "調卷影本"),
        (whole, None, ""),
    ]
    assert counts_by_record(lines) == {record: 1, None: 1}
    with reading() as db:
        assert content_of(db, evidence) == pdf("a")
    kept = sealed(Evidence, evidence)
    assert kept is not None and PDF not in kept
    told = [(e.type, e.object_id, e.detail) for e in events_of("evidence_added", "evidence_viewed")]
    sha = lines[0].sha256
    assert told[0] == (
        "evidence_added", str(evidence), {"sha256": sha, "bytes": len(pdf("a")), "record": record},
    )  # fmt: skip
    assert told[-1] == ("evidence_viewed", str(evidence), {"sha256": sha})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", image("JPEG")),
        ("a.png", image("PNG")),
        ("說明.odt", open_document("text")),
        ("清單.ods", open_document("spreadsheet")),
    ],
)
def test_the_kinds_that_are_taken(audited: World, name: str, content: bytes) -> None:
    audit_id = drawn_audit(audited)
    evidence = add_evidence(audited.actor("head"), audit_id, None, name, content)
    assert open_evidence(audited.actor("head"), evidence).content == content


@pytest.mark.attack("upload")
@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.pdf", b"", "是空的"),
        ("a.pdf", PDF.ljust(LARGEST + 1, b" "), "超過上限 20 MB"),
        ("a.pdf", b"<html>", "不是 PDF、JPEG、PNG、ODT 或 ODS"),
        ("a.zip", b"PK\x03\x04" + b"\0" * 60, "不是 PDF、JPEG、PNG、ODT 或 ODS"),
        ("a.pdf", image("PNG"), "與副檔名不符"),
        ("a.odt", open_document("spreadsheet"), "副檔名應為 .ods"),
        ("../a.pdf", PDF, "含有路徑或控制字元"),
        (r"C:\a.pdf", PDF, "含有路徑或控制字元"),
        ("／a.pdf", PDF, "含有路徑或控制字元"),
        ("a\n.pdf", PDF, "含有路徑或控制字元"),
        ("a\u202efdp.exe.pdf", PDF, "含有路徑或控制字元"),
        ("a\x00.pdf", PDF, "含有路徑或控制字元"),
    ],
)
def test_anything_else_is_a_sentence(
    audited: World, name: str, content: bytes, sentence: str
) -> None:
    audit_id = drawn_audit(audited)
    with pytest.raises(Invalid, match=sentence):
        add_evidence(audited.actor("head"), audit_id, None, name, content)
    assert stored() == (0, 0, 0)


def test_it_belongs_to_a_record_of_the_worksheet(audited: World) -> None:
    audit_id, head = drawn_audit(audited), audited.actor("head")
    with pytest.raises(Invalid, match="不在這件稽核的樣本內"):
        add_evidence(head, audit_id, 10**6, "a.pdf", PDF)
    with pytest.raises(Invalid, match="最多 200"):
        add_evidence(head, audit_id, None, "a.pdf", PDF, "字" * 201)
    add_evidence(head, audit_id, None, "a.pdf", PDF)
    with pytest.raises(Conflict, match="同一個檔案"):
        add_evidence(head, audit_id, None, "b.pdf", PDF)
    assert stored() == (1, 1, 0)


def test_it_is_withdrawn_with_a_reason_and_stays(audited: World) -> None:
    audit_id, head = drawn_audit(audited), audited.actor("head")
    evidence = add_evidence(head, audit_id, None, "a.pdf", PDF)
    with pytest.raises(Invalid, match="撤回的理由"):
        withdraw_evidence(head, evidence, "錯")
    withdraw_evidence(audited.actor("auditor"), evidence, "傳錯檔案")
    with pytest.raises(Conflict, match="已經撤回"):
        withdraw_evidence(head, evidence, "傳錯檔案")
    with reading() as db:
        (line,) = evidence_of(db, audit_id)
    assert (line.in_force, line.withdrawal_reason) == (False, "傳錯檔案")
    assert counts_by_record([line]) == {}
    assert open_evidence(head, evidence).content == PDF
    add_evidence(head, audit_id, None, "a.pdf", PDF)


def test_two_withdraw_it_once(audited: World) -> None:
    audit_id = drawn_audit(audited)
    evidence = add_evidence(audited.actor("head"), audit_id, None, "a.pdf", PDF)
    people = [audited.actor(name) for name in ("head", "auditor")]
    ended = at_once(*(lambda p=p: withdraw_evidence(p, evidence, "傳錯檔案") for p in people))
    assert ended == {"done": 1, "told": 1}
    assert stored() == (1, 1, 1)


def test_nothing_changes_after_the_signature(audited: World) -> None:
    audit_id, head = drawn_audit(audited), audited.actor("head")
    evidence = add_evidence(head, audit_id, None, "a.pdf", PDF)
    judge_everything(audited, audit_id)
    sign_as_shown(head, audit_id)
    for attempt in (
        lambda: add_evidence(head, audit_id, None, "b.pdf", pdf("b")),
        lambda: withdraw_evidence(head, evidence, "傳錯檔案"),
    ):
        with pytest.raises(Conflict, match="已簽核"):
            attempt()
    assert stored() == (1, 1, 0)
    assert open_evidence(head, evidence).content == PDF
    reopen(head, audit_id, "機關管理者退回補正")
    withdraw_evidence(head, evidence, "傳錯檔案")


def test_evidence_added_after_looking_is_not_signed_unseen(audited: World) -> None:
    from services.audits.overview import view_audit
    from services.audits.signing import sign

    audit_id, head = drawn_audit(audited), audited.actor("head")
    judge_everything(audited, audit_id)
    shown = view_audit(head, audit_id).content_hash
    evidence = add_evidence(audited.actor("auditor"), audit_id, None, "a.pdf", PDF)
    with pytest.raises(Conflict, match="剛剛有變動"):
        sign(head, audit_id, shown)
    withdraw_evidence(head, evidence, "傳錯檔案")
    sign(head, audit_id, shown)


def test_a_nil_return_can_have_evidence(world: World) -> None:
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Q3)
    assert add_evidence(head, audit_id, None, "a.pdf", PDF)


@pytest.mark.parametrize("who", ["clerk", "works_head", "agency_manager"])
def test_only_the_auditors_add(audited: World, who: str) -> None:
    audit_id = drawn_audit(audited)
    evidence = add_evidence(audited.actor("head"), audit_id, None, "a.pdf", PDF)
    person = audited.actor(who)
    for attempt in (
        lambda: add_evidence(person, audit_id, None, "b.pdf", pdf("b")),
        lambda: withdraw_evidence(person, evidence, "傳錯檔案"),
    ):
        with pytest.raises(Refused):
            attempt()
    if who != "agency_manager":
        with pytest.raises(Refused):
            open_evidence(person, evidence)
    with pytest.raises(Refused):
        add_evidence(operator(NOW), audit_id, None, "b.pdf", pdf("b"))
    assert stored() == (1, 1, 0)


@pytest.mark.parametrize("content", [b"not encrypted", None])
def test_what_is_not_what_was_taken_in_is_not_handed_out(
    audited: World, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.installation import keys

    audit_id, head = drawn_audit(audited), audited.actor("head")
    evidence = add_evidence(head, audit_id, None, "a.pdf", PDF)
    touched: Any = content or keys.data_cipher().encrypt(pdf("another"))
    overwrite(Evidence, evidence, touched)
    for attempt in (lambda: open_evidence(head, evidence), lambda: _read(evidence)):
        with pytest.raises(UserError, match="雜湊值不符"):
            attempt()
    assert [e.outcome for e in events_of("evidence_viewed")] == ["fault"]


def _read(evidence: int) -> bytes:
    with reading() as db:
        return content_of(db, evidence)


def test_it_is_encrypted_anew_with_a_new_key(
    audited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.fernet import Fernet

    audit_id, head = drawn_audit(audited), audited.actor("head")
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("DATA_KEYS", old)
    evidence = add_evidence(head, audit_id, None, "a.pdf", PDF)
    monkeypatch.setenv("DATA_KEYS", f"{new},{old}")
    assert rotate_secrets(operator(NOW))["documents"] == 1
    monkeypatch.setenv("DATA_KEYS", new)
    assert open_evidence(head, evidence).content == PDF
