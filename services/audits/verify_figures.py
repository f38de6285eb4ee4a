"""The half of verify_package.py that knows audits: their draws, figures, floors, papers, and corrections.

With the standard library only, like that script, which it lies beside and is run by.
"""

import csv
import hashlib
import io
import json
import math
import pathlib
import tempfile
import zipfile
from collections.abc import Callable
from fractions import Fraction
from typing import Any

TITLES = {
    "agency": "附件三_機關稽核紀錄表",
    "unit": "附件二_單位稽核紀錄表",
    "supplement": "附件二_單位補充稽核紀錄表",
}
DRAW, EVIDENCE, RECORDS = "抽樣.zip", "佐證", "稽核紀錄明細.ods"
DRAW_SCRIPTS = ("verify_draw.py", "verify_proofs.py")
DRAW_FILES = ("draw.json", "frame.csv", "sample.csv", "picks.csv", "proofs.json", "checkpoint.txt")
MOST = 2**30  # bytes that the files of one draw may have unpacked
NOTHING = hashlib.sha256(b"").hexdigest()
Read = Callable[[str], bytes]  # a file of the package, by its path


def same(what: str, listed: Any, found: Any) -> None:
    if listed != found or isinstance(listed, bool) is not isinstance(found, bool):
        raise ValueError(f"{what}: manifest.json says {listed}, the files give {found}")


def check_audits(manifest: dict[str, Any]) -> str:
    """Raise ValueError unless there is one agency audit, and its units' of the two quarters under it."""
    year, half = manifest["period"].split("H")
    quarters = [f"{year}Q{2 * int(half) - 1}", f"{year}Q{2 * int(half)}"]
    audits = manifest["audits"]
    agency = [one for one in audits if one["kind"] == "agency"]
    if [(one["unit"], one["period"]) for one in agency] != [
        (manifest["agency"]["code"], manifest["period"])
    ]:
        raise ValueError("not one agency audit of this agency and half-year")
    for one in audits:
        if one["kind"] != "agency" and one["period"] not in quarters:
            raise ValueError(f"audit {one['audit_id']} is of {one['period']}")
        digits = one["content_hash"][:12]
        if one["code"] != "-".join(digits[at : at + 4] for at in (0, 4, 8)):
            raise ValueError(f"audit {one['audit_id']}: its code is not of its hash")
    units = [(one["unit"], one["period"]) for one in audits if one["kind"] == "unit"]
    for what in (units, *([one[key] for one in audits] for key in ("audit_id", "place"))):
        if len(set(what)) != len(what):
            raise ValueError("an audit stands there twice")
    return f"{len(audits)} audits"


def check_draw(read: Read, path: str, about: dict[str, Any], verify: Callable[..., str]) -> str:
    """Repeat an audit's draws, and hold what the list says of them against them."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        packed = io.BytesIO(read(path))
        with zipfile.ZipFile(packed) as archive:
            names = sorted(archive.namelist())
            if names != sorted(DRAW_FILES + DRAW_SCRIPTS):
                raise ValueError(f"holds {names}")
            if sum(info.file_size for info in archive.infolist()) > MOST:
                raise ValueError(f"more than {MOST} bytes")
            for script in DRAW_SCRIPTS:
                if archive.read(script) != read(script):
                    raise ValueError(f"its {script} is not that of the package")
            for one in DRAW_FILES:
                (folder / one).write_bytes(archive.read(one))
        said = verify(folder)
        draw = json.loads((folder / "draw.json").read_text(encoding="utf-8"))
        for key in ("audit_id", "kind", "unit", "frame_hash"):
            same(key, about[key], draw[key])
        same("period", about["period"], draw["quarter"])
        frame, sample = (rows(folder / f"{one}.csv") for one in ("frame", "sample"))
        check_figures(about, draw["draws"], frame, sample)
    return said.replace("\n", "; ")


def rows(path: pathlib.Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def check_figures(
    about: dict[str, Any],
    draws: list[dict[str, Any]],
    frame: list[dict[str, str]],
    sample: list[dict[str, str]],
) -> None:
    """Raise ValueError where the totals, what was audited or the draws are not those of the files."""
    figures = about["figures"]
    whole = [one["number"] for one in draws if one["kind"] != "expansion"]
    drawn = [
        {
            "number": one["number"],
            "seed": one["seed"],
            "size": sum(row["draw"] == str(one["number"]) for row in sample),
            "in_force": one["number"] >= whole[-1],
        }
        for one in draws
    ]
    same("draws", figures["draws"], drawn)
    held = [row for row in sample if int(row["draw"]) >= whole[-1]]
    for what, column in (("people", "account_id"), ("records", "record_id"), ("months", "month")):
        found, taken = ({row[column] for row in lot} for lot in (frame, held))
        same(f"{what} audited", figures[what]["audited"], len(taken))
        if about["kind"] != "agency" or what != "months":  # the agency's also outside of its frame
            same(f"{what} in all", figures[what]["total"], len(found))


def check_floors(about: dict[str, Any], regulation: dict[str, Any]) -> str:
    """Raise ValueError unless what had to be audited follows from the rule's figures, and was audited."""
    rule = {one["name"]: Fraction(one["value"]) for one in regulation[about["period"]]}
    people, records, months = (about["figures"][one] for one in ("people", "records", "months"))
    if about["kind"] == "agency":
        of = about["figures"]["units"]
        least = math.ceil(rule["機關應稽核筆數比率"] * of["records"])
        heads = math.ceil(rule["機關應稽核人數比率"] * of["people"])
    else:
        same("months required", months["required"], months["total"])
        least = math.ceil(rule["未達門檻應稽核筆數比率"] * records["total"])
        least = min(records["total"], max(int(rule["應稽核筆數下限"]), least))
        if records["total"] >= rule["單位每季筆數門檻"]:
            least = int(rule["達門檻應稽核筆數"])
        heads = math.ceil(rule["單位應稽核人數比率"] * people["counted"])
    heads = min(heads, people["total"])
    for what, one, floor in (("records", records, least), ("people", people, heads)):
        # What a missing unit would have had to audit adds to an agency's.
        if about["kind"] != "agency" or one["required"] < floor:
            same(f"{what} required", one["required"], floor)
    if not about["figures"]["draws"]:
        same("frame_hash", about["frame_hash"], NOTHING)
        same("records in all", records["total"], 0)
    for what, one in (("people", people), ("records", records)):
        if one["audited"] < one["required"]:
            raise ValueError(f"{what}: {one['audited']} audited, {one['required']} required")
    return f"{records['audited']} of {records['total']} records, {people['audited']} people"


def check_paper(read: Read, path: str, bears: list[str]) -> str:
    """Raise ValueError unless the form bears the code of what was signed, and an agency's its letter."""
    with zipfile.ZipFile(io.BytesIO(read(path))) as paper:
        if paper.getinfo("content.xml").file_size > MOST:
            raise ValueError(f"more than {MOST} bytes")
        text = paper.read("content.xml").decode("utf-8")
    for one in bears:
        if not one or one not in text:
            raise ValueError(f"does not bear {one}")
    return f"bears {', '.join(bears)}"


def check_correction(manifest: dict[str, Any], earlier: str | None) -> str:
    """Raise ValueError unless a corrected package names the one before it, and says why."""
    number, before, why = (manifest[key] for key in ("number", "replaces", "correction"))
    if number == 1:
        same("replaces", before, None)
        if earlier:
            raise ValueError("this is the first package, and takes no other's place")
        return "the first package"
    same("number", number, before["number"] + 1)
    if why["kind"] not in ("material", "clerical") or not (why["reason"] and why["asked_by"]):
        raise ValueError("a correction without its kind, reason, or who asked for it")
    if earlier:
        same("replaces", before["manifest_sha256"], earlier)
    return f"number {number}, for number {before['number']} (list {before['manifest_sha256']})"
