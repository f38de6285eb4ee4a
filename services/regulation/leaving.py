"""Leaving and moving (clause 6.3.4): what has to be applied for, and by when."""

from datetime import date, timedelta
from enum import StrEnum

from services.regulation.workflows import Kind


class Leaving(StrEnum):
    """Why somebody's account is about to be without ground."""

    LEAVE = "leave"
    MOVE = "move"

    @property
    def label(self) -> str:
        return {"leave": "離職", "move": "異動"}[self.value]


DUE: dict[Leaving, tuple[Kind, ...]] = {
    Leaving.LEAVE: (Kind.CANCEL,),
    Leaving.MOVE: (Kind.CHANGE, Kind.CANCEL),
}
"""Which applications answer it: whoever moves changes the account, or gives it up."""


def due_words(kind: Leaving) -> str:
    """Return what has to be applied for, in words."""
    return "或".join(due.label for due in DUE[kind])


def suspended_from(last_day: date) -> date:
    """Return the day from which an account without its application is suspended.

    The recorded day is the last one on which the account may be used as it is: reading, the rule
    only says "before". Who leaves on 11-30 is suspended from 12-01 on.
    """
    return last_day + timedelta(days=1)


def is_past(last_day: date, today: date) -> bool:
    """Whether ``today`` is a day on which the account should no longer be used as it is."""
    return today >= suspended_from(last_day)


def days_left(last_day: date, today: date) -> int:
    """Return how many days are left to apply: 0 on the last day, less than 0 when it is past."""
    return (last_day - today).days
