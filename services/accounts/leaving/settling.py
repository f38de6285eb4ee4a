"""Entries of leaving and moving are settled together with what happens to the account."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Account, PersonnelChange
from services import events
from services.accounts.leaving.words import Settled
from services.actor import Actor
from services.events import EventType


def settle(
    db: Session,
    person: Actor,
    account: Account,
    how: Settled,
    *,
    which: Callable[[PersonnelChange], bool] = lambda _entry: True,
    reason: str = "",
) -> int:
    """Settle the account's open entries in the transaction of the act that answers them.

    The caller has locked the account and checked the right. Returns how many were settled.
    """
    entries = [entry for entry in open_entries(db, account.id) if which(entry)]
    for entry in entries:
        entry.settled_at, entry.settled_how = person.now, how.value
        events.write(
            db,
            person,
            EventType.LEAVING_SETTLED,
            about=("account", account.id),
            kind=entry.kind,
            effective_on=entry.effective_on.isoformat(),
            settled=how.value,
            reason=reason,
        )
    follow(db, account)
    return len(entries)


def open_entries(db: Session, account_id: int) -> list[PersonnelChange]:
    """Return what is recorded about the account and not settled, the earliest first."""
    return list(
        db.scalars(
            select(PersonnelChange)
            .where(PersonnelChange.account_id == account_id, PersonnelChange.settled_at.is_(None))
            .order_by(PersonnelChange.effective_on, PersonnelChange.id)
        )
    )


def follow(db: Session, account: Account) -> None:
    """Let the account's own leaving date be that of its earliest open entry."""
    db.flush()
    earliest: date | None = db.scalar(
        select(func.min(PersonnelChange.effective_on)).where(
            PersonnelChange.account_id == account.id, PersonnelChange.settled_at.is_(None)
        )
    )
    account.leaving_on = earliest
