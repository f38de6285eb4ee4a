"""Rows put aside: compressed in memory for the eye, or in a nameless file for the way to the table."""

import pickle  # nosec B403  # only what this process itself packed, see below
import tempfile
import zlib
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_BLOCK = 500


class Packed(Generic[T]):
    """A list that is only added to; a million rejected rows take tens of megabytes."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._tail: list[T] = []

    def append(self, row: T) -> None:
        self._tail.append(row)
        if len(self._tail) == _BLOCK:
            self._blocks.append(zlib.compress(pickle.dumps(self._tail), 1))
            self._tail = []

    def __len__(self) -> int:
        return len(self._blocks) * _BLOCK + len(self._tail)

    def __iter__(self) -> Iterator[T]:
        for index in range(len(self._blocks) + 1):
            yield from self._block(index)

    def page(self, offset: int, limit: int) -> list[T]:
        """Return at most ``limit`` rows from ``offset`` on."""
        index, skip = divmod(offset, _BLOCK)
        rows: list[T] = []
        while len(rows) < skip + limit and index <= len(self._blocks):
            rows += self._block(index)
            index += 1
        return rows[skip : skip + limit]

    def _block(self, index: int) -> list[T]:
        if index == len(self._blocks):
            return self._tail
        rows: list[T] = pickle.loads(zlib.decompress(self._blocks[index]))  # nosec B301  # only what this process itself packed a moment ago
        return rows


class Spool(Generic[T]):
    """Chunks of rows in a file without a name, which is gone when this object is."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the spool

    def add(self, chunk: list[T]) -> None:
        pickle.dump(chunk, self._file, pickle.HIGHEST_PROTOCOL)

    def __iter__(self) -> Iterator[list[T]]:
        self._file.flush()
        self._file.seek(0)
        while True:
            try:
                yield pickle.load(self._file)  # nosec B301  # only what this process itself packed a moment ago
            except EOFError:
                return
