"""Repeat an exported draw with the standard library only: python3 verify_draw.py [--unsealed] [FOLDER]

Derives hash, tickets, sample anew, has verify_proofs.py check these records and the picks against the sealed
log, and exits 0; or names the first difference and exits 1. Records not sealed yet are one, unless --unsealed.
Compare the printed frame hash and root with the audit's own: that ties these files to it.
"""

import csv
import hashlib
import json
import pathlib
import runpy
import sys
from typing import Any


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def ticket(seed_hash: str, record: int) -> str:
    return "0." + str(int(sha256(seed_hash + str(record)), 16)).zfill(64)[::-1]


def rows_of(path: pathlib.Path, columns: list[str]) -> list[list[str]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        head, *rows = list(csv.reader(file)) or [[]]
    if head != columns:
        raise ValueError(f"{path.name}: columns are {head}, expected {columns}")
    return rows


def take_sample(
    frame: dict[int, tuple[str, str]], draw: dict[str, Any], drawn: set[int]
) -> list[list[str]]:
    """Return [record, account, month, ticket, rank, basis] in the order in which they are taken."""
    seed_hash = sha256(f"{draw['seed']}:{draw['frame_hash']}")
    ranked = sorted((ticket(seed_hash, record), record) for record in frame)
    rank = {record: (text, place) for place, (text, record) in enumerate(ranked, 1)}
    order = [record for _, record in ranked]
    if draw["kind"] == "expansion":
        left = [record for record in order if record not in drawn]
        taken = [(record, "expansion") for record in left[: draw["base_records"]]]
    else:
        taken = [(record, "base") for record in order[: draw["base_records"]]]
        for month in [] if draw["spot"] else sorted({month for _, month in frame.values()}):
            if month not in {frame[record][1] for record, _ in taken}:
                first = next(record for record in order if frame[record][1] == month)
                taken.append((first, "month"))
        people = {frame[record][0] for record, _ in taken}
        for record in order:
            if len(people) < draw["users_floor"] and frame[record][0] not in people:
                people.add(frame[record][0])
                taken.append((record, "person"))
    return [
        [str(draw["number"]), str(place), str(record), *frame[record],
         rank[record][0], str(rank[record][1]), basis]
        for place, (record, basis) in enumerate(taken, 1)
    ]  # fmt: skip


def verify(folder: pathlib.Path, unsealed: bool = False) -> str:
    about = json.loads((folder / "draw.json").read_text(encoding="utf-8"))
    rows = rows_of(folder / "frame.csv", ["record_id", "account_id", "month"])
    frame = {int(record): (account, month) for record, account, month in rows}
    lines = [f"{record},{account},{month}" for record, (account, month) in sorted(frame.items())]
    if len(frame) != len(rows) or len(frame) != about["frame_records"]:
        raise ValueError(f"frame.csv: {len(rows)} rows, draw.json says {about['frame_records']}")
    if sha256("\n".join(lines)) != about["frame_hash"]:
        raise ValueError("frame.csv: its SHA-256 is not the frame_hash of draw.json")
    columns = ["draw", "position", "record_id", "account_id", "month", "ticket", "rank", "basis"]
    given = rows_of(folder / "sample.csv", columns)
    derived, drawn = list[list[str]](), set[int]()
    for draw in about["draws"]:
        if draw["frame_hash"] != about["frame_hash"]:
            raise ValueError(f"draw.json: draw {draw['number']} is bound to another frame")
        drawn = drawn if draw["kind"] == "expansion" else set()
        draw["spot"] = about.get("kind") == "spot"  # 7.1.4: without floors
        sample = take_sample(frame, draw, drawn)
        drawn |= {int(row[2]) for row in sample}
        derived += sample
    for place, (want, have) in enumerate(zip(derived, given, strict=False), 2):
        if want != have:
            raise ValueError(f"sample.csv line {place}: {have} should be {want}")
    if len(derived) != len(given):
        raise ValueError(f"sample.csv: {len(given)} rows, the draw gives {len(derived)}")
    if about.get("format") != 3:
        raise ValueError("draw.json: another format, which has its own script")
    proofs = runpy.run_path(str(pathlib.Path(__file__).with_name("verify_proofs.py")))
    proved = proofs["verify"](folder, {int(row[2]) for row in given}, unsealed)
    return f"OK: {len(frame)} records, {len(derived)} drawn, frame hash {about['frame_hash']}\n{proved}"


if __name__ == "__main__":
    try:
        args = [one for one in sys.argv[1:] if one != "--unsealed"]
        print(verify(pathlib.Path(*args[:1]), "--unsealed" in sys.argv))
    except (ValueError, LookupError, TypeError, OSError) as error:
        sys.exit(f"DIFFERENT: {type(error).__name__}: {error}")
