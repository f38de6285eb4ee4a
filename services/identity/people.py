"""Reads an account as an acting person."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from data.models import Account, Unit
from services.actor import Actor, DutyHeld
from services.identity.terms import is_held
from services.regulation.items import Item
from services.regulation.roles import Duty, Role


def load_account(db: Session, account_id: int) -> Account | None:
    """Return the account with its unit, items and duties, or None."""
    return db.scalar(
        select(Account)
        .where(Account.id == account_id)
        .options(
            selectinload(Account.items),
            selectinload(Account.duties),
            selectinload(Account.unit).selectinload(Unit.agency),
        )
    )


def as_actor(account: Account, now: datetime, session_id: str = "", address: str = "") -> Actor:
    """Return ``account`` as the person acting at ``now``, with the duties held at that moment."""
    return Actor(
        now=now,
        account_id=account.id,
        username=account.username,
        name=account.name,
        role=Role(account.role),
        unit_id=account.unit_id,
        agency_id=account.unit.agency_id,
        duties=tuple(
            DutyHeld(Duty(held.duty), held.unit_id, held.agency_id)
            for held in account.duties
            if is_held(held, now)
        ),
        items=frozenset(Item(row.item) for row in account.items),
        session_id=session_id,
        address=address,
    )
