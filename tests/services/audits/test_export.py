"""A stranger repeats a draw with the exported script alone, and every tampering is named."""

import base64
import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data.engine import reading, transaction
from data.models import JudgementPick, UsageRecord
from services.audits import ledger_proofs, store
from services.audits.drawing import expand, redraw
from services.audits.export import VERIFIER, export_draw
from services.audits.frozen import unpack_frame
from services.audits.worksheet import pick
from services.ledger.checkpoints import LedgerFault
from tests.services.audits.test_unit_audit import audited, audited_world, drawn_audit
from tests.staged import Stage
from tests.world import NOW, World

__all__ = ["audited"]


def unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == [
            "checkpoint.txt",
            "draw.json",
            "frame.csv",
            "picks.csv",
            "proofs.json",
            "sample.csv",
            "verify_draw.py",
            "verify_proofs.py",
        ]
        archive.extractall(folder)


def verify(
    folder: Path, script: str = "verify_draw.py", *more: str
) -> subprocess.CompletedProcess[str]:
    """Run the script as a stranger would: isolated from this project and its packages."""
    return subprocess.run(
        [sys.executable, "-I", "-S", script, *more],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONIOENCODING": "utf-8"},
    )


PICKED = 3


def not_drawn(audit_id: int) -> list[int]:
    """Return the records of the frame that no draw has taken, as a pick by judgement may."""
    with reading() as db:
        frame = unpack_frame(store.load_frame_row(db, audit_id))
        items = store.load_sample(db, store.load_draws(db, audit_id))
    return sorted(set(frame.ids.tolist()) - {item.record_id for item in items})


@pytest.fixture
def folder(stage: Stage, world: World, tmp_path: Path) -> Path:
    unpack(stage.add(world, exported), tmp_path)
    return tmp_path


def exported(world: World) -> bytes:
    """Draw, draw again, expand and pick; return what is exported of it."""
    head, audit_id = world.actor("head"), drawn_audit(audited_world(world))
    redraw(head, audit_id, "第一次抽樣時單位名冊有誤")
    expand(head, audit_id, 7, "發現缺失，擴大查核範圍")
    pick(head, audit_id, not_drawn(audit_id)[:PICKED], "夜間查詢")
    return export_draw(world.actor("auditor"), audit_id)


@pytest.mark.parametrize("script", [VERIFIER, ledger_proofs.VERIFIER], ids=lambda path: path.name)
def test_the_scripts_are_short_and_stand_alone(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 100
    imports = {
        line.split()[1] for line in source.splitlines() if line.startswith(("import", "from"))
    }
    assert imports <= set(sys.stdlib_module_names)


def test_an_exported_draw_is_repeated(folder: Path) -> None:
    result = verify(folder)
    assert result.returncode == 0, result.stderr
    assert "OK: 260 records" in result.stdout
    root = base64.b64decode((folder / "checkpoint.txt").read_text().split("\n")[2]).hex()
    assert re.search(rf"SEALED: \d+ records under root {root}", result.stdout)
    assert f"picked by judgement: {PICKED}\n" in result.stdout


def test_a_pick_is_proved_like_a_drawn_record(folder: Path) -> None:
    about = json.loads((folder / "proofs.json").read_text(encoding="utf-8"))
    proved = {proof["record_id"] for proof in about["proofs"]}
    sampled, picked = records_in(folder, "sample.csv"), records_in(folder, "picks.csv")
    assert len(picked) == PICKED and not picked & sampled
    assert proved == sampled | picked and about["not_sealed"] == []


def test_the_script_of_the_proofs_stands_alone_too(folder: Path) -> None:
    result = verify(folder, "verify_proofs.py")
    assert result.returncode == 0, result.stderr
    assert result.stdout in verify(folder).stdout
    for name in ("picks.csv", "sample.csv"):
        edit_csv(name, lambda rows: rows.pop())(folder)
        result = verify(folder, "verify_proofs.py")
        assert result.returncode == 1 and "every drawn or picked record" in result.stderr


def test_a_record_picked_first_and_drawn_later_has_one_proof(
    audited: World, tmp_path: Path
) -> None:
    head, audit_id = audited.actor("head"), drawn_audit(audited)
    pick(head, audit_id, not_drawn(audit_id), "全數查核")
    redraw(head, audit_id, "第一次抽樣時單位名冊有誤")
    unpack(export_draw(head, audit_id), tmp_path)
    assert records_in(tmp_path, "picks.csv") & records_in(tmp_path, "sample.csv")
    assert "SEALED: 260 records" in verify(tmp_path).stdout


@pytest.mark.attack("ledger")
def test_a_pick_put_into_the_database_is_not_exported(
    audited: World, caplog: pytest.LogCaptureFixture
) -> None:
    """No service picks a record outside the frozen frame, so somebody wrote the row by hand."""
    audit_id = drawn_audit(audited)
    with transaction() as db:
        outside = db.scalars(select(func.max(UsageRecord.id))).one()
        db.add(JudgementPick(audit_id=audit_id, record_id=outside, reason="補寫", picked_at=NOW))
    with pytest.raises(LedgerFault, match=f"判斷抽查的紀錄 {outside} 不在凍結的母體內"):
        export_draw(audited.actor("auditor"), audit_id)
    assert "帳本不符" in caplog.text


def test_the_same_audit_exports_the_same_bytes(audited: World) -> None:
    audit_id = drawn_audit(audited)
    head = audited.actor("head")
    assert export_draw(head, audit_id) == export_draw(head, audit_id)


def records_in(folder: Path, name: str) -> set[int]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return {int(row["record_id"]) for row in csv.DictReader(file)}


def edit_csv(name: str, change: Callable[[list[list[str]]], object]) -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        change(rows)
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    return tamper


def edit_json(
    change: Callable[[dict], object],  # type: ignore[type-arg]
    name: str = "draw.json",
) -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        about = json.loads((folder / name).read_text(encoding="utf-8"))
        change(about)
        (folder / name).write_text(json.dumps(about), encoding="utf-8")

    return tamper


def swap(rows: list[list[str]], one: int, other: int) -> None:
    rows[one], rows[other] = rows[other], rows[one]


TAMPERINGS = {
    "a frame row dropped": (edit_csv("frame.csv", lambda rows: rows.pop(5)), "frame.csv"),
    "a frame row added": (
        edit_csv("frame.csv", lambda rows: rows.append(["999999", "1", "2026-07"])),
        "frame.csv",
    ),
    "a frame row doubled": (edit_csv("frame.csv", lambda rows: rows.append(rows[1])), "frame.csv"),
    "a month changed": (
        edit_csv("frame.csv", lambda rows: rows[3].__setitem__(2, "2026-01")),
        "frame.csv",
    ),
    "a person changed": (
        edit_csv("frame.csv", lambda rows: rows[3].__setitem__(1, "9")),
        "frame.csv",
    ),
    "a column renamed": (
        edit_csv("frame.csv", lambda rows: rows[0].__setitem__(0, "id")),
        "frame.csv",
    ),
    "another seed": (
        edit_json(lambda about: about["draws"][1].__setitem__("seed", "00")),
        "sample.csv line",
    ),
    "another frame hash": (
        edit_json(lambda about: about.__setitem__("frame_hash", "0" * 64)),
        "frame_hash",
    ),
    "a draw bound to another frame": (
        edit_json(lambda about: about["draws"][2].__setitem__("frame_hash", "0" * 64)),
        "another frame",
    ),
    "a smaller base": (
        edit_json(lambda about: about["draws"][0].__setitem__("base_records", 4)),
        "sample.csv line",
    ),
    "a draw left out": (edit_json(lambda about: about["draws"].pop(1)), "sample.csv line"),
    "the expansion left out": (edit_json(lambda about: about["draws"].pop(2)), "sample.csv"),
    "a seed missing": (edit_json(lambda about: about["draws"][0].pop("seed")), "seed"),
    "a sampled record exchanged": (
        edit_csv("sample.csv", lambda rows: rows[2].__setitem__(2, "1")),
        "sample.csv line 3",
    ),
    "sampled records swapped": (
        edit_csv("sample.csv", lambda rows: swap(rows, 1, 2)),
        "sample.csv line 2",
    ),
    "the last sampled record dropped": (
        edit_csv("sample.csv", lambda rows: rows.pop()),
        "sample.csv",
    ),
    "a ticket changed": (
        edit_csv("sample.csv", lambda rows: rows[4].__setitem__(5, "0.1")),
        "sample.csv line 5",
    ),
    "a basis changed": (
        edit_csv("sample.csv", lambda rows: rows[1].__setitem__(7, "person")),
        "sample.csv line 2",
    ),
    "the frame missing": (lambda folder: (folder / "frame.csv").unlink(), "frame.csv"),
    "no JSON": (lambda folder: (folder / "draw.json").write_text("{"), "JSON"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_every_tampering_is_named(folder: Path, name: str) -> None:
    tamper, expected = TAMPERINGS[name]
    tamper(folder)
    result = verify(folder)
    assert result.returncode == 1
    assert result.stderr.startswith("DIFFERENT")
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


def proof(change: Callable[[dict], object]) -> Callable[[Path], None]:  # type: ignore[type-arg]
    """Touch the fifth proof."""
    return edit_json(lambda about: change(about["proofs"][4]), "proofs.json")


def root_of_another(folder: Path) -> None:
    lines = (folder / "checkpoint.txt").read_text(encoding="utf-8").split("\n")
    lines[2] = base64.b64encode(bytes(32)).decode()
    (folder / "checkpoint.txt").write_text("\n".join(lines), encoding="utf-8")


def both_roots(folder: Path) -> None:
    root_of_another(folder)
    edit_json(lambda about: about.__setitem__("root", "00" * 32), "proofs.json")(folder)


def flip(text: str) -> str:
    return f"{int(text[0], 16) ^ 1:x}{text[1:]}"


PROOFS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a leaf altered": (
        proof(lambda p: p.__setitem__("leaf", flip(p["leaf"]))),
        "not under the root",
    ),
    "a step altered": (
        proof(lambda p: p["path"].__setitem__(2, flip(p["path"][2]))),
        "not under the root",
    ),
    "a step emptied": (proof(lambda p: p["path"].__setitem__(2, "")), "no path"),
    "a step left out": (proof(lambda p: p["path"].pop()), "proofs.json"),
    "a step too many": (proof(lambda p: p["path"].append("00" * 32)), "too long"),
    "a place altered": (proof(lambda p: p.__setitem__("index", p["index"] ^ 1)), "proofs.json"),
    "a place outside": (proof(lambda p: p.__setitem__("index", 10**9)), "no path"),
    "a record exchanged": (
        proof(lambda p: p.__setitem__("record_id", 10**6)),
        "every drawn or picked record",
    ),
    "a proof left out": (
        edit_json(lambda about: about["proofs"].pop(), "proofs.json"),
        "every drawn or picked record",
    ),
    "a proof doubled": (
        edit_json(lambda about: about["proofs"].append(about["proofs"][0]), "proofs.json"),
        "every drawn or picked record",
    ),
    "a proof lent to another record": (
        edit_json(
            lambda about: about["proofs"][1].update(
                {key: about["proofs"][0][key] for key in ("index", "leaf", "path")}
            ),
            "proofs.json",
        ),
        "two records at one place",
    ),
    "called not sealed": (
        edit_json(
            lambda about: about["not_sealed"].append(about["proofs"][0]["record_id"]), "proofs.json"
        ),
        "every drawn or picked record",
    ),
    "another size": (
        edit_json(lambda about: about.__setitem__("size", 7), "proofs.json"),
        "checkpoint",
    ),
    "another root in the checkpoint": (root_of_another, "checkpoint"),
    "another root in both": (both_roots, "not under the root"),
    "the checkpoint missing": (
        lambda folder: (folder / "checkpoint.txt").unlink(),
        "checkpoint.txt",
    ),
    "the checkpoint emptied": (
        lambda folder: (folder / "checkpoint.txt").write_text(""),
        "IndexError",
    ),
    "the proofs missing": (lambda folder: (folder / "proofs.json").unlink(), "proofs.json"),
    "the script missing": (
        lambda folder: (folder / "verify_proofs.py").unlink(),
        "verify_proofs.py",
    ),
}


def proof_of_a_pick(change: Callable[[dict, dict], object]) -> Callable[[Path], None]:  # type: ignore[type-arg]
    """Touch proofs.json where it has the first record that was picked by judgement."""

    def tamper(folder: Path) -> None:
        record = min(records_in(folder, "picks.csv"))

        def of_it(about: dict) -> None:  # type: ignore[type-arg]
            (found,) = [one for one in about["proofs"] if one["record_id"] == record]
            change(about, found)

        edit_json(of_it, "proofs.json")(folder)

    return tamper


def pick_another(folder: Path) -> None:
    """Put a record of the frame in the place of a picked one."""
    taken = records_in(folder, "sample.csv") | records_in(folder, "picks.csv")
    with (folder / "frame.csv").open(encoding="utf-8", newline="") as file:
        _, *frame = csv.reader(file)
    other = next(row for row in frame if int(row[0]) not in taken)
    edit_csv("picks.csv", lambda rows: rows.__setitem__(1, other))(folder)


PICKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pick left out": (edit_csv("picks.csv", lambda rows: rows.pop()), "every drawn or picked"),
    "a pick exchanged": (pick_another, "every drawn or picked record"),
    "a pick doubled": (edit_csv("picks.csv", lambda rows: rows.append(rows[1])), "stands twice"),
    "a pick from outside": (
        edit_csv("picks.csv", lambda rows: rows.append(["999999", "1", "2026-07"])),
        "picks.csv: ('999999', '1', '2026-07') is not in frame.csv",
    ),
    "a pick's month changed": (
        edit_csv("picks.csv", lambda rows: rows[1].__setitem__(2, "2026-01")),
        "is not in frame.csv",
    ),
    "a pick's person changed": (
        edit_csv("picks.csv", lambda rows: rows[2].__setitem__(1, "9")),
        "is not in frame.csv",
    ),
    "a pick without a number": (
        edit_csv("picks.csv", lambda rows: rows[1].__setitem__(0, "")),
        "is not in frame.csv",
    ),
    "the head of the picks renamed": (
        edit_csv("picks.csv", lambda rows: rows[0].__setitem__(0, "id")),
        "picks.csv: columns",
    ),
    "the head of the picks left out": (
        edit_csv("picks.csv", lambda rows: rows.pop(0)),
        "picks.csv: columns",
    ),
    "the picks emptied": (lambda folder: (folder / "picks.csv").write_text(""), "picks.csv"),
    "the picks missing": (lambda folder: (folder / "picks.csv").unlink(), "picks.csv"),
    "a pick's proof left out": (
        proof_of_a_pick(lambda about, found: about["proofs"].remove(found)),
        "every drawn or picked record",
    ),
    "a pick's leaf altered": (
        proof_of_a_pick(lambda about, found: found.__setitem__("leaf", flip(found["leaf"]))),
        "not under the root",
    ),
    "a pick called not sealed": (
        proof_of_a_pick(lambda about, found: about["not_sealed"].append(found["record_id"])),
        "every drawn or picked record",
    ),
    "proofs of the older form": (
        edit_json(lambda about: about.__setitem__("format", 1), "proofs.json"),
        "proofs.json: format 1",
    ),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", PROOFS | PICKS)
def test_every_touched_proof_is_named(folder: Path, name: str) -> None:
    tamper, expected = (PROOFS | PICKS)[name]
    tamper(folder)
    result = verify(folder)
    assert result.returncode == 1
    assert result.stderr.startswith("DIFFERENT") and expected in result.stderr
    assert "Traceback" not in result.stderr


def unseal(*records: int) -> Callable[[Path], None]:
    """Move proofs to the records that are said to be not sealed yet: these, or all."""

    def move(about: dict) -> None:  # type: ignore[type-arg]
        gone = [one for one in about["proofs"] if not records or one["record_id"] in records]
        about["proofs"] = [one for one in about["proofs"] if one not in gone]
        about["not_sealed"] = sorted(one["record_id"] for one in gone)

    return edit_json(move, "proofs.json")


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("script", ["verify_draw.py", "verify_proofs.py"])
@pytest.mark.parametrize("one", [True, False], ids=["one record", "every record"])
def test_what_is_not_sealed_passes_only_where_the_reader_lets_it(
    folder: Path, one: bool, script: str
) -> None:
    """Calling the awkward record not sealed, or all of them, does not get by."""
    unseal(*([min(records_in(folder, "sample.csv"))] if one else []))(folder)
    result = verify(folder, script)
    assert result.returncode == 1 and "not sealed yet" in result.stderr
    allowed = verify(folder, script, "--unsealed")
    assert allowed.returncode == 0 and "not sealed" in allowed.stdout.lower()


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("number", [None, 1, 2, 4])
def test_a_draw_that_says_it_is_of_another_form_is_not_checked_by_this_script(
    folder: Path, number: int | None
) -> None:
    """The first form had no proofs: to say so is no way round them."""

    def change(about: dict) -> None:  # type: ignore[type-arg]
        about["format"] = number
        if number is None:
            del about["format"]

    edit_json(change)(folder)
    result = verify(folder)
    assert result.returncode == 1 and "another format" in result.stderr
