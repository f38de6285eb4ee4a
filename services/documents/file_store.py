"""The one store of files that people hand in: each lies once, encrypted, under the SHA-256 of its bytes.

Rows name a file by that hash, and several may name the same one. A file is written before the transaction
that names it commits: one without a row does no harm and is swept at night
(`services.operation.sweeping`), a row without its file is a fault that the reading tells.
"""

import hashlib
import logging
from collections.abc import Iterable

from cryptography.fernet import InvalidToken
from sqlalchemy import BigInteger, cast, func, literal, select, true, union
from sqlalchemy.orm import Session

from data import files
from data.engine import transaction
from data.models import Evidence, KeptDocument
from services.errors import Busy, Conflict, Held
from services.installation import keys
from services.installation.alerts import alert

log = logging.getLogger("cadastre.files")

_NAMING = (
    (Evidence.sha256, true()),
    (KeptDocument.sha256, KeptDocument.destroyed_at.is_(None)),
)
"""Whose rows name files: the column, and which rows still do. A new kind of owner is added here."""


def put(db: Session, content: bytes) -> str:
    """Keep bytes before the caller's transaction commits; return their SHA-256, to be named in a row.

    Raises Conflict, after an alert, where the disk does not take them.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    _hold(db, sha256, alone=False)
    try:
        if get(sha256) is None:
            if files.has(sha256):
                alert("a stored file was not what its hash says and is written anew", sha256=sha256)
            files.write(sha256, keys.data_cipher().encrypt(content))
    except OSError as error:
        raise unwritable(error) from error
    return sha256


def get(sha256: str) -> bytes | None:
    """Return the bytes; None where they are gone, cannot be decrypted, or are not those of the hash."""
    sealed = files.read(sha256)
    return None if sealed is None else _opened(sha256, sealed)


def has(sha256: str) -> bool:
    """Whether something lies there; only `get` says whether it is sound."""
    return files.has(sha256)


def is_sound(sha256: str, sealed: bytes) -> bool:
    """Whether encrypted bytes are those of the hash."""
    return _opened(sha256, sealed) is not None


def named(db: Session) -> set[str]:
    """Return the hashes that rows name."""
    return set(db.scalars(union(*(select(column).where(still) for column, still in _NAMING))))


def remove(db: Session, sha256: str) -> bool:
    """Take a file away unless a row names it; return whether it went.

    The caller's transaction has let go of its own row, and is committed, before this one begins.
    """
    _hold(db, sha256, alone=True)
    for column, still in _NAMING:
        if db.scalar(select(column).where(column == sha256, still).limit(1)) is not None:
            return False
    with files.changing():
        return files.remove(sha256)


def let_go(hashes: Iterable[str]) -> None:
    """Take away what the rows of a committed transaction named, as far as no other row does.

    What cannot be removed now stays for the night; the act itself is done and is not undone for it.
    """
    for sha256 in sorted(set(hashes)):
        try:
            with transaction() as db:
                remove(db, sha256)
        except (Busy, Held) as error:
            log.warning("file %s is left for the night: %s", sha256, error)
        except OSError as error:
            alert("a file that nobody names any more cannot be removed", sha256=sha256, cause=error)


def opens(sha256: str) -> bool:
    """Whether a key of DATA_KEYS opens the file; one that is gone needs none."""
    sealed = files.read(sha256)
    if sealed is None:
        return True
    try:
        keys.data_cipher().decrypt(sealed)
    except InvalidToken:
        return False
    return True


def encrypt_anew(sha256: str) -> bool:
    """Encrypt a file with the first of DATA_KEYS; return whether it is still there."""
    with files.changing():
        sealed = files.read(sha256)
        if sealed is not None:
            files.write(sha256, keys.data_cipher().rotate(sealed))
        return sealed is not None


def unwritable(error: OSError) -> Conflict:
    """Tell the operator that files cannot be written, and return what the user is told."""
    alert("files cannot be stored", folder=files.folder(), cause=error.strerror)
    return Conflict(
        "檔案無法寫入系統的檔案資料夾，沒有收存也沒有變更任何資料；已通知系統維運人員，請稍後再試。"
    )


def _opened(sha256: str, sealed: bytes) -> bytes | None:
    try:
        content = keys.data_cipher().decrypt(sealed)
    except InvalidToken:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _hold(db: Session, sha256: str, *, alone: bool) -> None:
    """Keep a file from being removed between its writing and the commit of the row that names it.

    SQLite's one writer needs no more. Writers of the same file do not wait for each other.
    """
    if db.connection().dialect.name != "postgresql":
        return
    lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    number = int(sha256[:16], 16) - 2**63
    db.execute(select(lock(cast(literal(number), BigInteger))))
