"""Timing: several contenders in turn, round by round, so that a busy moment meets all of them."""

import gc
import os
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LARGE = os.environ.get("BENCH_SCALE") == "ten-million"
"""Whether what takes an hour is measured too: ten million records."""

Call = Callable[[], Any]


@dataclass(frozen=True)
class Seconds:
    """The times of one contender: their median, and the spread from the best to the worst."""

    median: float
    low: float
    high: float


def in_turn(contenders: Mapping[str, Call], rounds: int) -> dict[str, Seconds]:
    """Run every contender once to warm up and then once a round; return its times by name."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for call in contenders.values():
        call()
    for _ in range(rounds):
        for name, call in contenders.items():
            times[name].append(_once(call))
    return {
        name: Seconds(statistics.median(taken), min(taken), max(taken))
        for name, taken in times.items()
    }


def _once(call: Call) -> float:
    # What the one before left behind is cleared away outside the measured time.
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def peak_memory(call: Call) -> int:
    """Return the bytes that `call` held at its highest, above what was held before it."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
