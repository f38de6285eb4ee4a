"""The folder of files beside the database: each under the SHA-256 of what it holds, for its owner only.

Nothing here knows what the bytes are; `services.documents.file_store` encrypts and checks them. A file
appears whole or not at all: it is written aside and renamed into place.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.engine import ROOT, engine, sqlite_file

_NAME = re.compile(r"[0-9a-f]{64}")
_HALVES = "[0-9a-f][0-9a-f]"


def folder() -> Path:
    """Return ``FILES_DIR``, or ``files`` beside an SQLite database, or ``var/files``."""
    if given := os.environ.get("FILES_DIR"):
        return Path(given)
    file = sqlite_file(engine().url)
    return (file.parent if file else ROOT / "var") / "files"


def path_of(sha256: str) -> Path:
    """Return where a file lies; ValueError for anything but a hash, so that no name leads elsewhere."""
    if not _NAME.fullmatch(sha256):
        raise ValueError(f"not a SHA-256: {sha256!r}")
    return folder() / sha256[:2] / sha256[2:4] / sha256


def has(sha256: str) -> bool:
    """Whether the file is there."""
    return path_of(sha256).is_file()


def read(sha256: str) -> bytes | None:
    """Return the stored bytes; None where there is no such file."""
    try:
        return path_of(sha256).read_bytes()
    except FileNotFoundError:
        return None


def write(sha256: str, content: bytes) -> None:
    """Store bytes in place of what may lie there, and wait until they are on the disk."""
    path = path_of(sha256)
    for parent in (folder(), path.parent.parent, path.parent):
        _make(parent)
    aside = path.with_name(f".{sha256}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _settle(path.parent)


def remove(sha256: str) -> bool:
    """Take a file away for good; return whether it was there.

    It is overwritten first, so that no tool for lost files brings it back; a disk that writes elsewhere
    still holds what is encrypted.
    """
    path = path_of(sha256)
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return False
    path.unlink()
    _settle(path.parent)
    return True


def stored() -> Iterator[tuple[str, float]]:
    """Yield every file's hash and the moment of its writing (seconds since 1970), in the order of the hashes."""
    for path in sorted(folder().glob(f"{_HALVES}/{_HALVES}/*")):
        if _NAME.fullmatch(path.name):
            yield path.name, path.stat().st_mtime


def remove_leftovers(before: float) -> None:
    """Remove what writers that were killed have left aside; nobody is still at work on it since ``before``."""
    for aside in folder().glob(f"{_HALVES}/{_HALVES}/.*"):
        if aside.stat().st_mtime < before:
            aside.unlink(missing_ok=True)


def try_writing() -> None:
    """Write and remove an empty file; OSError where this process cannot."""
    _make(folder())
    trial = folder() / f".trial.{secrets.token_hex(4)}"
    os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    trial.unlink()


@contextmanager
def changing() -> Iterator[None]:
    """Let one process at a time encrypt files anew or remove them: none comes back after its removal."""
    _make(folder())
    descriptor = os.open(folder() / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make(place: Path) -> None:
    if place.is_dir():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.mkdir(mode=0o700, exist_ok=True)
    _settle(place.parent)


def _settle(place: Path) -> None:
    """Wait until the names in a folder are on the disk too."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
