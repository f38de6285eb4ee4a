"""A stranger checks a package with its own script: a good one passes, and of a damaged one the place is named."""

import contextlib
import csv
import hashlib
import io
import json
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.audits import verify_package
from services.audits.package.building import SCRIPTS
from services.audits.package.exporting import export_package
from tests.services.audits.package.test_package import Package, sent_package
from tests.staged import Stage
from tests.world import World

Files = dict[str, bytes]
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
AGENCY = "機關稽核"
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAPER, DRAW = f"{AGENCY}/附件三_機關稽核紀錄表", f"{AGENCY}/抽樣.zip"


@pytest.fixture
def sent(stage: Stage, world: World) -> Package:
    return stage.add(world, sent_package)


def zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def unzipped(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def run(script: Path, *args: Path) -> tuple[int, list[str], str]:
    """Run the script as a stranger would; return its exit code, the places that fail, what it said."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), *map(str, args)],
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    return done.returncode, _places(said), said


def _places(said: str) -> list[str]:
    return re.findall(r"^BAD (.+?): ", said, re.MULTILINE)


# --- how a package is damaged --------------------------------------------------------------------


def listed(files: Files, change: Callable[[Any], None]) -> None:
    """Change the list, and what has to say the same."""
    about = json.loads(files[MANIFEST])
    change(about)
    files[MANIFEST] = json.dumps(about).encode()
    lines = (f"{one['sha256']}  {one['path']}\n" for one in about["files"])
    files[SUMS] = "".join(lines).encode()


def relisted(files: Files, *paths: str) -> None:
    """List files as they are now, as whoever damages them knowingly would."""

    def change(about: Any) -> None:
        about["files"] = [one for one in about["files"] if one["path"] not in paths]
        about["files"] += [
            {"path": path, "sha256": hashlib.sha256(files[path]).hexdigest(), "size": len(files[path])}
            for path in paths
            if path in files
        ]  # fmt: skip

    listed(files, change)


def in_draw(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files], None]:
    """Change a file of the agency's draws and list the draws anew."""

    def damage(files: Files) -> None:
        inner = unzipped(files[DRAW])
        inner[name] = change(inner[name])
        files[DRAW] = zipped(inner)
        relisted(files, DRAW)

    return damage


def in_list(change: Callable[[Any], None]) -> Callable[[Files], None]:
    return lambda files: listed(files, change)


def figure(*keys: Any, value: Any) -> Callable[[Files], None]:
    """Let the list say another value somewhere under the agency's audit."""

    def change(about: Any) -> None:
        held = next(one for one in about["audits"] if one["kind"] == "agency")
        for key in keys[:-1]:
            held = held[key]
        assert held[keys[-1]] != value
        held[keys[-1]] = value

    return in_list(change)


def json_of(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        about = json.loads(content)
        change(about)
        return json.dumps(about).encode()

    return changed


def another_row(content: bytes) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode())))
    rows[1], rows[2] = rows[2], rows[1]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


def without(content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:-1])


def put(path: str, content: bytes = b"x") -> Callable[[Files], None]:
    return lambda files: files.update({path: content})


def put_and_listed(path: str) -> Callable[[Files], None]:
    def damage(files: Files) -> None:
        files[path] = b"x"
        relisted(files, path)

    return damage


def dropped(path: str, *, too: bool = False) -> Callable[[Files], None]:
    """Take a file away, from the list as well when ``too``."""

    def damage(files: Files) -> None:
        del files[path]
        if too:
            relisted(files, path)

    return damage


def one_unit_paper_for_another(files: Files) -> None:
    one, other = (path for path in files if "TAX-DAAN" in path and path.endswith("紀錄表.odt"))
    files[one] = files[other]
    relisted(files, one)


def no_zip(files: Files) -> None:
    files[DRAW] = b"x"
    relisted(files, DRAW)


def units(about: Any) -> list[Any]:
    return [one for one in about["audits"] if one["kind"] == "unit"]


def _rule(about: Any) -> None:
    for one in about["regulation"][about["period"]]:
        one["value"] = "1" if one["name"] == "機關應稽核筆數比率" else one["value"]


def _twice(about: Any) -> None:
    about["files"].append(about["files"][0])


def _no_units(about: Any) -> None:
    units(about)[0]["period"] = "2025Q4"


UNIT = "單位稽核/TAX-DAAN_2026Q1_稽核-1"
DAMAGES: dict[str, tuple[Callable[[Files], None], set[str]]] = {
    "a paper altered": (put(f"{PAPER}.pdf"), {f"{PAPER}.pdf"}),
    "one byte more": (lambda f: f.update({f"{PAPER}.pdf": f[f"{PAPER}.pdf"] + b" "}), {f"{PAPER}.pdf"}),
    "a paper missing": (dropped(f"{PAPER}.pdf"), {f"{PAPER}.pdf"}),
    "a paper missing, and from the list": (dropped(f"{PAPER}.pdf", too=True), {f"{PAPER}.pdf"}),
    "records missing, and from the list": (dropped(f"{UNIT}/稽核紀錄明細.ods", too=True), {f"{UNIT}/稽核紀錄明細.ods"}),
    "evidence missing": (dropped(f"{AGENCY}/佐證/2_會議紀錄.pdf"), {f"{AGENCY}/佐證/2_會議紀錄.pdf"}),
    "a file more": (put("機關稽核/說明.txt"), {"機關稽核/說明.txt"}),
    "a file more, and in the list": (put_and_listed("別處/說明.txt"), {"別處/說明.txt"}),
    "a file at the top, and in the list": (put_and_listed("說明.txt"), {"說明.txt"}),
    "a script altered": (put("verify_figures.py", b"pass"), {"verify_figures.py"}),
    "a path that leads out": (put("../out.txt"), {"../out.txt"}),
    "a path from the root": (put("/etc/out.txt"), {"/etc/out.txt"}),
    "a path with a drive": (put("c:out.txt"), {"c:out.txt"}),
    "a path with backslashes": (put("機關稽核\\out.txt"), {"機關稽核\\out.txt"}),
    "a name of two lines": (put("機關稽核/a\nBAD b: c"), {"機關稽核/a\\nBAD b"}),
    "the same name in other letters": (put(SUMS.lower()), {SUMS.lower()}),
    "a path that leads out, in the list": (put_and_listed("../out.txt"), {"../out.txt"}),
    "no list": (dropped(MANIFEST), {MANIFEST}),
    "no list that can be read": (put(MANIFEST, b"{"), {MANIFEST}),
    "a key of the list twice": (put(MANIFEST, b'{"format": 2, "format": 2}'), {MANIFEST}),
    "a list of another format": (in_list(lambda about: about.update(format=1)), {MANIFEST}),
    "a file listed twice": (in_list(_twice), {MANIFEST}),
    "no hashes beside the list": (dropped(SUMS), {SUMS}),
    "other hashes beside the list": (put(SUMS), {SUMS}),
    "another seed": (in_draw("draw.json", json_of(lambda a: a["draws"][0].update(seed="00"))), {DRAW}),
    "another seed in the list": (figure("figures", "draws", 0, "seed", value="00"), {DRAW}),
    "a record less in the frame": (in_draw("frame.csv", without), {DRAW}),
    "a sample in another order": (in_draw("sample.csv", another_row), {DRAW}),
    "a sampled record less": (in_draw("sample.csv", without), {DRAW}),
    "a proof less": (in_draw("proofs.json", json_of(lambda a: a["proofs"].pop())), {DRAW}),
    "another leaf": (in_draw("proofs.json", json_of(lambda a: a["proofs"][0].update(leaf="00" * 32))), {DRAW}),
    "a root of another log": (in_draw("checkpoint.txt", lambda c: c.replace(b"\n", b"\n1", 1)), {DRAW}),
    "another script with the draw": (in_draw("verify_draw.py", lambda c: c + b"#"), {DRAW}),
    "draws that are no ZIP": (no_zip, {DRAW}),
    "another frame in the list": (figure("frame_hash", value="0" * 64), {DRAW}),
    "more people in the list": (figure("figures", "people", "total", value=9), {DRAW}),
    "more months in the list": (figure("figures", "months", "audited", value=5), {DRAW}),
    "fewer required than the rule asks": (figure("figures", "records", "required", value=1), {AGENCY}),
    "more required than audited": (figure("figures", "people", "required", value=99), {AGENCY}),
    "another figure of the rule": (in_list(_rule), {AGENCY}),
    "an audit that is not the agency's": (figure("period", value="2025H2"), {"audits", AGENCY, DRAW}),
    "a code that is not of the hash": (figure("code", value="0000-0000-0000"), {"audits", f"{PAPER}.odt"}),
    "a unit's audit of another quarter": (in_list(_no_units), {"audits", UNIT, f"{UNIT}/抽樣.zip"}),
    "a unit's paper for another's": (one_unit_paper_for_another, {f"{UNIT}/附件二_單位稽核紀錄表.odt"}),
    "another letter": (in_list(lambda about: about.update(letter_no="府授地資字第1156099999號")), {f"{PAPER}.odt"}),
    "a correction of nothing": (in_list(lambda about: about.update(number=2)), {"correction"}),
}  # fmt: skip
"""What is done to a good package, and the only places that the script may then name."""


def test_the_scripts_stand_alone() -> None:
    for script in SCRIPTS:
        source = script.read_text(encoding="utf-8")
        imports = re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)
        assert set(imports) <= set(sys.stdlib_module_names)


@ON_SQLITE
@pytest.mark.attack("ledger")
def test_a_good_package_passes_and_of_a_damaged_one_the_place_is_named(
    sent: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world, audit_id, _ = sent
    content = export_package(world.actor("reviewer"), audit_id)
    package, folder = tmp_path / "package.zip", tmp_path / "package"
    package.write_bytes(content)
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    script = folder / "verify_package.py"
    good = unzipped(content)
    manifest = hashlib.sha256(good[MANIFEST]).hexdigest()
    for args in ((), (folder,), (package,)):
        code, bad, said = run(script, *args)
        assert code == 0 and bad == [], said
        assert said.endswith(f"OK: list {manifest}\n") and said.count("SEALED: ") == 4

    assert len(DAMAGES) >= 30
    for name, (damage, places) in DAMAGES.items():
        files = dict(good)
        damage(files)
        assert files != good, name
        package.write_bytes(zipped(files))
        # The same script, without a process for each.
        assert not verify_package.verify(package), name
        said = capsys.readouterr().out
        assert set(_places(said)) == places, f"{name}: {said}"


@ON_SQLITE
@pytest.mark.attack("ledger")
def test_what_only_a_zip_or_only_a_folder_can_be_damaged_by(sent: Package, tmp_path: Path) -> None:
    world, audit_id, _ = sent
    content = export_package(world.actor("reviewer"), audit_id)
    package, folder = tmp_path / "package.zip", tmp_path / "package"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    script = folder / "verify_package.py"

    link = zipfile.ZipInfo(f"{AGENCY}/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    for info, place in (
        (zipfile.ZipInfo(f"{PAPER}.pdf"), f"{PAPER}.pdf"),
        (link, f"{AGENCY}/link"),
    ):
        package.write_bytes(content)
        with (
            pytest.warns() if place.endswith("pdf") else contextlib.nullcontext(),
            zipfile.ZipFile(package, "a") as archive,
        ):
            archive.writestr(info, b"/etc/passwd")
        code, bad, said = run(script, package)
        assert code == 1 and set(bad) == {place}, said
    start = content.index(b"%PDF-1.4 agency")
    package.write_bytes(content[:start] + b"%PDX" + content[start + 4 :])  # without its checksum
    code, bad, said = run(script, package)
    assert code == 1 and set(bad) == {f"{AGENCY}/佐證/2_會議紀錄.pdf"}, said
    # What is left of a ZIP ends in a ZIP that was in it, or in none.
    for length, place in ((len(content) // 2, MANIFEST), (100, str(package))):
        package.write_bytes(content[:length])
        code, bad, said = run(script, package)
        assert code == 1 and bad == [place], said

    (folder / f"{AGENCY}/link").symlink_to("/etc/passwd")
    code, bad, said = run(script)
    assert code == 1 and bad == [f"{AGENCY}/link"], said
