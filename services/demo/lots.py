"""Draws the look-ups of a day in arrays: who, when, what, where, in which case."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from services.demo import rhythm
from services.demo.organisation import PlacedUnit
from services.demo.register import Site
from services.demo.users import User, item_table

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_NEW_CASE = 0.36
"""The chance that a look-up begins a new case: cases have nearly three look-ups on average."""
_PRINTED = 0.135
"""The part of the later look-ups of a case that is printed or downloaded: 8% of all."""
_BUSY_DAY = 5
"""A unit with fewer look-ups a day than this has none on some days, so that its cases stay whole."""
_LAST_SECOND = 24 * 3600 - 1


@dataclass(frozen=True)
class Lot:
    """The look-ups of one day, ordered by time; users, items, actions and sites by their places."""

    user: Ints
    second: Ints
    item: Ints
    action: Ints
    site: Ints
    case: Ints


class Lots:
    """Draws one month after another; the same arguments draw the same."""

    def __init__(
        self,
        counts: Ints,
        units: Sequence[PlacedUnit],
        users: Sequence[User],
        sites: Sequence[Site],
        random: np.random.Generator,
    ) -> None:
        self._counts, self._users, self._random = counts, users, random
        self._items = item_table(users)
        self._places = np.array([user.place for user in users])
        pools = [_pool(unit, sites) for unit in units]
        self._pool_size = np.array([len(pool) for pool in pools])
        self._pool_start = np.cumsum(self._pool_size) - self._pool_size
        self._pools = np.concatenate(pools)

    def days_of(self, index: int, month: str) -> Iterator[tuple[date, Lot | None]]:
        """Yield every day of the month with its look-ups."""
        days = rhythm.days_of(month)
        counts = self._random.multinomial(self._counts[:, index], self._chances(index, days))
        active, cumulative = self._active(index)
        for number, day in enumerate(days):
            yield day, self._draw(counts[:, number], active, cumulative)

    def _chances(self, index: int, days: Sequence[date]) -> Floats:
        """Return every unit's chances of the days; who looks up little does so on few days."""
        weights = np.array([rhythm.day_weight(day) for day in days])
        often = np.minimum(1.0, self._counts[:, index] / (_BUSY_DAY * len(days)))
        chances: Floats = weights * (self._random.random((len(often), len(days))) < often[:, None])
        chances[chances.sum(axis=1) < 1] = weights
        chances /= chances.sum(axis=1, keepdims=True)
        return chances

    def _active(self, month: int) -> tuple[Ints, Floats]:
        """Return who uses the register in the month and, from unit k on, their chances in [k, k+1)."""
        active = np.array(
            [i for i, u in enumerate(self._users) if u.from_month <= month < u.until_month]
        )
        weights = np.array([self._users[i].weight for i in active])
        places = self._places[active]
        totals = np.bincount(places, weights, minlength=self._counts.shape[0])
        before = (np.cumsum(totals) - totals)[places]
        return active, places + (np.cumsum(weights) - before) / totals[places]

    def _draw(self, counts: Ints, active: Ints, cumulative: Floats) -> Lot | None:
        total = int(counts.sum())
        if not total:
            return None
        random = self._random
        place = np.repeat(np.arange(len(counts)), counts)
        begins = random.random(total) < _NEW_CASE  # nosec B311  # invents the demo city; nothing rests on its secrecy
        begins[0] = True
        begins[1:] |= place[1:] != place[:-1]
        first, case = np.flatnonzero(begins), np.cumsum(begins) - 1
        cases, case_place = len(first), place[first]
        # The tiny margin keeps a draw inside its own unit whatever the rounding.
        wanted = case_place + random.random(cases) * (1 - 1e-9)  # nosec B311  # invents the demo city; nothing rests on its secrecy
        user = active[np.searchsorted(cumulative, wanted, side="right")][case]
        second = self._seconds(begins, first, case)
        site = self._sites(case_place, case)
        item = (random.random(total)[:, None] >= self._items[user]).sum(axis=1)  # nosec B311  # invents the demo city; nothing rests on its secrecy
        printed = ~begins & (random.random(total) < _PRINTED)  # nosec B311  # invents the demo city; nothing rests on its secrecy
        action = np.where(printed, 1 + (random.random(total) < 0.4), 0)  # nosec B311  # invents the demo city; nothing rests on its secrecy
        # What is printed or downloaded is what was looked up just before.
        shown = np.maximum.accumulate(np.where(printed, 0, np.arange(total)))
        order = np.argsort(second, kind="stable")
        columns = (user, second, item[shown], action, site[shown], case)
        return Lot(*(column[order] for column in columns))

    def _seconds(self, begins: npt.NDArray[np.bool_], first: Ints, case: Ints) -> Ints:
        """Cases begin by the rhythm of the office; their look-ups follow within minutes."""
        gaps = np.where(begins, 0, self._random.integers(25, 240, len(begins)))
        elapsed = np.cumsum(gaps)
        start = rhythm.seconds_of_day(self._random.random(len(first)))
        second: Ints = np.minimum(start[case] + elapsed - elapsed[first][case], _LAST_SECOND)
        return second

    def _sites(self, case_place: Ints, case: Ints) -> Ints:
        """A case keeps to one site and its neighbours; some sites are looked up more than others."""
        size = self._pool_size[case_place]
        spot = (self._random.random(len(case_place)) ** 1.6 * size).astype(np.int64)
        total = len(case)
        step = np.where(self._random.random(total) < 0.55, 0, self._random.integers(0, 4, total))
        near = np.minimum(spot[case] + step, size[case] - 1)
        chosen: Ints = self._pools[self._pool_start[case_place][case] + near]
        return chosen


def _pool(unit: PlacedUnit, sites: Sequence[Site]) -> Ints:
    """Return the sites within a unit's districts, or all of them."""
    wanted = unit.spec.districts
    return np.array(
        [i for i, site in enumerate(sites) if not wanted or site.section.district in wanted]
    )
