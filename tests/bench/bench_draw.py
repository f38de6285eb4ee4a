"""The draw beside the published sampler and beside the bare hashing of the same ids."""

import gc
import hashlib
import random
from dataclasses import dataclass

import consistent_sampler
import numpy as np

from services.audits.sampling.draw import draw_sample
from services.audits.sampling.frame import Frame, read_frame
from services.audits.sampling.tickets import TicketOrder, seed_prefix, seed_text
from services.regulation.floors import unit_floors
from services.regulation.periods import Quarter
from tests.bench.measure import Seconds, in_turn, peak_memory

BASE = 300
SEED = "5f" * 32
QUARTER = Quarter(2026, 3)
# records of the frame: people in it, rounds
SIZES = {30_000: (600, 9), 1_000_000: (2_000, 5)}


@dataclass(frozen=True)
class DrawFigures:
    """One size of frame: seconds of every contender, and bytes a record of the two samplers."""

    records: int
    people: int
    rounds: int
    sample: int
    """Records of the whole draw: the base and what coverage adds."""
    base: Seconds
    whole: Seconds
    published: Seconds
    hashing: Seconds
    base_bytes: float
    published_bytes: float


def run() -> list[DrawFigures]:
    """Measure every size; fails when ours and the published sampler draw different records."""
    gc.freeze()  # the collector need not go through everything that the benchmarks import
    try:
        return [_size(records, people, rounds) for records, (people, rounds) in SIZES.items()]
    finally:
        gc.unfreeze()


def _size(records: int, people: int, rounds: int) -> DrawFigures:
    frame = _frame(records, people)
    floors = unit_floors(records, len(frame.persons), len(frame.months), QUARTER.last_day)
    assert floors.records == BASE
    seed, ids = seed_text(SEED, frame.hash), frame.ids.tolist()
    prefix = seed_prefix(seed)

    def base() -> list[int]:
        order = TicketOrder(seed, frame.ids)
        lowest = order.lowest(BASE)
        assert order.ranks(lowest) == list(range(1, BASE + 1))
        return [ids[position] for position in lowest]

    def whole() -> int:
        return len(draw_sample(frame, SEED, BASE, floors.users, floors.months))

    def published() -> list[int]:
        return list(consistent_sampler.sampler(ids, seed, take=BASE, output="id"))

    def hashing() -> list[bytes]:
        return [hashlib.sha256(prefix + str(record).encode()).digest() for record in ids]

    assert base() == published()
    times = in_turn(
        {"base": base, "whole": whole, "published": published, "hashing": hashing}, rounds
    )
    return DrawFigures(
        records,
        len(frame.persons),
        rounds,
        whole(),
        **times,
        base_bytes=peak_memory(base) / records,
        published_bytes=peak_memory(published) / records,
    )


def _frame(records: int, people: int) -> Frame:
    """Return a frame as a log gives it: ids with gaps, few people with most of the records."""
    dice = np.random.default_rng(records)
    ids = np.cumsum(dice.integers(1, 10, records)).tolist()
    pareto = random.Random(records)
    persons = [str(1 + int(people * pareto.random() ** 3)) for _ in range(records)]
    months = [QUARTER.months[code] for code in dice.integers(0, 3, records).tolist()]
    lines = zip(ids, persons, months, strict=True)
    return read_frame("\n".join(f"{i},{person},{month}" for i, person, month in lines).encode())
