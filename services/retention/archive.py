"""The archive of a purge: one ZIP of JSON lines, written, read back and held against the database.

``usage_records.jsonl`` has the leaf of each usage record, the very text that the ledger sealed; every
other table has a file with an object a row. ``manifest.json`` comes last and says what there is.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import IO

from sqlalchemy.orm import Session

from services.errors import Conflict
from services.ledger import checkpoints, naming, proofs, purges, rows
from services.ledger.archived import MEMBER, UNREADABLE, lines_of, sha256_of
from services.ledger.id_runs import IdRuns
from services.ledger.rows import Log, Row
from services.retention.parts import FILE_COLUMNS, FILES, PARTS, all_lines
from services.retention.plan import Plan

FORMAT = 1
MANIFEST = "manifest.json"
_AT_ONCE = 1 << 13


@dataclass(frozen=True)
class Written:
    """How many lines each file has, and the SHA-256 of all of them, by the name of the table."""

    rows: int
    sha256: str


def create(path: Path) -> IO[bytes]:
    """Make the file, readable by its owner only; Conflict when there is one already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict(f"封存檔 {path} 已經存在，不會覆寫；請指定別的檔名。") from None
    except OSError as error:
        raise Conflict(
            f"無法在 {path} 建立封存檔（{error.strerror}）；沒有清除任何紀錄。"
        ) from None
    return os.fdopen(descriptor, "wb")


def write(db: Session, file: IO[bytes], plan: Plan, at: datetime) -> dict[str, Written]:
    """Write everything that goes, and wait until it is on the disk."""
    written: dict[str, Written] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        records = (content for _, content in records_of(db, plan.runs))
        written["usage_records"] = _write_lines(archive, MEMBER, records)
        for name, content in all_lines(db, plan.going):
            written[name] = _write_lines(archive, f"{name}.jsonl", content)
        archive.writestr(MANIFEST, _manifest(db, plan, at, written))
    file.flush()
    os.fsync(file.fileno())
    return written


def _write_lines(archive: zipfile.ZipFile, member: str, content: Iterable[bytes]) -> Written:
    count, digest = 0, hashlib.sha256()
    with archive.open(zipfile.ZipInfo(member), "w", force_zip64=True) as file:
        for line in content:
            file.write(line + b"\n")
            digest.update(line + b"\n")
            count += 1
    return Written(count, digest.hexdigest())


def _manifest(db: Session, plan: Plan, at: datetime, written: dict[str, Written]) -> bytes:
    checkpoint = proofs.newest(db)
    about = {
        "format": FORMAT,
        "before": plan.before.isoformat(),
        "at": at.isoformat(),
        "records": plan.records,
        "record_ids": plan.record_ids,
        "audits": plan.going.audits,
        "incidents": plan.going.incidents,
        "leaf": {"version": rows.FORMAT, "columns": Log.USAGE.columns},
        "columns": {part.name: part.columns for part in PARTS} | {FILES: FILE_COLUMNS},
        "tables": {name: {"rows": of.rows, "sha256": of.sha256} for name, of in written.items()},
        "checkpoint": proofs.note_of(db, checkpoint) if checkpoint else "",
    }
    return json.dumps(about, ensure_ascii=False, indent=1).encode()


def records_of(db: Session, runs: IdRuns) -> Iterator[Row]:
    """Yield the usage records of the runs with the content of their leaves."""
    if not len(runs):
        return
    after = runs.first - 1
    while chunk := rows.read(db, Log.USAGE, after, runs.last, _AT_ONCE):
        goes = runs.among([id_ for id_, _ in chunk])
        yield from (row for row, is_going in zip(chunk, goes, strict=True) if is_going)
        after = chunk[-1][0]


def verify(db: Session, path: Path, plan: Plan, written: dict[str, Written]) -> str:
    """Read the archive back from the disk, hold it against the database, and return its SHA-256.

    Raises Conflict when it does not hold every row as it is stored, and LedgerFault, naming the
    record, when a usage record is not what was sealed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _same(lines_of(archive, MEMBER), (line for _, line in records_of(db, plan.runs)), path)
            for name, content in all_lines(db, plan.going):
                _same(lines_of(archive, f"{name}.jsonl"), content, path)
            about = json.loads(archive.read(MANIFEST))
        digest = sha256_of(path)
    except UNREADABLE:
        raise differs(path) from None
    if {name: Written(**of) for name, of in about["tables"].items()} != written:
        raise differs(path)
    wrong = purges.first_not_as_sealed(db, records_of(db, plan.runs))
    if wrong is not None:
        raise checkpoints.LedgerFault(naming.differs(Log.USAGE, wrong))
    if written["usage_records"].rows != plan.records:
        raise differs(path)
    return digest


def _same(found: Iterator[bytes], stored: Iterator[bytes], path: Path) -> None:
    if any(one != other for one, other in zip_longest(found, stored)):
        raise differs(path)


def differs(path: Path) -> Conflict:
    """Return the error that the archive is not what is stored."""
    return Conflict(
        f"封存檔 {path} 讀回的內容與資料庫不符：準備期間有變動，或磁碟有問題；"
        "沒有清除任何紀錄，請再執行一次。"
    )


def still_the_same(db: Session, plan: Plan, written: dict[str, Written]) -> bool:
    """Whether everything but the usage records, which nobody can change, is as it was archived."""
    for name, content in all_lines(db, plan.going):
        count, digest = 0, hashlib.sha256()
        for line in content:
            digest.update(line + b"\n")
            count += 1
        if Written(count, digest.hexdigest()) != written[name]:
            return False
    return True
