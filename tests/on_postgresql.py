"""Which modules of the services spoke to PostgreSQL in a run; a whole run fails where one that speaks SQL did not.

Most tables of inputs run on SQLite alone: what is tried on PostgreSQL is held here, not by habit.
"""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

ROOT = Path(__file__).parents[1]
STATEMENTS = {"select", "insert", "update", "delete", "text"}
_spoke: set[str] = set()
_DEPTH = 60


@event.listens_for(Engine, "before_cursor_execute")
def _note_who_speaks(connection: Any, *_statement: Any) -> None:
    if connection.dialect.name != "postgresql":
        return
    frame = sys._getframe(1)
    for _ in range(_DEPTH):
        name = frame.f_globals.get("__name__", "")
        if name.startswith("services."):
            _spoke.add(name)
        if frame.f_back is None:
            return
        frame = frame.f_back


def speaking_sql() -> set[str]:
    """Return the modules of the services that make statements of their own."""
    found = set()
    for path in (ROOT / "services").rglob("*.py"):
        names = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy"
            for alias in node.names
        }
        if names & STATEMENTS:
            found.add(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return found


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's modules to the run that started it; let that fail over those that are missing."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["spoke"] = sorted(_spoke)
    elif missing := _missing(session.config):
        session.config.stash[_MISSING] = missing
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _spoke.update(getattr(node, "workeroutput", {}).get("spoke", ()))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for name in config.stash.get(_MISSING, []):
        terminalreporter.write_line(f"no test on PostgreSQL: {name}", red=True)


_MISSING = pytest.StashKey[list[str]]()


def _missing(config: pytest.Config) -> list[str]:
    """Return what no test of a whole run met; of a part of the suite nothing is asked."""
    chosen = config.option.keyword or config.option.markexpr
    whole = config.args == config.getini("testpaths") and not chosen
    if not whole or config.option.collectonly:
        return []
    return sorted(speaking_sql() - _spoke)
