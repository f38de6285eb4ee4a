"""A corrected package: named after the one before it, refused when nothing differs, the earlier one kept."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, text

from data import migrate
from data.append_only import unprotected
from data.engine import engine, reading, transaction
from data.models import Audit, AuditAct, AuditPackage, Event
from services.audits import store
from services.audits.drawing import draw_first, expand, redraw
from services.audits.forms.file_check import check_file
from services.audits.frozen import unpack_frame
from services.audits.late import open_supplement
from services.audits.package import building, making, sending
from services.audits.package.correcting import Correction
from services.audits.package.exporting import export_package
from services.audits.package.sending import correct_package
from services.audits.package.view import view_sending
from services.audits.signing import reopen
from services.audits.words import CorrectionKind
from services.audits.worksheet import pick, records_to_judge
from services.errors import Conflict, Invalid, NotFound, UserError
from tests.services.audits import whole
from tests.services.audits.package.test_package import (
    Package,
    approved_audit,
    counts,
    sent_package,
)
from tests.services.audits.package.test_verifier import (
    MANIFEST,
    SUMS,
    listed,
    run,
    unzipped,
    zipped,
)
from tests.services.audits.whole import LETTER, LETTER_DAY
from tests.staged import Stage
from tests.world import NOW, World, at

OTHER = "府授地資字第1156012389號"
WHY = "公文字號誤繕，應為尾碼389"
CLERICAL = Correction(CorrectionKind.CLERICAL, "機關自行發現", WHY)
MATERIAL = Correction(CorrectionKind.MATERIAL, "地政局來函", "凍結後匯入的紀錄已補充稽核")
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def sent(stage: Stage, world: World) -> Package:
    return stage.add(world, sent_package)


def correct(
    world: World, audit_id: int, why: Correction = CLERICAL, letter: str = OTHER, **more: Any
) -> None:
    day = more.get("day", LETTER_DAY)
    correct_package(world.actor("agency_manager", LATER), audit_id, why, letter, day)


def manifest_in(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return dict(json.loads(archive.read(MANIFEST)))


def supplemented(world: World, main: int) -> int:
    """Let records of a quarter come late, and take their supplement to its signature."""
    world.use("clerk2", *(at(2026, 2, 3 + number, 11) for number in range(9)))
    head = world.actor("head")
    supplement = open_supplement(head, main)
    draw_first(head, supplement)
    redraw(head, supplement, "第一次抽樣時單位名冊有誤")
    expand(head, supplement, 2, "發現缺失，擴大查核範圍")
    with reading() as db:
        left = set(unpack_frame(store.load_frame_row(db, supplement)).ids.tolist())
        left -= set(records_to_judge(db, supplement))
    pick(head, supplement, [min(left)], "夜間查詢")
    whole.judged(head, supplement)
    whole.sign_unit(world, "tax1", supplement)
    return supplement


def test_a_wrong_letter_is_corrected_and_what_went_first_stays(
    sent: Package, tmp_path: Path
) -> None:
    world, audit_id, _ = sent
    reviewer = world.actor("reviewer")
    first = export_package(reviewer, audit_id)
    correct(world, audit_id)
    second = export_package(reviewer, audit_id)
    assert second == export_package(reviewer, audit_id, 2) != first
    assert export_package(reviewer, audit_id, 1) == first
    with pytest.raises(NotFound, match="沒有第 3 次函送"):
        export_package(reviewer, audit_id, 3)

    before, after = manifest_in(first), manifest_in(second)
    assert (before["number"], before["replaces"], before["correction"]) == (1, None, None)
    assert (after["number"], after["letter_no"]) == (2, OTHER)
    assert after["replaces"] == {
        "number": 1, "letter_no": LETTER,
        "manifest_sha256": hashlib.sha256(unzipped(first)[MANIFEST]).hexdigest(),
        "zip_sha256": hashlib.sha256(first).hexdigest(),
    }  # fmt: skip
    assert after["correction"] == {"kind": "clerical", "asked_by": "機關自行發現", "reason": WHY}

    for content, replaced in ((first, True), (second, False)):
        for file in (content, unzipped(content)[MANIFEST]):
            known = check_file(world.actor("works_clerk"), file)
            assert known is not None and (known.audit_id, known.replaced) == (audit_id, replaced)
            assert known.found is not None and known.found.in_force
    for path, file in unzipped(second).items():
        if path in (MANIFEST, SUMS):
            continue
        known = check_file(world.actor("works_clerk"), file)
        assert known is not None and not known.replaced and path.split("/")[-1] in known.what
        inside = [one for one in after["audits"] if path.startswith(f"{one['place']}/")]
        if not inside:  # a script, which every package has
            assert path.endswith(".py") and (known.audit_id, known.at, known.found) == (None,) * 3
            continue
        assert known.audit_id == inside[0]["audit_id"] and known.found is not None, path
        assert known.found.audit_id == known.audit_id
        assert known.found.content_hash == inside[0]["content_hash"]
    assert check_file(world.actor("clerk"), first + b"!") is None

    shown = view_sending(reviewer, audit_id)
    assert shown.sent is not None and len(shown.earlier) == 1
    assert (shown.sent.number, shown.sent.letter_no, shown.sent.reason) == (2, OTHER, WHY)
    assert (shown.earlier[0].number, shown.earlier[0].correction) == (1, None)
    with reading() as db:
        event = db.scalars(select(Event).where(Event.type == "package_corrected")).one()
        acts = db.execute(
            select(AuditAct.act, AuditAct.letter_no).where(AuditAct.letter_no != "")
        ).all()
        assert db.get_one(Audit, audit_id).status == "sent"
    assert (event.detail["package"], event.detail["kind"]) == (2, "clerical")
    assert event.detail["zip_sha256"] == hashlib.sha256(second).hexdigest()
    assert [tuple(row) for row in acts] == [("sent", LETTER), ("corrected", OTHER)]

    old, new, folder = tmp_path / "1.zip", tmp_path / "2.zip", tmp_path / "2"
    old.write_bytes(first)
    new.write_bytes(second)
    with zipfile.ZipFile(new) as archive:
        archive.extractall(folder)
    script = folder / "verify_package.py"
    for args in ((old,), (new,), (new, old), (folder, old)):
        code, bad, said = run(script, *args)
        assert code == 0, said
        assert ("for number 1" in said) is (args[0] != old)
    for args in ((old, new), (new, new)):
        assert run(script, *args)[:2] == (1, ["correction"])
    damages: tuple[Callable[[Any], None], ...] = (
        lambda about: about.update(number=3),
        lambda about: about.update(replaces=None),
        lambda about: about["correction"].update(reason=""),
        lambda about: about["correction"].update(kind="other"),
    )
    for damage in damages:
        files = unzipped(second)
        listed(files, damage)
        new.write_bytes(zipped(files))
        code, bad, said = run(script, new)
        assert (code, bad) == (1, ["correction"]), said


def test_what_came_late_goes_with_a_material_correction(sent: Package, tmp_path: Path) -> None:
    world, audit_id, units = sent
    supplement = supplemented(world, units[0])
    with pytest.raises(Conflict, match=r"尚缺 1 項.*補充稽核已簽核，尚未由機關管理者收存"):
        correct(world, audit_id, MATERIAL)
    shown = view_sending(world.actor("agency_manager"), audit_id)
    assert len(shown.missing) == 1 and view_sending(world.actor("reviewer"), audit_id).missing == ()
    whole.act(world, supplement, "received", "agency_manager")
    before = counts()
    with pytest.raises(Conflict, match="請選「實質更正」"):
        correct(world, audit_id, CLERICAL)
    assert counts() == before
    correct(world, audit_id, MATERIAL)
    with pytest.raises(Conflict, match=r"不能再開啟.*更正函送"):
        reopen(world.actor("head", LATER), supplement, "想改判定")
    with pytest.raises(Conflict, match="除公文外"):
        correct(world, audit_id, MATERIAL, "府授地資字第1156012390號")
    content = export_package(world.actor("reviewer"), audit_id)
    audits = {one["audit_id"]: one["kind"] for one in manifest_in(content)["audits"]}
    assert audits[supplement] == "supplement" and len(audits) == 6
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "package")
    code, _, said = run(tmp_path / "package" / "verify_package.py")
    assert code == 0 and said.count("SEALED: ") == 5, said
    assert f"稽核-{supplement}: 7 of 9 records, 1 people" in said
    assert said.count("picked by judgement: 1\n") == 1


REFUSED: dict[str, tuple[Correction, str, type[UserError], str]] = {
    "nothing differs": (CLERICAL, LETTER, Conflict, "完全相同"),
    "nothing differs, said to be material": (MATERIAL, LETTER, Conflict, "完全相同"),
    "the letter alone, said to be material": (MATERIAL, OTHER, Conflict, "請選「文字更正」"),
    "no reason": (Correction(CorrectionKind.CLERICAL, "地政局", " "), OTHER, Invalid, "更正的理由"),
    "a long reason": (Correction(CorrectionKind.CLERICAL, "地政局", "長" * 301), OTHER, Invalid, "301"),
    "nobody asked": (Correction(CorrectionKind.CLERICAL, "　", WHY), OTHER, Invalid, "由誰要求更正"),
    "no letter": (CLERICAL, "查詢", Invalid, "公文字號"),
}  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_no_correction_is_refused_and_changes_nothing(sent: Package) -> None:
    world, audit_id, units = sent
    before = counts()
    for name, (why, letter, error, words) in REFUSED.items():
        with pytest.raises(error, match=words):
            correct(world, audit_id, why, letter)
        assert counts() == before, name
    with pytest.raises(Conflict, match="只有機關稽核函送地政局"):
        correct(world, units[0])
    with pytest.raises(Invalid, match="公文日期"):
        correct(world, audit_id, day=LETTER_DAY + timedelta(days=1))
    assert counts() == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_not_sent_is_not_corrected(stage: Stage, world: World) -> None:
    world, audit_id, _ = stage.add(world, approved_audit)
    with pytest.raises(Conflict, match="還沒有函送，沒有可更正的"):
        correct(world, audit_id)


def test_of_two_who_correct_at_once_one_is_told(
    sent: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, audit_id, units = sent
    others: list[str] = []

    class Slow(building.Builder):
        def unit(self, db, audit):  # type: ignore[no-untyped-def]
            super().unit(db, audit)
            if audit.id == units[-1] and not others:
                others.append("府授地資字第1156000777號")
                db.rollback()
                correct(world, audit_id, letter=others[0])

    monkeypatch.setattr(sending, "Builder", Slow)
    correct(world, audit_id)
    with reading() as db:
        rows = db.execute(
            select(AuditPackage.number, AuditPackage.letter_no).order_by(AuditPackage.number)
        ).all()
    assert [tuple(row) for row in rows] == [(1, LETTER), (2, others[0]), (3, OTHER)]

    # The same between the list and the storing: the number is taken.
    kept = making.zip_hash

    def late(*args: Any) -> str:
        monkeypatch.setattr(sending, "zip_hash", kept)
        correct(world, audit_id, letter="府授地資字第1156000778號")
        return kept(*args)

    monkeypatch.setattr(sending, "zip_hash", late)
    before = counts()
    with pytest.raises(Conflict, match="他人剛剛函送"):
        correct(world, audit_id, letter="府授地資字第1156000779號")
    assert counts()[0] == before[0] + 1


def test_what_was_sent_before_the_tables_knew_corrections_stays_as_it_was(sent: Package) -> None:
    world, audit_id, _ = sent
    first = export_package(world.actor("reviewer"), audit_id)
    with migrate._migrating() as connection:
        settings = migrate.config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0012")
    migrate.upgrade()
    with engine().connect() as connection:
        assert unprotected(connection) == []
        row = connection.execute(
            text("SELECT number, zip_sha256, reason FROM audit_packages")
        ).one()
    assert tuple(row) == (1, "", "")
    assert export_package(world.actor("reviewer"), audit_id) == first
    correct(world, audit_id)
    with pytest.raises(Exception, match="only ever added to"), transaction() as db:
        db.execute(text("UPDATE audit_packages SET number = 9"))
    assert SUMS in unzipped(export_package(world.actor("reviewer"), audit_id))
