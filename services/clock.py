"""The clocks. Only ``app.py`` and ``manage.py`` ask for the time; everybody else is told it."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def ticks() -> float:
    """Return seconds that only ever go up, whatever is done to the machine's clock.

    For what only measures how long this process has waited; it says nothing about the time of day.
    """
    return time.monotonic()
