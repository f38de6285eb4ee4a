"""The check on every rerun beside the script runs of the pages that it is a part of."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from unittest.mock import patch

from data import engine, migrate
from services import clock
from services.demo.load import load
from services.identity import presence
from tests.bench.bench_pages import as_served, open_page
from tests.bench.measure import Seconds, in_turn

ROUNDS = 25
PAGES = {
    "待辦 home": ("clerk", "home"),
    "我的帳號 own account": ("clerk", "my_account"),
    "我的使用紀錄 own records": ("clerk", "my_usage"),
    "地籍查詢 query": ("clerk", "parcel_query"),
    "帳號管理 accounts": ("agency_manager", "accounts"),
    "使用統計 usage": ("agency_manager", "usage_charts"),
    "稽核抽樣 sampler": ("auditor", "audit_sampler"),
}


@dataclass(frozen=True)
class CheckFigure:
    """One page's script runs, what the check took in those same runs, and how often it was asked."""

    page: str
    run: Seconds
    check: Seconds
    checks: int

    @property
    def share(self) -> float:
        """What part of the run the checks take."""
        return self.check.median / self.run.median


def run(folder: Path) -> list[CheckFigure]:
    """Load the small city into ``folder`` and measure; fails when a page shows an error."""
    engine.configure(f"sqlite:///{folder / 'small.db'}")
    migrate.upgrade()
    load("small", clock.utc_now())
    with as_served(), _timed() as taken:
        pages = {name: open_page(who, module) for name, (who, module) in PAGES.items()}
        checks: dict[str, list[list[float]]] = {name: [] for name in pages}

        def one(name: str) -> None:
            taken.clear()
            pages[name].run()
            checks[name].append(list(taken))

        times = in_turn({name: partial(one, name) for name in pages}, ROUNDS)
        for name, app in pages.items():
            assert not app.exception and not app.error, name
            assert app.title[0].value in name, name
    engine.engine().dispose()
    return [CheckFigure(name, times[name], *_of(checks[name][1:])) for name in pages]


def _of(rounds: list[list[float]]) -> tuple[Seconds, int]:
    """Return what the checks of a run took in all, and how many they were; the warm-up is left out."""
    sums = [sum(one) for one in rounds]
    (asked,) = {len(one) for one in rounds}
    return Seconds(median(sums), min(sums), max(sums)), asked


@contextmanager
def _timed() -> Iterator[list[float]]:
    real, taken = presence.check, list[float]()

    def timed(*args: object, **named: object) -> object:
        start = perf_counter()
        try:
            return real(*args, **named)  # type: ignore[arg-type]
        finally:
            taken.append(perf_counter() - start)

    with patch.object(presence, "check", timed):
        yield taken
