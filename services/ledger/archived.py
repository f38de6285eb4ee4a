"""The usage records in the archive of a purge: each line is the very leaf that was sealed."""

import hashlib
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import select

from data.engine import reading
from data.models import Purge
from services.ledger import naming, purges
from services.ledger.id_runs import IdRuns
from services.ledger.rows import Log, Row

MEMBER = "usage_records.jsonl"
UNREADABLE = (
    *(OSError, LookupError, ValueError, OverflowError, EOFError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading a damaged archive raises."""


def sha256_of(path: Path) -> str:
    """Return the hash of a file, however large."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def lines_of(archive: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    """Yield the lines of one file of an archive, without their line feeds."""
    with archive.open(member) as file:
        for line in file:
            yield line.rstrip(b"\n")


def fault_of(path: Path) -> str | None:
    """Return what is wrong with the archive at ``path``, or None; names the first row that is not as sealed."""
    label = f"封存檔 {path.name} "
    ids = array("q")
    try:
        with reading() as db, zipfile.ZipFile(path) as archive:
            wrong = purges.first_not_as_sealed(db, _rows(archive, ids))
    except UNREADABLE:
        return f"{label}讀不出來，已毀損或遭更動。"
    if wrong is not None:
        return f"{label}的{naming.differs(Log.USAGE, wrong)}"
    digest = sha256_of(path)
    with reading() as db:
        row = db.scalar(select(Purge).where(Purge.archive_sha256 == digest))
        if row is None:
            return f"{label}的雜湊值與任何一次清除所記的都不同，已遭更動，或不是本系統清除時寫出的檔案。"
        if IdRuns.of(np.array(ids, dtype=np.int64)).text != row.record_ids:
            return f"{label}所含的使用紀錄與第 {row.id} 號清除紀錄所列的不同。"
    return None


def _rows(archive: zipfile.ZipFile, ids: "array[int]") -> Iterator[Row]:
    """Yield the rows of the archive, and note their numbers."""
    for line in lines_of(archive, MEMBER):
        id_ = int(line.split(b",", 3)[2])
        ids.append(id_)
        yield id_, line
