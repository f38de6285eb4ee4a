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

from services.audits import ledger_proofs
from services.audits.drawing import expand, redraw
from services.audits.export import VERIFIER, export_draw
from tests.services.audits.test_unit_audit import audited, drawn_audit
from tests.world import World

__all__ = ["audited"]


def unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == [
            "checkpoint.txt",
            "draw.json",
            "frame.csv",
            "proofs.json",
            "sample.csv",
            "verify_draw.py",
            "verify_proofs.py",
        ]
        archive.extractall(folder)


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a stranger would: isolated from this project and its packages."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify_draw.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONIOENCODING": "utf-8"},
    )


@pytest.fixture
def folder(audited: World, tmp_path: Path) -> Path:
    audit_id = drawn_audit(audited)
    redraw(audited.actor("head"), audit_id, "第一次抽樣時單位名冊有誤")
    expand(audited.actor("head"), audit_id, 7, "發現缺失，擴大查核範圍")
    unpack(export_draw(audited.actor("auditor"), audit_id), tmp_path)
    return tmp_path


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


def test_the_same_audit_exports_the_same_bytes(audited: World) -> None:
    audit_id = drawn_audit(audited)
    head = audited.actor("head")
    assert export_draw(head, audit_id) == export_draw(head, audit_id)


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
        "every drawn record",
    ),
    "a proof left out": (
        edit_json(lambda about: about["proofs"].pop(), "proofs.json"),
        "every drawn record",
    ),
    "a proof doubled": (
        edit_json(lambda about: about["proofs"].append(about["proofs"][0]), "proofs.json"),
        "every drawn record",
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
        "every drawn record",
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


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", PROOFS)
def test_every_touched_proof_is_named(folder: Path, name: str) -> None:
    tamper, expected = PROOFS[name]
    tamper(folder)
    result = verify(folder)
    assert result.returncode == 1
    assert result.stderr.startswith("DIFFERENT") and expected in result.stderr
    assert "Traceback" not in result.stderr


def test_an_export_that_leaves_the_proofs_out_says_so(folder: Path) -> None:
    edit_json(lambda about: about.__setitem__("format", 1))(folder)
    result = verify(folder)
    assert result.returncode == 0 and "NO PROOFS" in result.stdout
