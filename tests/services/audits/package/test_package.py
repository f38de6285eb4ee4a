"""The package for the bureau: refused while a part is missing, unchanged once sent, refused when touched."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select, text, update

from data.append_only import unprotect
from data.engine import ROOT, engine, reading, transaction
from data.models import (
    Audit,
    AuditAct,
    AuditPackage,
    Event,
    Evidence,
    PackagePart,
    Unit,
    UsageRecord,
)
from services.audits.forms.codes import find_by_code
from services.audits.package import building, sending
from services.audits.package.completeness import missing_parts
from services.audits.package.exporting import described, export_package
from services.audits.package.sending import send_audit
from services.audits.package.view import view_sending
from services.audits.signing import reopen
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.errors import Conflict, Invalid, UserError
from services.installation import keys
from services.ledger.checkpoints import LedgerFault
from services.regulation.floors import unit_floors
from tests.kept_files import lose, overwrite
from tests.reading_pdf import Pdf, squeezed
from tests.services.audits import whole
from tests.services.audits.whole import LETTER, LETTER_DAY, Q1, Q2
from tests.staged import Stage
from tests.world import NOW, World, at

Package = tuple[World, int, list[int]]


@pytest.fixture
def approved(stage: Stage, world: World) -> Package:
    return stage.add(world, approved_audit)


def approved_audit(world: World) -> Package:
    audit_id, units = whole.approved_agency(world)
    return world, audit_id, units


@pytest.fixture
def sent(stage: Stage, world: World) -> Package:
    return stage.add(world, sent_package)


def sent_package(world: World) -> Package:
    _, audit_id, units = approved_audit(world)
    with reading() as db:
        record = db.scalars(select(UsageRecord.id).order_by(UsageRecord.id)).first()
    whole.add_evidence(world, units[0], record, "../調卷 影本.pdf", b"%PDF-1.4 unit evidence")
    whole.add_evidence(world, audit_id, None, "會議紀錄.pdf", b"%PDF-1.4 agency evidence")
    send(world, audit_id)
    return world, audit_id, units


def send(world: World, audit_id: int, letter: str = LETTER, day: date = LETTER_DAY) -> None:
    send_audit(world.actor("agency_manager"), audit_id, letter, day)


def missing(audit_id: int) -> list[str]:
    with reading() as db:
        return missing_parts(db, db.get_one(Audit, audit_id))


def files_of(world: World, audit_id: int) -> dict[str, bytes]:
    content = export_package(world.actor("reviewer"), audit_id)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[2:] == sorted(names[2:]) and len(set(names)) == len(names)
        return {name: archive.read(name) for name in names}


def counts() -> list[int]:
    with reading() as db:
        return [db.query(kind).count() for kind in (AuditPackage, PackagePart, AuditAct)]


# --- what is in it -------------------------------------------------------------------------------


def test_it_holds_every_part_under_its_hash(sent: Package) -> None:
    world, audit_id, units = sent
    files = files_of(world, audit_id)
    about = json.loads(files["manifest.json"])
    places = [
        f"單位稽核/{code}_{quarter}_稽核-{unit}/"
        for (code, quarter), unit in zip(
            [(code, q) for code in ("TAX-DAAN", "TAX-ZS") for q in (Q1, Q2)], units, strict=True
        )
    ]
    wanted = {"機關稽核/附件三_機關稽核紀錄表.pdf", "機關稽核/附件三_機關稽核紀錄表.odt"}
    wanted |= {"機關稽核/稽核紀錄明細.ods", "機關稽核/抽樣.zip", "機關稽核/佐證/2_會議紀錄.pdf"}
    unit_files = ("附件二_單位稽核紀錄表.pdf", "附件二_單位稽核紀錄表.odt", "稽核紀錄明細.ods")
    wanted |= {f"{place}{name}" for place in places for name in unit_files}
    wanted |= {"verify_package.py", "verify_figures.py", "verify_draw.py", "verify_proofs.py"}
    wanted |= {f"{place}抽樣.zip" for place in places[:3]}  # the last one is a nil return
    wanted |= {f"{places[0]}佐證/1__調卷_影本.pdf"}
    assert set(files) == wanted | {"manifest.json", "SHA256SUMS"}
    assert {one["path"]: one["sha256"] for one in about["files"]} == {
        path: hashlib.sha256(files[path]).hexdigest() for path in wanted
    }
    assert all(one["size"] == len(files[one["path"]]) for one in about["files"])
    lines = files["SHA256SUMS"].decode().splitlines()
    assert lines == [f"{one['sha256']}  {one['path']}" for one in about["files"]]
    assert (about["letter_no"], about["letter_date"]) == (LETTER, LETTER_DAY.isoformat())
    assert {one["audit_id"] for one in about["audits"]} == {audit_id, *units}


def test_the_list_has_the_figures_of_every_audit_and_of_the_rule(sent: Package) -> None:
    world, audit_id, units = sent
    about = json.loads(files_of(world, audit_id)["manifest.json"])
    figures = {one["audit_id"]: one["figures"] for one in about["audits"]}
    of_units = [figures[unit] for unit in units]
    assert [one["records"]["total"] for one in of_units] == [12, 12, 6, 0]
    for one in of_units:
        records, people, months = (one[what]["total"] for what in ("records", "people", "months"))
        floors = unit_floors(records, people, months, Q2.last_day)
        asked = [one[what]["required"] for what in ("records", "people", "months")]
        assert asked == [floors.records, floors.users, floors.months]
    agency = figures[audit_id]
    for what in ("people", "records"):
        audited = sum(one[what]["audited"] for one in of_units)
        assert agency["units"][what] == audited
        assert agency[what]["required"] == -(-audited // 2) <= agency[what]["audited"]
    assert agency["months"] == {"total": 6, "required": 6, "audited": 6}
    assert [draw["in_force"] for draw in agency["draws"]] == [True]
    assert set(about["regulation"]) == {"2026Q1", "2026Q2", "2026H1"}
    for listed in about["regulation"].values():
        rate = next(one for one in listed if one["name"] == "機關應稽核筆數比率")
        assert rate == {
            "name": "機關應稽核筆數比率", "clause": "7.1.2", "unit": "比率", "value": "1/2",
            "since": "2024-07-01", "known": True,
        }  # fmt: skip


def test_the_papers_in_it_are_the_signed_ones_with_the_letter(sent: Package) -> None:
    world, audit_id, units = sent
    files = files_of(world, audit_id)
    agency = Pdf(files["機關稽核/附件三_機關稽核紀錄表.pdf"]).text
    assert squeezed(f"函送文號{LETTER}") in agency and "草稿" not in agency
    codes = {one["audit_id"]: one["code"] for one in json.loads(files["manifest.json"])["audits"]}
    assert codes[audit_id] in agency
    for unit in units:
        (path,) = [
            name for name in files if f"_稽核-{unit}/附件二" in name and name.endswith("pdf")
        ]
        paper = Pdf(files[path]).text
        assert codes[unit] in paper and "線上收存" in paper
        found = find_by_code(world.actor("reviewer"), codes[unit])
        assert found.audit_id == unit and found.in_force


def test_every_draw_in_it_is_repeated_by_a_stranger(sent: Package, tmp_path: Path) -> None:
    world, audit_id, _ = sent
    draws = {name: content for name, content in files_of(world, audit_id).items() if "抽樣" in name}
    assert len(draws) == 4
    for number, content in enumerate(draws.values()):
        folder = tmp_path / str(number)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folder)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "verify_draw.py"],
            cwd=folder, capture_output=True, text=True, check=True,
            env={"PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        assert "OK: " in done.stdout and "SEALED: " in done.stdout
        with (folder / "sample.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.DictReader(file))


def test_it_is_the_same_bytes_every_time(sent: Package) -> None:
    world, audit_id, _ = sent
    first = export_package(world.actor("reviewer"), audit_id)
    later = world.actor("agency_manager", NOW + timedelta(days=3))
    assert export_package(later, audit_id) == first
    sent_as = view_sending(later, audit_id).sent
    assert sent_as is not None
    assert sent_as.zip_sha256 == hashlib.sha256(first).hexdigest()
    assert described(audit_id, first) == {
        "audit": audit_id, "files": sent_as.files, "sha256": sent_as.zip_sha256,
    }  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_line_writes_it_and_says_what_it_is(sent: Package, tmp_path: Path) -> None:
    _, audit_id, units = sent
    environment = os.environ | {"DATABASE_URL": str(engine().url)}

    def manage(*args: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "package", *map(str, args)],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    out = tmp_path / "out.zip"
    done = manage(audit_id, out, "--json")
    assert done.returncode == 0, done.stderr
    content = out.read_bytes()
    with reading() as db:
        package = db.scalars(select(AuditPackage)).one()
        assert db.scalars(select(Event).where(Event.type == "package_exported")).one()
    assert json.loads(done.stdout) == {
        "audit": audit_id, "files": len(package.manifest["files"]), "sha256": package.zip_sha256,
    }  # fmt: skip
    assert hashlib.sha256(content).hexdigest() == package.zip_sha256
    for args, words in (
        ((units[0], tmp_path / "unit.zip"), "只有機關稽核函送地政局"),
        ((audit_id, tmp_path / "no" / "folder.zip"), "無法寫入"),
    ):
        done = manage(*args, "--json")
        assert done.returncode == 2 and words in done.stderr and not args[1].exists()


def test_a_draw_leaves_as_it_was_made_for_the_sending(
    approved: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form of the ZIP of a draw may change after the sending; what was sent does not."""
    world, audit_id, _ = approved
    with monkeypatch.context() as patch:
        patch.setattr(building, "draw_zip", lambda db, audit: b"of the older form")
        send(world, audit_id)
    draws = {name: content for name, content in files_of(world, audit_id).items() if name.endswith("抽樣.zip")}  # fmt: skip
    assert len(draws) == 4 and set(draws.values()) == {b"of the older form"}


def test_sending_and_exporting_are_on_record(sent: Package) -> None:
    world, audit_id, _ = sent
    export_package(world.actor("reviewer"), audit_id)
    with reading() as db:
        package = db.scalars(select(AuditPackage)).one()
        done, got = (
            db.scalars(select(Event).where(Event.type == kind)).one()
            for kind in ("audit_sent", "package_exported")
        )
        act = db.scalars(select(AuditAct).where(AuditAct.act == "sent")).one()
        assert db.get_one(Audit, audit_id).status == "sent"
        files = db.query(PackagePart).count()
    assert done.detail == {
        "letter_no": LETTER, "manifest_sha256": package.manifest_sha256, "files": files,
        "zip_sha256": package.zip_sha256,
    }  # fmt: skip
    assert got.detail == {"package": 1, "manifest_sha256": package.manifest_sha256}
    assert got.outcome == "done"
    assert (act.letter_no, act.letter_date) == (LETTER, LETTER_DAY) and act.content_hash


# --- what keeps it from being sent ---------------------------------------------------------------


def _gone(model: str, **where: object) -> Callable[[World, int, list[int]], None]:
    def change(world: World, audit_id: int, units: list[int]) -> None:
        values = {key: units[0] if value == "unit" else audit_id if value == "agency" else value for key, value in where.items()}  # fmt: skip
        condition = " AND ".join(f"{key} = :{key}" for key in values)
        with transaction() as db:
            unprotect(db.connection(), model)
            db.execute(text(f"DELETE FROM {model} WHERE {condition}"), values)  # of this test

    return change


def _status(which: str, status: str) -> Callable[[World, int, list[int]], None]:
    def change(world: World, audit_id: int, units: list[int]) -> None:
        with transaction() as db:
            audit = db.get_one(Audit, units[0] if which == "unit" else audit_id)
            audit.status = status

    return change


def _new_unit(world: World, audit_id: int, units: list[int]) -> None:
    with transaction() as db:
        db.add(Unit(agency_id=world.agencies["tax"], code="TAX-NEW", name="新設分處"))


def _other_content(which: str, act: str) -> Callable[[World, int, list[int]], None]:
    def change(world: World, audit_id: int, units: list[int]) -> None:
        about = units[0] if which == "unit" else audit_id
        with transaction() as db:
            unprotect(db.connection(), "audit_acts")
            db.execute(
                update(AuditAct)
                .where(AuditAct.audit_id == about, AuditAct.act == act)
                .values(content_hash="0" * 64)
            )

    return change


def _lost_evidence(world: World, audit_id: int, units: list[int]) -> None:
    number = whole.add_evidence(world, units[1], None, "調卷.pdf", b"%PDF-1.4 x")
    lose(Evidence, number)


MISSING: dict[str, tuple[Callable[[World, int, list[int]], None], tuple[str, ...]]] = {
    "not signed": (_status("agency", "judging"), ("「查核中」，尚未簽核",)),
    "not approved": (_status("agency", "signed"), ("尚未經機關首長核定",)),
    "no approval on record": (
        _gone("audit_acts", audit_id="agency", act="approved"),
        ("尚未經機關首長核定",),
    ),
    "another content approved": (
        _other_content("agency", "approved"),
        ("核定的不是目前簽核的內容",),
    ),
    "no ethics officer": (
        _gone("signatures", audit_id="agency", capacity="ethics_officer"),
        ("缺政風單位的簽核",),
    ),
    "no agency manager": (
        _gone("signatures", audit_id="agency", capacity="agency_manager"),
        ("缺機關管理者的簽核",),
    ),
    "a unit audit not signed": (
        _status("unit", "judging"),
        ("大安分處（TAX-DAAN）115年第1季的單位稽核目前是「查核中」，尚未簽核",),
    ),
    "a unit audit not received": (
        _status("unit", "signed"),
        ("大安分處（TAX-DAAN）115年第1季的單位稽核已簽核，尚未由機關管理者收存",),
    ),
    "another content received": (
        _other_content("unit", "received"),
        ("大安分處（TAX-DAAN）115年第1季的單位稽核收存的不是目前簽核的內容",),
    ),
    "a unit without audits": (
        _new_unit,
        (
            "新設分處（TAX-NEW）115年第1季的單位稽核尚未辦理",
            "新設分處（TAX-NEW）115年第2季的單位稽核尚未辦理",
        ),
    ),
    "evidence lost": (_lost_evidence, ("佐證資料「調卷.pdf」的內容不見了",)),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_named_and_nothing_is_sent(approved: Package, name: str) -> None:
    world, audit_id, units = approved
    assert missing(audit_id) == []
    change, wanted = MISSING[name]
    change(world, audit_id, units)
    before = counts()
    assert len(missing(audit_id)) == len(wanted)
    with pytest.raises(Conflict) as refused:
        send(world, audit_id)
    for words in wanted:
        assert words in str(refused.value)
    assert counts() == before
    with pytest.raises(Conflict, match=f"還沒有函送.*尚缺 {len(wanted)} 項：.*{wanted[0]}"):
        export_package(world.actor("reviewer"), audit_id)


def _overwritten(other: Callable[[], bytes]) -> Callable[[pytest.MonkeyPatch, int], None]:
    def change(patch: pytest.MonkeyPatch, number: int) -> None:
        overwrite(Evidence, number, other())

    return change


def _key_lost(patch: pytest.MonkeyPatch, number: int) -> None:
    patch.setenv("DATA_KEYS", Fernet.generate_key().decode())


UNREADABLE: dict[str, tuple[Callable[[pytest.MonkeyPatch, int], None], int]] = {
    "bytes overwritten": (_overwritten(lambda: b"%PDF-1.4 another"), 1),
    "another file under our key": (
        _overwritten(lambda: keys.data_cipher().encrypt(b"%PDF-1.4 another")),
        1,
    ),
    "a key that opens nothing": (_key_lost, 3),
}
"""What is done to the second of three files, and how many can then not be read."""


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", UNREADABLE)
def test_evidence_that_cannot_be_read_is_named_and_nothing_is_sent(
    approved: Package, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The row is there, so only reading shows it; once it was sent, it could never be downloaded."""
    world, audit_id, units = approved
    given = ((units[1], "調卷.pdf"), (units[2], "勘查.pdf"), (audit_id, "會議紀錄.pdf"))
    numbers = [
        whole.add_evidence(world, about, None, file_name, f"%PDF-1.4 {file_name}".encode())
        for about, file_name in given
    ]
    change, bad = UNREADABLE[name]
    before = counts()
    with monkeypatch.context() as patch:
        change(patch, numbers[1])
        with pytest.raises(Conflict, match=f"有 {bad} 個佐證資料.*沒有函送") as refused:
            send(world, audit_id)
        for number, (about, file_name) in zip(numbers, given, strict=True):
            named = f"「{file_name}」（編號 {number}，稽核 {about}）" in str(refused.value)
            assert named is (bad == 3 or number == numbers[1])
    assert any(
        "evidence" in line.message for line in caplog.records if line.levelname == "CRITICAL"
    )
    assert counts() == before
    with reading() as db:
        assert db.get_one(Audit, audit_id).status == "approved"
        assert not db.scalars(select(Event).where(Event.type == "audit_sent")).all()


def test_what_is_sent_once_the_key_is_back_can_be_downloaded(
    approved: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, audit_id, units = approved
    whole.add_evidence(world, units[1], None, "調卷.pdf", b"%PDF-1.4 x")
    with monkeypatch.context() as patch:
        _key_lost(patch, 0)
        with pytest.raises(Conflict, match="無法解密"):
            send(world, audit_id)
    send(world, audit_id)
    assert any(path.endswith("調卷.pdf") for path in files_of(world, audit_id))


@pytest.mark.parametrize(
    ("letter", "day", "words"),
    [
        ("", LETTER_DAY, "公文字號"),
        ("查詢", LETTER_DAY, "公文字號"),
        ("府授地資字第1176012388號", LETTER_DAY, "公文字號"),
        (LETTER, LETTER_DAY - timedelta(days=1), "公文日期須在機關首長核定日（115年11月23日）以後"),
        (LETTER, LETTER_DAY + timedelta(days=1), "不晚於今天"),
    ],
)
def test_a_letter_that_cannot_be_is_refused(
    approved: Package, letter: str, day: date, words: str
) -> None:
    world, audit_id, _ = approved
    before = counts()
    with pytest.raises(Invalid, match=words):
        send(world, audit_id, letter, day)
    assert counts() == before


def test_a_unit_audit_is_not_sent_alone(approved: Package) -> None:
    world, _, units = approved
    with pytest.raises(Conflict, match="只有機關稽核函送地政局"):
        send(world, units[0])


def test_what_changes_while_the_files_are_made_is_not_sent(
    approved: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody attaches evidence between the making of the files and the sending."""
    world, audit_id, units = approved

    class Slow(building.Builder):
        def unit(self, db, audit):  # type: ignore[no-untyped-def]
            super().unit(db, audit)
            if audit.id == units[-1]:
                db.rollback()
                whole.add_evidence(world, units[0], None, "後補.pdf", b"%PDF-1.4 late")

    monkeypatch.setattr(sending, "Builder", Slow)
    before = counts()
    with pytest.raises(Conflict, match="有變動"):
        send(world, audit_id)
    assert counts() == before


def test_of_two_who_send_at_once_one_is_told(
    approved: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else sends the audit while the files of the first one are being made."""
    world, audit_id, units = approved
    others: list[str] = []

    class Slow(building.Builder):
        def unit(self, db, audit):  # type: ignore[no-untyped-def]
            super().unit(db, audit)
            if audit.id == units[-1] and not others:
                others.append("府授地資字第1156000777號")
                db.rollback()
                send(world, audit_id, others[0])

    monkeypatch.setattr(sending, "Builder", Slow)
    with pytest.raises(Conflict, match="已經函送"):
        send(world, audit_id)
    with reading() as db:
        assert [one.letter_no for one in db.scalars(select(AuditPackage))] == others
        acts = db.scalars(select(AuditAct.letter_no).where(AuditAct.act == "sent")).all()
        assert acts == others


@pytest.mark.attack("ledger")
def test_a_record_that_was_touched_is_not_sent(approved: Package) -> None:
    world, audit_id, _ = approved
    with transaction() as db:
        unprotect(db.connection(), "usage_records")
        db.execute(update(UsageRecord).values(target="別的地號"))
    before = counts()
    with pytest.raises(LedgerFault, match="不能函送"):
        send(world, audit_id)
    assert counts() == before


# --- once it is sent -----------------------------------------------------------------------------


def test_once_sent_nothing_changes(sent: Package) -> None:
    world, audit_id, units = sent
    before = counts()
    manager = world.actor("agency_manager")
    with reading() as db:
        record = db.scalars(
            select(func.min(UsageRecord.id)).where(UsageRecord.local_month.in_(Q1.months))
        ).one()
    attempts: list[Callable[[], object]] = [
        lambda: send(world, audit_id),
        lambda: send(world, audit_id, "府授地資字第1156099999號"),
        lambda: judge(manager, audit_id, {record: 1}, Ruling.MAJOR, "事後改判", "改判理由"),
        lambda: reopen(world.actor("head"), units[0], "事後要改"),
        lambda: judge(world.actor("head"), units[0], {record: 1}, Ruling.MAJOR, "改判", "理由說明"),
    ]
    for attempt in attempts:
        with pytest.raises(UserError):
            attempt()
    assert counts() == before
    assert missing(audit_id) == ["這件機關稽核已經函送。"]
    first = export_package(manager, audit_id)
    # Later records of the half-year, and another name for the unit, change nothing of it either.
    world.use("clerk", at(2026, 2, 3))
    with transaction() as db:
        db.execute(text("UPDATE units SET name = '改名分處' WHERE code = 'TAX-DAAN'"))
    assert export_package(manager, audit_id) == first


TAMPERINGS: dict[str, tuple[str, str]] = {
    "bytes of a paper": (
        "UPDATE package_parts SET content = :other WHERE path LIKE '%附件三%pdf'",
        "附件三_機關稽核紀錄表.pdf",
    ),
    "bytes and their hash": (
        "UPDATE package_parts SET content = :other, sha256 = :hash WHERE path LIKE '%附件三%pdf'",
        "附件三_機關稽核紀錄表.pdf",
    ),
    "a part taken away": ("DELETE FROM package_parts WHERE path LIKE '%附件三%odt'", "odt"),
    "a part renamed": (
        "UPDATE package_parts SET path = '機關稽核/新.pdf' WHERE path LIKE '%附件三%pdf'",
        "新.pdf",
    ),
    "a part without bytes": (
        "UPDATE package_parts SET content = NULL WHERE path LIKE '%附件三%pdf'",
        "附件三_機關稽核紀錄表.pdf",
    ),
    "the letter in the list": (
        "UPDATE audit_packages SET manifest = '{\"files\": []}'",
        "manifest.json",
    ),
    "the hash of the whole": (
        "UPDATE audit_packages SET zip_sha256 = :hash",
        "整份檔案",
    ),
    "evidence": ("", "佐證"),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_package_that_was_touched_does_not_leave(
    sent: Package, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    world, audit_id, _ = sent
    statement, named = TAMPERINGS[name]
    with transaction() as db:
        for table in ("package_parts", "audit_packages"):
            unprotect(db.connection(), table)
        other = b"%PDF-1.4 another"
        values = {"other": other, "hash": hashlib.sha256(other).hexdigest()}
        if statement:
            db.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
        else:
            overwrite(Evidence, db.scalars(select(Evidence.id)).first() or 0, other)
    with pytest.raises(Conflict, match="與函送時的雜湊值不符") as refused:
        export_package(world.actor("reviewer"), audit_id)
    assert named in str(refused.value)
    assert any("與函送時的雜湊值不符" in line.message for line in caplog.records)
    with reading() as db:
        left = db.scalars(select(Event).where(Event.type == "package_exported")).one()
        assert left.outcome == "fault"


def test_the_stored_package_cannot_be_changed(sent: Package) -> None:
    for table in ("package_parts", "audit_packages"):
        for statement in (f"UPDATE {table} SET id = id + 1", f"DELETE FROM {table}"):
            with pytest.raises(Exception, match="only ever added to"), engine().begin() as db:
                db.execute(text(statement))
