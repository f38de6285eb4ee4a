"""The checkpoints in the database and in the file outside it, and that both say the same."""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data.engine import ROOT, engine, sqlite_file
from data.models import Event, LedgerCheckpoint, LedgerTimestamp
from services.errors import Conflict
from services.events import EventType
from services.installation.alerts import alert
from services.ledger import note
from services.ledger.note import Checkpoint


class LedgerFault(Conflict):
    """Stored rows, hashes or checkpoints are not what was sealed; the sentence names the first."""


class Unwritable(Conflict):
    """The file cannot be read or written; what was sealed stays sealed, and the next seal completes it."""


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


def bytes_of(notes: Sequence[str]) -> bytes:
    """Return the file that holds these notes: each followed by an empty line."""
    return "".join(f"{held}\n" for held in notes).encode()


def read_file(path: Path) -> bytes:
    """Return the file as it is. Missing is empty."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def compare(notes: Sequence[str], content: bytes, key: Ed25519PublicKey) -> None:
    """Raise LedgerFault, naming the first difference, unless the file holds exactly these notes."""
    wanted = bytes_of(notes)
    if content == wanted:
        return
    if wanted.startswith(content):
        # Shortened, perhaps inside a character: this is told before anything is read as text.
        whole = next(
            n for n in reversed(range(len(notes))) if content.startswith(bytes_of(notes[:n]))
        )
        raise LedgerFault(_lacks(whole, len(notes)))
    try:
        parts = content.decode().split("\n\n")
    except UnicodeDecodeError:
        raise LedgerFault("檢查點檔不是文字檔，已遭更動。") from None
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
        raise LedgerFault(_lacks(len(kept), len(notes)))
    raise LedgerFault(f"檢查點檔在第 {len(kept)} 號檢查點之後有多餘的內容，已遭更動。")


def _lacks(kept: int, stored: int) -> str:
    return (
        f"檢查點檔缺少第 {kept + 1} 號檢查點（資料庫有 {stored} 號）；"
        "檔案不見、被截短，或是較舊的檔案。"
    )


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


def missing(db: Session, notes: Sequence[str], content: bytes) -> bytes:
    """Return what a seal that was cut off has still to write to the file, or nothing.

    That is the last checkpoint or the end of it, and only while nothing says that it stood in the file
    already: a time stamp is asked for, and a verification succeeds, only after it does. A file that has
    been shortened since is no seal cut off. docs/ledger.md says why completing it is harmless.
    """
    wanted = bytes_of(notes)
    cut_off = notes and wanted.startswith(content) and len(content) >= len(bytes_of(notes[:-1]))
    if not cut_off or _was_in_the_file(db, len(notes)):
        return b""
    return wanted[len(content) :]


def _was_in_the_file(db: Session, number: int) -> bool:
    if db.get(LedgerTimestamp, number) is not None:
        return True
    seen = select(Event.id).where(
        Event.object_type == "ledger",
        Event.object_id == str(number),
        or_(
            (Event.type == EventType.LEDGER_VERIFIED.value) & (Event.outcome == "done"),
            (Event.type == EventType.LEDGER_SEALED.value) & (Event.outcome == "stamped"),
        ),
    )
    return db.scalar(seen.limit(1)) is not None


def append(more: bytes) -> None:
    """Add to the file and wait until it is on the disk."""
    path = file_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, "ab", more)


def write(whole: bytes) -> None:
    """Make the file anew: it is there with all of this, or it is not there."""
    path = file_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    _write(beside, "wb", whole)
    beside.rename(path)
    _settle(path)


def _write(path: Path, mode: str, content: bytes) -> None:
    with path.open(mode) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _settle(path)


def _settle(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # a new file's name is on the disk only with its folder
    finally:
        os.close(folder)


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Alert the operator of a file that cannot be read or written, and raise Unwritable with a sentence.

    ``what`` is what was to be done.
    """
    try:
        yield
    except OSError as error:
        sentence = (
            f"{what}失敗：檢查點檔 {file_path()} 無法讀寫（{error.strerror or type(error).__name__}）。"
            "已簽章的檢查點都在資料庫內，沒有遺失；請騰出空間或排除原因後執行 manage.py seal，檔案就會補齊。"
        )
        alert(sentence)
        raise Unwritable(sentence) from error
