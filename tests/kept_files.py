"""The files beside a test's database: copied with it, and looked at and touched behind the services' backs."""

import shutil
from pathlib import Path

from sqlalchemy import select

from data import files
from data.engine import reading
from data.models import Evidence, KeptDocument


def copy_files(source: Path, target: Path) -> None:
    """Let a folder of files hold what another one does, and nothing else."""
    shutil.rmtree(target, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, target)


def copy_database(source: Path, target: Path) -> Path:
    """Copy an SQLite file with the files that lie beside it; return the copy."""
    shutil.copy(source, target)
    copy_files(source.parent / "files", target.parent / "files")
    return target


def hash_of(kind: type[Evidence] | type[KeptDocument], id_: int) -> str:
    """Return which file a row names."""
    with reading() as db:
        return db.scalars(select(kind.sha256).where(kind.id == id_)).one()


def sealed(kind: type[Evidence] | type[KeptDocument], id_: int) -> bytes | None:
    """Return the stored bytes of a row's file, encrypted as they lie there."""
    return files.read(hash_of(kind, id_))


def overwrite(kind: type[Evidence] | type[KeptDocument], id_: int, content: bytes) -> None:
    """Put other bytes in the place of a row's file."""
    files.write(hash_of(kind, id_), content)


def lose(kind: type[Evidence] | type[KeptDocument], id_: int) -> None:
    """Take a row's file away."""
    assert files.remove(hash_of(kind, id_))


def count() -> int:
    """Return how many files there are."""
    return len(list(files.stored()))
