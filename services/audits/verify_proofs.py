"""Check that drawn records are in the sealed log, with the standard library only.

    python3 verify_proofs.py [FOLDER]

Reads checkpoint.txt, proofs.json and sample.csv; verify_draw.py runs this too. Every leaf hash must
lead to the root of the checkpoint (RFC 6962), and every drawn record must have its proof or be named
as not sealed yet. The leaf's text holds names and is not here: whoever may see a record can have
its hash shown from the system. The standard library cannot check the Ed25519 signature: compare the
printed root with the one on the signed audit, in the operator's file, or with a signed-note tool.
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


def verify(folder: pathlib.Path, drawn: set[int]) -> str:
    about: dict[str, Any] = json.loads((folder / "proofs.json").read_text(encoding="utf-8"))
    waiting = set(about["not_sealed"])
    proved = [proof["record_id"] for proof in about["proofs"]]
    if len(set(proved)) != len(proved) or set(proved) & waiting or set(proved) | waiting != drawn:
        raise ValueError("proofs.json: not one proof for every drawn record")
    if not proved:
        return "NOT SEALED: no drawn record is under a checkpoint yet"
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
    left = f"; not sealed yet: {sorted(waiting)}" if waiting else ""
    return f"SEALED: {len(proved)} records under root {root.hex()} of {size} leaves{left}"


if __name__ == "__main__":
    try:
        here = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
        with open(here / "sample.csv", encoding="utf-8-sig", newline="") as file:
            print(verify(here, {int(row["record_id"]) for row in csv.DictReader(file)}))
    except (ValueError, LookupError, TypeError, OSError) as error:
        sys.exit(f"DIFFERENT: {type(error).__name__}: {error}")
