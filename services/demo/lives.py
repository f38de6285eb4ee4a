"""How an account's life went: when it was made, in which months it is used, how it stands today.

Most accounts are simply in use. Every twenty-fifth user or so is a case for the access review of
clause 6.2 or the leaver's rule of clause 6.3.4.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.regulation.roles import AccountStatus
from services.rocdate import TAIPEI, local_date

LAST = 10_000


@dataclass(frozen=True)
class Life:
    """From which month (counted from the first one shown) up to before which month it is used."""

    from_month: int = 0
    until_month: int = LAST
    columns: dict[str, Any] = field(default_factory=dict)
    too_many: bool = False
    kind: str = "usual"


def life_of(ordinary: int | None, number: int, months: tuple[str, ...], now: datetime) -> Life:
    """Return the life of the ``ordinary``-th plain user, or of a fixed post when it is None."""
    made = _morning(months[0], 0) - timedelta(days=40 + 7 * (number % 90))
    columns: dict[str, Any] = {"created_at": made, "status": AccountStatus.ACTIVE.value}
    kind = None if ordinary is None else _KINDS.get(ordinary % 25)
    count = len(months)
    today = local_date(now)
    if kind == "suspended":
        ended = _morning(months[count - 3], 9)
        columns |= _ended(AccountStatus.SUSPENDED, "帳號清查：職務調整期間停權", suspended_at=ended)
        return Life(0, count - 3, columns, kind=kind)
    if kind == "cancelled":
        ended = _morning(months[count - 8], 11)
        columns |= _ended(AccountStatus.CANCELLED, "離職註銷", cancelled_at=ended)
        columns["leaving_on"] = local_date(ended) - timedelta(days=2)
        return Life(0, count - 8, columns, kind=kind)
    if kind == "leaving":
        return Life(columns=columns | {"leaving_on": today + timedelta(days=12)}, kind=kind)
    if kind == "left":
        return Life(0, count - 1, columns | {"leaving_on": today - timedelta(days=9)}, kind=kind)
    if kind == "never used":
        columns["created_at"] = _morning(months[count - 9], 6)
        return Life(0, 0, columns, kind=kind)
    if kind == "idle":
        return Life(0, count - 9, columns, kind=kind)
    if kind == "newcomer":
        columns["created_at"] = _morning(months[count // 2], 3)
        return Life(count // 2 + 1, LAST, columns, kind=kind)
    return Life(columns=columns, too_many=kind == "too many", kind=kind or "usual")


_KINDS = {
    3: "suspended",
    7: "cancelled",
    10: "leaving",
    13: "never used",
    16: "idle",
    19: "too many",
    22: "newcomer",
    24: "left",
}


def _ended(status: AccountStatus, reason: str, **when: datetime) -> dict[str, Any]:
    return {"status": status.value, "status_reason": reason, **when}


def _morning(month: str, day: int) -> datetime:
    """Nine in the morning of the month's first day, ``day`` days later."""
    first = datetime.strptime(f"{month}-01 09:00", "%Y-%m-%d %H:%M").replace(tzinfo=TAIPEI)
    return first + timedelta(days=day)
