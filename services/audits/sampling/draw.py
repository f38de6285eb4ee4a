"""The draw: a simple random base sample, then coverage of months and people (domain.md §4)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from services.audits.sampling.frame import Frame
from services.audits.sampling.tickets import TicketOrder, seed_text


class Basis(StrEnum):
    """Which part of the draw took a record."""

    BASE = "base"
    MONTH = "month"
    PERSON = "person"
    EXPANSION = "expansion"

    @property
    def label(self) -> str:
        return {
            "base": "基本樣本",
            "month": "補足月份",
            "person": "補足人數",
            "expansion": "加抽",
        }[self.value]


@dataclass(frozen=True)
class Drawn:
    """One sampled record with everything needed to say why it is there."""

    position: int
    record_id: int
    person: str
    month: str
    ticket: str
    rank: int
    basis: Basis


class Order(Protocol):
    """An order of a frame's records: that of tickets, or any other to see what it would take."""

    def lowest(self, count: int, among: npt.NDArray[np.int64] | None = None) -> list[int]:
        """Return the positions of the first ``count`` records, of all or of those ``among``."""
        ...

    def lowest_of_each(
        self, groups: npt.NDArray[np.int64], among: npt.NDArray[np.int64]
    ) -> list[int]:
        """Return the first position of every group met in ``among``, the first one first."""
        ...


def draw_sample(
    frame: Frame, seed: str, base_records: int, users_floor: int, months_floor: int
) -> list[Drawn]:
    """Draw the base sample and what coverage adds to it, in the order in which they are taken.

    Clause 7.1.1: ``base_records`` lowest tickets; then for each month still missing, in calendar
    order, its lowest ticket; then down the ticket order the first record of each person not yet in
    the sample until ``users_floor`` people are. A ``months_floor`` of 0 asks for no coverage of months
    (7.1.4: a spot check has no floors). Raises ValueError for floors the frame cannot meet.
    """
    check_floors(frame, base_records, users_floor, months_floor)
    order = TicketOrder(seed_text(seed, frame.hash), frame.ids)
    return _describe(
        frame, order, take_sample(frame, order, base_records, users_floor, months_floor)
    )


def take_sample(
    frame: Frame, order: Order, base_records: int, users_floor: int, months_floor: int
) -> list[tuple[int, Basis]]:
    """Return which positions of the frame an order takes, and as what, in the order of taking."""
    base = order.lowest(base_records)
    months = _missing_months(frame, order, base) if months_floor else []
    people = _missing_people(frame, order, [*base, *months], users_floor)
    return [
        *((index, Basis.BASE) for index in base),
        *((index, Basis.MONTH) for index in months),
        *((index, Basis.PERSON) for index in people),
    ]


def expand_sample(frame: Frame, seed: str, count: int, drawn: Collection[int]) -> list[Drawn]:
    """Draw ``count`` further records with a fresh seed over those whose ids are not in ``drawn``.

    Ranks are those within the whole frame under the fresh seed. Raises ValueError when fewer are left.
    """
    left = np.flatnonzero(~np.isin(frame.ids, np.array(sorted(drawn), dtype=np.int64)))
    if not len(left):
        raise ValueError(f"母體 {len(frame):,} 筆都已抽出，沒有可以加抽的紀錄。")
    if not 1 <= count <= len(left):
        raise ValueError(
            f"加抽筆數應為 1 至 {len(left):,} 筆（尚未抽出的紀錄），不是 {count:,} 筆。"
        )
    order = TicketOrder(seed_text(seed, frame.hash), frame.ids)
    return _describe(
        frame, order, [(index, Basis.EXPANSION) for index in order.lowest(count, left)]
    )


def check_floors(frame: Frame, base_records: int, users_floor: int, months_floor: int) -> None:
    """Raise ValueError, with a sentence, for floors that the frame cannot meet."""
    if not 0 <= base_records <= len(frame):
        raise ValueError(f"基本樣本應為 0 至 {len(frame):,} 筆，不是 {base_records:,} 筆。")
    if users_floor > len(frame.persons):
        raise ValueError(f"母體只有 {len(frame.persons):,} 人，無法抽到 {users_floor:,} 人。")
    if months_floor not in (0, len(frame.months)):
        raise ValueError(f"母體有 {len(frame.months)} 個月有紀錄，每個月都要抽到。")


def _missing_months(frame: Frame, order: Order, sample: list[int]) -> list[int]:
    present = set(frame.month_codes[sample].tolist())
    return [
        order.lowest(1, np.flatnonzero(frame.month_codes == month))[0]
        for month in range(len(frame.months))
        if month not in present
    ]


def _missing_people(frame: Frame, order: Order, sample: list[int], users_floor: int) -> list[int]:
    present = np.zeros(len(frame.persons), dtype=bool)
    present[frame.person_codes[sample]] = True
    wanted = users_floor - int(present.sum())
    if wanted <= 0:
        return []
    absent = np.flatnonzero(~present[frame.person_codes])
    return order.lowest_of_each(frame.person_codes, absent)[:wanted]


def _describe(frame: Frame, order: TicketOrder, taken: list[tuple[int, Basis]]) -> list[Drawn]:
    ranks = order.ranks([index for index, _ in taken]) if taken else []
    return [
        Drawn(place, *frame.row(index), order.ticket(index), rank, basis)
        for place, ((index, basis), rank) in enumerate(zip(taken, ranks, strict=True), 1)
    ]
