"""What a run of the tests keeps to: an end in bounded time that says where it stood, and the times it took."""

import faulthandler
import os
import signal
import sys
import time
from collections import defaultdict
from types import FrameType
from typing import Any

import pytest

from tests import leftovers

BROWSER_SECONDS = 300
"""The limit of a test in a real browser; that of the others is in pyproject.toml."""

LONG = {
    "tests/data/test_demo.py",
    "tests/services/audits/test_unit_audit.py",
    "tests/services/life/test_account_life.py",
    "tests/services/test_every_cell.py",
    "tests/test_manage.py",
}
"""The files that take a worker longest without a browser: begun last, one would keep the other worker waiting."""

_running: dict[str, float] = {}
_spent: defaultdict[str, float] = defaultdict(float)


def pytest_configure(config: pytest.Config) -> None:
    """Let a run that is told to end print the stacks of all its threads and what was running."""
    # A served application or a command that a test starts need not compile every module anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not hasattr(config, "workerinput"):
        leftovers.clear()
        leftovers.prefer_memory()
        signal.signal(signal.SIGTERM, _say_what_was_running)
        config.pluginmanager.register(_SaysWhatFailed())
    faulthandler.register(signal.SIGTERM, os.fdopen(os.dup(2), "w"), all_threads=True, chain=True)


class _SaysWhatFailed:
    """A long run says at once what failed, not only at its end."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            print(f"\nfailed: {report.nodeid} ({report.when})", file=sys.__stderr__, flush=True)


def _say_what_was_running(_signal: int, _frame: FrameType | None) -> None:
    now = time.monotonic()
    for name, since in _running.items():
        print(f"was running for {now - since:.0f} s: {name}", file=sys.__stderr__, flush=True)
    pytest.exit("the run was told to end (its time limit, most likely)", returncode=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give browser tests their limit, and begin with them: what takes long must not come last."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(BROWSER_SECONDS))
        # The same on SQLite is in `make test-quick`.
        spec = getattr(item, "callspec", None)
        if spec is not None and spec.params.get("database") == "postgresql":
            item.add_marker(pytest.mark.thorough)
    items.sort(key=lambda item: (item.get_closest_marker("browser") is None, not _is_long(item)))


def _is_long(item: pytest.Item) -> bool:
    return item.nodeid.split("::")[0] in LONG


def pytest_runtest_logstart(nodeid: str) -> None:
    _running[nodeid] = time.monotonic()


def pytest_runtest_logfinish(nodeid: str) -> None:
    _running.pop(nodeid, None)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _spent[os.path.dirname(report.nodeid.split("::")[0])] += report.duration


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how long the tests of each folder took, all workers together."""
    if sum(_spent.values()) < 60:
        return
    terminalreporter.section("time of each folder")
    for folder, seconds in sorted(_spent.items(), key=lambda one: -one[1]):
        terminalreporter.write_line(f"{seconds:7.1f}s {folder}")
