"""A stranger repeats a draw with the exported script alone, and every tampering is named."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from services.audits.drawing import expand, redraw
from services.audits.export import VERIFIER, export_draw
from tests.services.audits.test_unit_audit import audited, drawn_audit
from tests.world import World

__all__ = ["audited"]


def unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == [
            "draw.json",
            "frame.csv",
            "sample.csv",
            "verify_draw.py",
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


def test_the_script_is_short_and_stands_alone() -> None:
    source = VERIFIER.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 100
    imports = {
        line.split()[1] for line in source.splitlines() if line.startswith(("import", "from"))
    }
    assert imports <= set(sys.stdlib_module_names)


def test_an_exported_draw_is_repeated(folder: Path) -> None:
    result = verify(folder)
    assert result.returncode == 0, result.stderr
    assert "OK: 260 records" in result.stdout


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


def edit_json(change: Callable[[dict], None]) -> Callable[[Path], None]:  # type: ignore[type-arg]
    def tamper(folder: Path) -> None:
        about = json.loads((folder / "draw.json").read_text(encoding="utf-8"))
        change(about)
        (folder / "draw.json").write_text(json.dumps(about), encoding="utf-8")

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
