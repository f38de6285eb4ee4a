"""How many records each unit has in each month: exact around the rule's thresholds, lifelike elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from services.demo.agencies import UnitSpec
from services.demo.organisation import PlacedUnit
from services.demo.rhythm import season
from services.regulation.periods import Quarter, last_finished_quarter, shift_month

MONTHS_SHOWN = 24


@dataclass(frozen=True)
class Scale:
    """How big a demo city is."""

    small: bool
    records: int
    parcels_a_section: int
    people_factor: float

    def users_of(self, spec: UnitSpec) -> int:
        """Return how many ordinary users a unit has."""
        return max(3, round(spec.users * self.people_factor))


SCALES = {
    "small": Scale(True, 5_000, 10, 0.6),
    "city": Scale(False, 200_000, 45, 1.0),
    "ten-million": Scale(False, 10_000_000, 45, 4.0),
}


@dataclass(frozen=True)
class Fixed:
    """A unit whose last finished quarter is set month by month, and what it has in other months."""

    quarter: tuple[int, int, int]
    usual: float


_AROUND_THE_THRESHOLDS = {
    "PWD-PSL": Fixed((0, 0, 0), 2),
    "PWD-HED": Fixed((2, 0, 1), 2),
    "LAND-INFO": Fixed((1, 3, 1), 3),
    "TAX-ZS": Fixed((141, 187, 152), 40),
}
_BIG = {
    "TAX-LAND": Fixed((8_214, 9_377, 12_408), 1_000),
    "LAND-VALUE": Fixed((9_120, 10_455, 10_425), 1_100),
}
_FOR_BENCHMARKS = {"LAND-REG": Fixed((331_507, 335_911, 332_582), 60_000)}
_A_COMFORTABLE_AUDIT = {True: Fixed((71, 80, 111), 55), False: Fixed((388, 431, 593), 340)}
"""大安分處, where the demonstration signs in."""


@dataclass(frozen=True)
class Plan:
    """Records by unit (rows, in the order of the units) and month (columns)."""

    months: tuple[str, ...]
    quarter: Quarter
    counts: npt.NDArray[np.int64]
    threshold_units: dict[int, str]


def shown_months(today: date) -> tuple[str, ...]:
    """Return the 24 months that end with the last full month before ``today``."""
    this = f"{today:%Y-%m}"
    return tuple(shift_month(this, k - MONTHS_SHOWN) for k in range(MONTHS_SHOWN))


def make_plan(
    scale: Scale,
    units: Sequence[PlacedUnit],
    today: date,
    stories: int,
    random: np.random.Generator,
) -> Plan:
    """Share the records of the scale, less those of the stories, among units and months."""
    months, quarter = shown_months(today), last_finished_quarter(today)
    threshold = _AROUND_THE_THRESHOLDS | ({} if scale.small else _BIG)
    if scale.records > 1_000_000:
        threshold |= _FOR_BENCHMARKS
    fixed = threshold | {"TAX-DAAN": _A_COMFORTABLE_AUDIT[scale.small]}
    shape = np.array([_shape(unit, months, random) for unit in units])
    counts = np.zeros(shape.shape, dtype=np.int64)
    free = np.array([unit.spec.code not in fixed for unit in units])
    for row, unit in enumerate(units):
        if plan := fixed.get(unit.spec.code):
            counts[row] = np.rint(shape[row] / unit.spec.volume * plan.usual)
            first = months.index(quarter.months[0])
            counts[row, first : first + 3] = plan.quarter
    budget = scale.records - stories - int(counts.sum())
    weights = shape * free[:, None]
    counts += np.floor(weights / weights.sum() * budget).astype(np.int64)
    # What the rounding left goes to the biggest free cells, one each.
    left = scale.records - stories - int(counts.sum())
    biggest = np.argsort(-weights, axis=None, kind="stable")[:left]
    counts.flat[biggest] += 1
    return Plan(months, quarter, counts, {sum(threshold[code].quarter): code for code in threshold})


def _shape(
    unit: PlacedUnit, months: tuple[str, ...], random: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return a unit's months beside each other: its volume, the season, slow growth, chance."""
    waves = [season(unit.agency.kind, int(month[5:])) for month in months]
    growth = np.linspace(0.85, 1.15, len(months))
    chance = random.lognormal(0.0, 0.12, len(months))
    return unit.spec.volume * np.array(waves) * growth * chance
