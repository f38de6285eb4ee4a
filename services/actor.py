"""The acting person: who does something, from where, in which session, and at what time."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from services.regulation.items import Item
from services.regulation.roles import Duty, Role
from services.rocdate import local_date


@dataclass(frozen=True)
class DutyHeld:
    """A duty and the unit or agency it is held for; neither means everywhere."""

    duty: Duty
    unit_id: int | None = None
    agency_id: int | None = None


@dataclass(frozen=True)
class Actor:
    """Who acts. Services take one first; its ``now`` is the time of the act (rule 8 of the house)."""

    now: datetime
    account_id: int | None
    username: str
    name: str
    role: Role | None
    unit_id: int | None = None
    agency_id: int | None = None
    duties: tuple[DutyHeld, ...] = ()
    items: frozenset[Item] = frozenset()
    session_id: str = ""
    address: str = ""
    is_operator: bool = False

    @property
    def today(self) -> date:
        """The Taipei date of the act."""
        return local_date(self.now)

    @property
    def label(self) -> str:
        """姓名（帳號）, as people are always shown."""
        return f"{self.name}（{self.username}）"

    def holds(self, duty: Duty) -> bool:
        """Whether the person holds ``duty`` anywhere."""
        return any(held.duty == duty for held in self.duties)

    def at(self, now: datetime) -> "Actor":
        """Return the same person at another moment."""
        return replace(self, now=now)


def operator(now: datetime) -> Actor:
    """Return the person at the command line, who owns the machine and has no account."""
    return Actor(
        now=now, account_id=None, username="manage.py", name="系統維運", role=None, is_operator=True
    )
