"""What the tests of leaving ask the database for."""

from datetime import date

from sqlalchemy import select

from data.engine import reading
from data.models import Account, Event, PersonnelChange
from services.accounts.leaving.recording import record_leaving
from services.actor import Actor
from services.regulation.leaving import Leaving
from tests.world import NOW, World

TODAY = date(2026, 11, 23)
LAST = date(2026, 11, 30)


def on(actor: Actor, day: date) -> Actor:
    """Return the person on another day, at the hour of `NOW`."""
    return actor.at(NOW + (day - TODAY))


def account_of(world: World, who: str) -> Account:
    with reading() as db:
        return db.get_one(Account, world.accounts[who])


def entries_of(world: World, who: str) -> list[tuple[str, date, str]]:
    """Return kind, day and end of everything recorded about somebody."""
    with reading() as db:
        found = db.scalars(
            select(PersonnelChange)
            .where(PersonnelChange.account_id == world.accounts[who])
            .order_by(PersonnelChange.effective_on, PersonnelChange.kind)
        )
        return [(one.kind, one.effective_on, one.settled_how) for one in found]


def events_of(type_: str) -> list[Event]:
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.type == type_).order_by(Event.id)))


def record(
    world: World, who: str, kind: Leaving = Leaving.LEAVE, day: date = LAST, by: str = "head"
) -> int:
    """Record a leaving as it stands now."""
    return record_leaving(
        world.actor(by),
        world.accounts[who],
        kind,
        day,
        expected_leaving_on=account_of(world, who).leaving_on,
    )
