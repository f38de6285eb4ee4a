"""The checkpoints in the database and in the file outside it, and that both say the same."""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import ROOT, engine, sqlite_file
from data.models import LedgerCheckpoint
from services.errors import Conflict
from services.ledger import note
from services.ledger.note import Checkpoint


class LedgerFault(Conflict):
    """Stored rows, hashes or checkpoints are not what was sealed; the sentence names the first."""


_LOCK_PATIENCE = 60.0


def file_path() -> Path:
    """Return where checkpoints are kept outside the database.

    ``LEDGER_CHECKPOINTS``, or a file beside an SQLite database, or one under ``var/``.
    """
    if given := os.environ.get("LEDGER_CHECKPOINTS"):
        return Path(given)
    if file := sqlite_file(engine().url):
        return file.with_suffix(".checkpoints.txt")
    return ROOT / "var" / "checkpoints.txt"


@contextmanager
def locked(patience: float = _LOCK_PATIENCE) -> Iterator[None]:
    """Let one process at a time seal, or read what must not be half written.

    Raises Conflict when another one does not finish within ``patience`` seconds. Writers of usage
    records and events take no notice of it.
    """
    path = file_path().with_name(f"{file_path().name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + patience
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise Conflict("另一個封存或驗證還在進行；請稍後再試。") from None
                time.sleep(0.05)
        yield


def stored(db: Session) -> Sequence[LedgerCheckpoint]:
    """Return the checkpoints of the database, the first one first."""
    return db.scalars(select(LedgerCheckpoint).order_by(LedgerCheckpoint.number)).all()


def row_of(checkpoint: Checkpoint, text: str) -> LedgerCheckpoint:
    """Return the row that keeps a checkpoint."""
    return LedgerCheckpoint(
        number=checkpoint.number,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        usage_through=checkpoint.usage_through,
        usage_count=checkpoint.usage_count,
        event_through=checkpoint.event_through,
        event_count=checkpoint.event_count,
        sealed_at=checkpoint.sealed_at,
        note=text,
    )


def read_stored(row: LedgerCheckpoint, key: Ed25519PublicKey) -> Checkpoint:
    """Return a stored checkpoint; LedgerFault unless it is signed and the columns say the same."""
    label = f"資料庫的第 {row.number} 號檢查點"
    return _read(row.note, key, label, wanted=row)


def _read(
    text: str, key: Ed25519PublicKey, label: str, wanted: LedgerCheckpoint | None = None
) -> Checkpoint:
    try:
        checkpoint = note.read(text)
    except ValueError:
        raise LedgerFault(f"{label}的內容不是檢查點，已遭更動。") from None
    if not note.is_signed(text, key):
        if note.signer(text) not in ("", note.key_id(key).hex()):
            raise LedgerFault(f"{label}是以另一把金鑰簽章的。")
        raise LedgerFault(f"{label}的簽章不符，已遭更動。")
    if wanted is not None and _columns(row_of(checkpoint, text)) != _columns(wanted):
        raise LedgerFault(f"{label}的欄位與簽章所載不同，已遭更動。")
    return checkpoint


def _columns(row: LedgerCheckpoint) -> list[object]:
    return [getattr(row, column.name) for column in LedgerCheckpoint.__table__.columns]


def text_of(notes: Sequence[str]) -> str:
    """Return the file that holds these notes: each followed by an empty line."""
    return "".join(f"{held}\n" for held in notes)


def read_file(path: Path) -> str:
    """Return the file as it is; LedgerFault when it is no text at all. Missing is empty."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise LedgerFault(f"檢查點檔 {path} 不是文字檔，已遭更動。") from None


def compare(notes: Sequence[str], content: str, key: Ed25519PublicKey) -> None:
    """Raise LedgerFault, naming the first difference, unless the file holds exactly these notes."""
    if content == text_of(notes):
        return
    parts = content.split("\n\n")
    kept = [f"{text}\n\n{signed}\n" for text, signed in zip(parts[::2], parts[1::2], strict=False)]
    for place, text in enumerate(kept, 1):
        if place > len(notes):
            _read(text, key, f"檢查點檔的第 {place} 則")
            raise LedgerFault(
                f"檢查點檔有第 {place} 號檢查點，資料庫卻沒有；資料庫可能被清空或還原成較舊的內容。"
            )
        if text != notes[place - 1]:
            raise LedgerFault(_difference(text, place, key))
    if len(kept) < len(notes):
        raise LedgerFault(
            f"檢查點檔缺少第 {len(kept) + 1} 號檢查點（資料庫有 {len(notes)} 號）；"
            "檔案不見、被截短，或是較舊的檔案。"
        )
    raise LedgerFault(f"檢查點檔在第 {len(kept)} 號檢查點之後有多餘的內容，已遭更動。")


def _difference(text: str, place: int, key: Ed25519PublicKey) -> str:
    try:
        found = _read(text, key, f"檢查點檔的第 {place} 則")
    except LedgerFault as fault:
        return str(fault)
    if found.number != place:
        return f"檢查點檔的第 {place} 則是第 {found.number} 號檢查點；順序被更動，或中間被刪除。"
    return (
        f"第 {place} 號檢查點在資料庫與檔案中不同（檔案：{found.size} 筆，根 {note.short(found.root)}）；"
        "紀錄可能在封存後遭更動並重新封存。"
    )


def repair(notes: Sequence[str], content: str) -> None:
    """Complete the file when a seal was cut off before, or while, it wrote the last checkpoint."""
    wanted = text_of(notes)
    if notes and wanted.startswith(content) and len(content) >= len(text_of(notes[:-1])):
        append(wanted.encode()[len(content.encode()) :])


def append(more: bytes) -> None:
    """Add to the file and wait until it is on the disk."""
    path = file_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(more)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # a new file's name is on the disk only with its folder
    finally:
        os.close(folder)
