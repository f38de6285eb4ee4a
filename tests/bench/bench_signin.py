"""The check on every rerun beside the script runs of the pages that it is a part of."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from streamlit.testing.v1 import AppTest

from data import engine, migrate
from data.demo.load import load
from services import clock
from services.identity import presence
from tests.bench.bench_pages import as_served, open_page, signed_in
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
_CHECK = "the check"


@dataclass(frozen=True)
class CheckFigure:
    """One page's script run, one check in the same rounds, and how many checks the run holds."""

    page: str
    run: Seconds
    check: Seconds
    checks: int

    @property
    def share(self) -> float:
        """What part of the run the checks take."""
        return self.checks * self.check.median / self.run.median


def run(folder: Path) -> list[CheckFigure]:
    """Load the small city into ``folder`` and measure; fails when a page shows an error."""
    engine.configure(f"sqlite:///{folder / 'small.db'}")
    migrate.upgrade()
    load("small", clock.utc_now())
    with as_served():
        pages = {name: open_page(who, module) for name, (who, module) in PAGES.items()}
        session_id = signed_in("clerk")
        counts = {name: _checks_of(app) for name, app in pages.items()}
        times = in_turn(
            {_CHECK: lambda: presence.check(session_id, clock.utc_now(), "10.1.1.1")}
            | {name: app.run for name, app in pages.items()},
            ROUNDS,
        )
        for name, app in pages.items():
            assert not app.exception and not app.error, name
            assert app.title[0].value in name, name
    engine.engine().dispose()
    return [CheckFigure(name, times[name], times[_CHECK], counts[name]) for name in pages]


def _checks_of(app: AppTest) -> int:
    with _counted() as calls:
        app.run()
    return len(calls)


@contextmanager
def _counted() -> Iterator[list[str]]:
    real, calls = presence.check, list[str]()

    def counting(*args: object, **named: object) -> object:
        calls.append("")
        return real(*args, **named)  # type: ignore[arg-type]

    with patch.object(presence, "check", counting):
        yield calls
