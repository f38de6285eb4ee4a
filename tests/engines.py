"""Every database of a worker speaks one dialect, so that a statement is compiled once and not once a test.

SQLAlchemy keeps what it compiled by the engine and its dialect, and a test has an engine of its own.
"""

from typing import Any

from sqlalchemy import Engine

from data import engine

_first: dict[str, tuple[Any, Any]] = {}
_create = engine._create
_MANY = 5000
"""More statements than all tests together make; an engine of its own keeps 500."""


def _sharing(url: str) -> Engine:
    made = _create(url)
    dialect, compiled = _first.get(made.name, (None, None))
    # One that never met its server does not know what it can.
    if dialect is None or dialect.server_version_info is None:
        made._compiled_cache.capacity = _MANY  # type: ignore[union-attr]
        _first[made.name] = (made.dialect, made._compiled_cache)
    else:
        made.dialect, made._compiled_cache = dialect, compiled
    return made


def share_dialects() -> None:
    """Let `data.engine.configure` make engines that share what was compiled for the others of their kind."""
    engine._create = _sharing
