"""The frame: every usage record of the scope, in one canonical text whose SHA-256 is its hash."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

FrameRow = tuple[int, str, str]
"""Record id, account id (or person key), month as YYYY-MM."""


class Counted(Protocol):
    """What can be said of a frame without its records one by one."""

    def __len__(self) -> int: ...
    @property
    def persons(self) -> tuple[str, ...]: ...
    @property
    def months(self) -> tuple[str, ...]: ...
    @property
    def by_person(self) -> dict[str, int]: ...
    @property
    def by_month(self) -> dict[str, int]: ...
    @property
    def firsts(self) -> list[int]: ...


@dataclass(frozen=True)
class Tally:
    """The counts of a frame that nobody has asked the records of."""

    by_person: dict[str, int]
    by_month: dict[str, int]
    firsts: list[int]
    """The first record of every person."""

    def __len__(self) -> int:
        return sum(self.by_month.values())

    @property
    def persons(self) -> tuple[str, ...]:
        """Everybody with a record, in order."""
        return tuple(sorted(self.by_person))

    @property
    def months(self) -> tuple[str, ...]:
        """Every month with a record, in order."""
        return tuple(sorted(self.by_month))


@dataclass(frozen=True, eq=False)
class Frame:
    """Records in ascending id; persons and months are kept as codes into their sorted names."""

    ids: npt.NDArray[np.int64]
    person_codes: npt.NDArray[np.int64]
    month_codes: npt.NDArray[np.int64]
    persons: tuple[str, ...]
    months: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def content(self) -> bytes:
        """The canonical text: ``record_id,account_id,YYYY-MM`` a line, no newline at the end."""
        lines = (
            f"{record},{self.persons[person]},{self.months[month]}"
            for record, person, month in zip(
                self.ids.tolist(),
                self.person_codes.tolist(),
                self.month_codes.tolist(),
                strict=True,
            )
        )
        return "\n".join(lines).encode()

    @cached_property
    def hash(self) -> str:
        """SHA-256 of `content` in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def by_person(self) -> dict[str, int]:
        """How many records every person has."""
        return _count(self.person_codes, self.persons)

    @cached_property
    def by_month(self) -> dict[str, int]:
        """How many records every month has."""
        return _count(self.month_codes, self.months)

    @cached_property
    def firsts(self) -> list[int]:
        """The first record of every person."""
        found: list[int] = self.ids[np.unique(self.person_codes, return_index=True)[1]].tolist()
        return found

    def row(self, index: int) -> FrameRow:
        """Return the record at a position of the frame."""
        return (
            int(self.ids[index]),
            self.persons[self.person_codes[index]],
            self.months[self.month_codes[index]],
        )


def build_frame(rows: Iterable[FrameRow]) -> Frame:
    """Return the frame of ``rows`` in any order; raise ValueError for a record that stands twice."""
    ordered = sorted(rows)
    return _from_columns(
        [row[0] for row in ordered], [row[1] for row in ordered], [row[2] for row in ordered]
    )


def read_frame(content: bytes) -> Frame:
    """Return the frame that `Frame.content` describes."""
    # Cut up at once: a list for every line would set the garbage collector to work.
    cells = content.decode().replace("\n", ",").split(",") if content else []
    return _from_columns([int(record) for record in cells[::3]], cells[1::3], cells[2::3])


def _count(codes: npt.NDArray[np.int64], names: tuple[str, ...]) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(names)).tolist()
    return dict(zip(names, counts, strict=True))


def _from_columns(ids: list[int], persons: Sequence[str], months: Sequence[str]) -> Frame:
    if any("," in person or "\n" in person for person in set(persons)):
        raise ValueError("a person key cannot hold a comma or a line break")
    array = np.array(ids, dtype=np.int64)
    if len(array) and (np.diff(array) <= 0).any():
        raise ValueError("a record stands twice in the frame, or out of order")
    person_names, month_names = tuple(sorted(set(persons))), tuple(sorted(set(months)))
    person_code = {name: code for code, name in enumerate(person_names)}
    month_code = {name: code for code, name in enumerate(month_names)}
    columns = (
        array,
        np.fromiter((person_code[p] for p in persons), np.int64, len(persons)),
        np.fromiter((month_code[m] for m in months), np.int64, len(months)),
    )
    for column in columns:
        column.flags.writeable = False  # a frame is shared by everybody who looks at it
    return Frame(*columns, person_names, month_names)
