"""What is built once a worker on each backend, and put back as it was for every test that wants it."""

import os
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from data import engine, files
from tests.kept_files import copy_files
from tests.postgres import House, Rows
from tests.seeds import Numbers
from tests.world import World

T = TypeVar("T")


@dataclass(frozen=True)
class _Kept:
    value: Any
    rows: Path | Rows
    files: Path
    checkpoints: bytes | None
    seeds: int


@dataclass
class Shelf:
    """The stages of this worker, by backend and the function that builds them."""

    folder: Path
    kept: dict[tuple[str, Callable[..., Any]], _Kept] = field(default_factory=dict)


class Stage:
    """The configured database of one test, which is empty until something is set on it."""

    def __init__(self, shelf: Shelf, backend: str, house: House | None) -> None:
        self.shelf, self.backend, self.house = shelf, backend, house

    def set(self, build: Callable[[], T]) -> T:
        """Let the empty database hold what ``build`` makes, and return what it returned."""
        return self._stand(build, build)

    def add(self, world: World, fill: Callable[[World], T]) -> T:
        """Let the database that holds the small world hold what ``fill`` adds; return what that returned."""
        return self._stand(fill, lambda: fill(world))

    def _stand(self, key: Callable[..., T], build: Callable[[], T]) -> T:
        found = self.shelf.kept.get((self.backend, key))
        if found is None:
            value = build()
            engine.engine().dispose()
            found = _Kept(
                deepcopy(value), self._rows(), self._files(), _checkpoints(), Numbers.given
            )
            self.shelf.kept[self.backend, key] = found
            return value
        engine.engine().dispose()
        if isinstance(found.rows, Path):
            shutil.copy(found.rows, self._file())
        else:
            assert self.house is not None
            self.house.put_back(found.rows)
        copy_files(found.files, files.folder())
        _put_checkpoints(found.checkpoints)
        Numbers.given = found.seeds
        restored: T = deepcopy(found.value)
        return restored

    def _file(self) -> Path:
        name = engine.engine().url.database
        assert name is not None
        return Path(name)

    def _rows(self) -> Path | Rows:
        if self.house is not None:
            return self.house.keep()
        copy = self.shelf.folder / f"{len(self.shelf.kept)}.db"
        shutil.copy(self._file(), copy)
        return copy

    def _files(self) -> Path:
        copy = self.shelf.folder / f"{len(self.shelf.kept)}-files"
        copy_files(files.folder(), copy)
        return copy


def _checkpoints() -> bytes | None:
    """Return what sealing wrote beside the database while it was built."""
    file = Path(os.environ["LEDGER_CHECKPOINTS"])
    return file.read_bytes() if file.exists() else None


def _put_checkpoints(content: bytes | None) -> None:
    file = Path(os.environ["LEDGER_CHECKPOINTS"])
    if content is None:
        file.unlink(missing_ok=True)
    else:
        file.write_bytes(content)
