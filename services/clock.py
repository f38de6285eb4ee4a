"""The clock. Only ``app.py`` and ``manage.py`` ask it; everybody else is told the time."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)
