"""With which probability a record of the frame comes into the sample (domain.md §4).

Into the base sample it is exact. What coverage adds depends on who and which months the base misses:
that is found by drawing again and again in random orders, by the very code of the draw.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from services.audits.sampling.draw import Basis, check_floors, take_sample
from services.audits.sampling.frame import Frame

FEWEST_DRAWS = 2_000
_TELL_EVERY = 50


@dataclass(frozen=True)
class Inclusion:
    """The probability of one record, in its two parts."""

    base: Fraction
    """Exact: base records by records of the frame."""
    coverage: float
    """Estimated: to be taken for its month or its person, not being in the base sample."""
    error: float
    """The standard error of ``coverage``."""
    draws: int
    """How many re-draws it rests on; 0 where coverage can add nothing."""

    @property
    def total(self) -> float:
        return float(self.base) + self.coverage


class RandomOrder:
    """A random order of a frame's records, or the one given by their places."""

    def __init__(self, places: npt.NDArray[np.int64]) -> None:
        self._places = places

    def lowest(self, count: int, among: npt.NDArray[np.int64] | None = None) -> list[int]:
        """Return the positions of the first ``count`` records, of all or of those ``among``."""
        places = self._places if among is None else self._places[among]
        count = min(count, len(places))
        if count <= 0:
            return []
        found = np.argpartition(places, count - 1)[:count]
        found = found[np.argsort(places[found])]
        positions: list[int] = (found if among is None else among[found]).tolist()
        return positions

    def lowest_of_each(
        self, groups: npt.NDArray[np.int64], among: npt.NDArray[np.int64]
    ) -> list[int]:
        """Return the first position of every group met in ``among``, the first one first."""
        places, group = self._places[among], groups[among]
        first = np.full(int(group.max(initial=0)) + 1, len(self._places))
        np.minimum.at(first, group, places)
        found = among[places == first[group]]
        positions: list[int] = found[np.argsort(self._places[found])].tolist()
        return positions


def inclusion_probability(
    frame: Frame,
    base_records: int,
    users_floor: int,
    months_floor: int,
    record_id: int,
    *,
    draws: int = FEWEST_DRAWS,
    tell: Callable[[float], None] | None = None,
) -> Inclusion:
    """Return the probability with which a record of the frame comes into the sample.

    Records of the same person and month are alike to the draw, so that every one of them that a
    re-draw takes counts for the record in question by its share. The random orders come from the
    frame's hash: the same frame gives the same answer. ``tell`` hears how much is done, from 0 to 1.
    Raises ValueError for a record outside the frame, or floors it cannot meet.
    """
    check_floors(frame, base_records, users_floor, months_floor)
    place = int(np.searchsorted(frame.ids, record_id))
    if place >= len(frame) or frame.ids[place] != record_id:
        raise ValueError(f"紀錄 {record_id} 不在凍結的母體內。")
    base = Fraction(base_records, len(frame))
    if base == 1:
        return Inclusion(base, 0.0, 0.0, 0)
    alike = (frame.person_codes == frame.person_codes[place]) & (
        frame.month_codes == frame.month_codes[place]
    )
    taken = np.zeros(draws)
    random = np.random.default_rng(int(frame.hash, 16))
    for draw in range(draws):
        order = RandomOrder(random.permutation(len(frame)))
        sample = take_sample(frame, order, base_records, users_floor, months_floor)
        covering = [index for index, basis in sample if basis is not Basis.BASE]
        taken[draw] = np.count_nonzero(alike[covering])
        if tell is not None and (draw + 1) % _TELL_EVERY == 0:
            tell((draw + 1) / draws)
    share = taken / np.count_nonzero(alike)
    return Inclusion(base, float(share.mean()), float(share.std() / math.sqrt(draws)), draws)
