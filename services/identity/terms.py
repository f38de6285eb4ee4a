"""From when until when a duty is held: from its start, or else from when it was given, until its end."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from data.models import AccountDuty


def is_held(row: Any, now: datetime) -> bool:
    """Whether a duty (a row with ``starts_at`` and ``ended_at``) is held at a moment."""
    return (row.starts_at is None or row.starts_at <= now) and has_not_ended(row, now)


def has_not_ended(row: Any, now: datetime) -> bool:
    """Whether a duty is held at a moment, or will be later."""
    return row.ended_at is None or row.ended_at > now


def held_at(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a duty is held at a moment."""
    begun = or_(AccountDuty.starts_at.is_(None), AccountDuty.starts_at <= now)
    return and_(begun, not_ended(now))


def not_ended(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a duty is held at a moment, or will be later."""
    return or_(AccountDuty.ended_at.is_(None), AccountDuty.ended_at > now)
