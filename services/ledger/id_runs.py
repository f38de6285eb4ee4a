"""Row numbers as runs: ``1001-1250,1300``; ten million of them stay small and are searched at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class IdRuns:
    """Ascending runs of row numbers that neither touch nor overlap; both ends belong to a run."""

    firsts: Numbers
    lasts: Numbers

    @classmethod
    def of(cls, ids: Numbers) -> "IdRuns":
        """Return the runs of ascending numbers."""
        if not len(ids):
            return NO_RUNS
        ends = np.flatnonzero(np.diff(ids) != 1)
        return cls(ids[np.concatenate(([0], ends + 1))], ids[np.concatenate((ends, [-1]))])

    @classmethod
    def read(cls, text: str) -> "IdRuns":
        """Read what `text` writes; ValueError for anything else."""
        parts = [part.partition("-") for part in text.split(",")] if text else []
        try:
            firsts = np.array([int(first) for first, _, _ in parts], dtype=np.int64)
            lasts = np.array([int(last or first) for first, _, last in parts], dtype=np.int64)
        except OverflowError:
            raise ValueError("a row number beyond every number") from None
        runs = cls(firsts, lasts)
        ascending = bool(np.all(firsts <= lasts) and np.all(firsts[1:] > lasts[:-1] + 1))
        if not ascending or runs.text != text or (len(firsts) and firsts[0] < 1):
            raise ValueError(f"no runs of row numbers: {text[:80]}")
        return runs

    @cached_property
    def text(self) -> str:
        """The runs as they are stored."""
        return ",".join(
            f"{first}-{last}" if last > first else f"{first}" for first, last in self.pairs()
        )

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield the first and the last number of every run."""
        yield from zip(self.firsts.tolist(), self.lasts.tolist(), strict=True)

    def __len__(self) -> int:
        return int((self.lasts - self.firsts + 1).sum())

    @property
    def first(self) -> int:
        """The lowest number; there must be one."""
        return int(self.firsts[0])

    @property
    def last(self) -> int:
        """The highest number; there must be one."""
        return int(self.lasts[-1])

    def among(self, ids: Sequence[int]) -> list[bool]:
        """Say of every number whether it lies in one of the runs."""
        if not len(self.firsts) or not ids:
            return [False] * len(ids)
        asked = np.array(ids, dtype=np.int64)
        place = np.searchsorted(self.firsts, asked, side="right") - 1
        found: list[bool] = ((place >= 0) & (asked <= self.lasts[place])).tolist()
        return found


NO_RUNS = IdRuns(np.array([], dtype=np.int64), np.array([], dtype=np.int64))


def union(parts: Sequence[IdRuns]) -> IdRuns:
    """Return the runs of all parts together; whatever two of them name is named once."""
    if not parts:
        return NO_RUNS
    firsts = np.concatenate([part.firsts for part in parts])
    order = np.argsort(firsts, kind="stable")
    firsts = firsts[order]
    ends = np.maximum.accumulate(np.concatenate([part.lasts for part in parts])[order])
    starts = np.concatenate(([True], firsts[1:] > ends[:-1] + 1))[: len(firsts)]
    return IdRuns(firsts[starts], ends[np.concatenate((starts[1:], [True]))[: len(firsts)]])
