"""Check that drawn and picked records are in the sealed log, with the standard library only.

    python3 verify_proofs.py [--unsealed] [FOLDER]

Every leaf hash must lead to the root of the checkpoint (RFC 6962), and every record that was drawn, or picked
by judgement, must have its proof; with --unsealed those not sealed yet may lack it. No lot says what was
picked: compare the printed number with the signed audit. The leaf's text holds names and is not here: whoever
may see a record can have its hash shown from the system. The standard library cannot check the Ed25519
signature: compare the root with that on the signed audit or in the operator's file, or use a signed-note tool.
"""

import base64
import csv
import hashlib
import json
import pathlib
import sys
from typing import Any


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that a path leads to (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size or any(len(step) != 32 for step in (leaf, *path)):
        raise ValueError("proofs.json: no path in a tree of this size")
    first, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise ValueError("proofs.json: a path is too long")
        if first % 2 or first == last:
            found = node(step, found)
            while first and first % 2 == 0:
                first, last = first // 2, last // 2
        else:
            found = node(found, step)
        first, last = first // 2, last // 2
    if last:
        raise ValueError("proofs.json: a path is too short")
    return found


def rows_of(path: pathlib.Path) -> list[tuple[str, ...]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [tuple(row) for row in csv.reader(file)] or [()]


def picked_from_frame(folder: pathlib.Path) -> set[int]:
    (head, *frame), (columns, *picks) = (rows_of(folder / f"{n}.csv") for n in ("frame", "picks"))
    if columns != head:
        raise ValueError(f"picks.csv: columns are {columns}, expected {head}")
    if len(set(picks)) != len(picks):
        raise ValueError("picks.csv: a record stands twice")
    if outside := sorted(set(picks) - set(frame)):
        raise ValueError(f"picks.csv: {outside[0]} is not in frame.csv")
    return {int(row[0]) for row in picks}


def verify(folder: pathlib.Path, drawn: set[int], unsealed: bool = False) -> str:
    about: dict[str, Any] = json.loads((folder / "proofs.json").read_text(encoding="utf-8"))
    if about["format"] != 2:
        raise ValueError(f"proofs.json: format {about['format']} has a script of its own beside it")
    picked = picked_from_frame(folder)
    waiting = set(about["not_sealed"])
    proved = [proof["record_id"] for proof in about["proofs"]]
    once = len(set(proved)) == len(proved) and not set(proved) & waiting
    if not once or set(proved) | waiting != drawn | picked:
        raise ValueError("proofs.json: not one proof for every drawn or picked record")
    if waiting and not unsealed:
        raise ValueError(f"proofs.json: not sealed yet: {sorted(waiting)} (see --unsealed)")
    if not proved:
        return "NOT SEALED: no drawn or picked record is under a checkpoint yet"
    lines = (folder / "checkpoint.txt").read_text(encoding="utf-8").split("\n")
    size, root = int(lines[1]), base64.b64decode(lines[2])
    if (about["size"], about["root"]) != (size, root.hex()):
        raise ValueError("proofs.json: not made for the checkpoint of checkpoint.txt")
    places = {proof["index"] for proof in about["proofs"]}
    if len(places) != len(proved):
        raise ValueError("proofs.json: two records at one place of the log")
    for proof in about["proofs"]:
        path = [bytes.fromhex(step) for step in proof["path"]]
        if root_from(bytes.fromhex(proof["leaf"]), proof["index"], size, path) != root:
            raise ValueError(f"proofs.json: record {proof['record_id']} is not under the root")
    late = f"; picked by judgement: {len(picked)}"
    late += f"; not sealed yet: {sorted(waiting)}" if waiting else ""
    return f"SEALED: {len(proved)} records under root {root.hex()} of {size} leaves{late}"


if __name__ == "__main__":
    try:
        here = pathlib.Path(*[one for one in sys.argv[1:] if one != "--unsealed"][:1])
        with open(here / "sample.csv", encoding="utf-8-sig", newline="") as file:
            drawn = {int(row["record_id"]) for row in csv.DictReader(file)}
            print(verify(here, drawn, "--unsealed" in sys.argv))
    except (ValueError, LookupError, TypeError, OSError) as error:
        sys.exit(f"DIFFERENT: {type(error).__name__}: {error}")
