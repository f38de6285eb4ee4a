"""Reviews in the small world: opened, and decided line by line as a person would."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Account, Event, ReviewLine
from services.regulation.access_review import Choice
from services.regulation.items import Item
from services.reviews.deciding import Decision, decide
from services.reviews.listing import LineFilters, LineRow, list_lines
from services.reviews.opening import open_review
from tests.world import NOW, World

TAX = (
    *("clerk", "clerk2", "head", "auditor", "unit_manager", "agency_manager"),
    *("ethics", "agency_head", "clerk_tax2"),
)
"""Everybody of the tax office."""
HELD = frozenset({Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP, Item.BUILDING_DESCRIPTION})


def opened(world: World, who: str = "agency_manager", agency: str = "tax") -> int:
    return open_review(world.actor(who), world.agencies[agency])


def rows(world: World, campaign: int, who: str = "system_manager") -> dict[str, LineRow]:
    """Return the lines by account name."""
    names = {id_: name for name, id_ in world.accounts.items()}
    page = list_lines(world.actor(who), campaign, LineFilters(), None, 500)
    return {names[row.account_id]: row for row in page.rows}


def decision(
    row: LineRow, choice: Choice, note: str = "清查結果", items: Iterable[Item] | None = None
) -> Decision:
    left = None if items is None else frozenset(items)
    return Decision(row.account_id, row.state, choice, note, left)


def decide_all(world: World, campaign: int, **choices: Choice) -> None:
    """Decide every line by whoever decides it; whoever is not named is kept."""
    found = rows(world, campaign)
    for manager in ("agency_manager", "system_manager"):
        actor = world.actor(manager)
        theirs = [
            decision(row, choices.get(name, Choice.KEEP))
            for name, row in found.items()
            if (row.role.value in ("agency_manager", "system_manager"))
            is (manager == "system_manager")
        ]
        if theirs:
            decide(actor, campaign, theirs)


def stored(world: World, who: str) -> Account:
    with reading() as db:
        return db.get_one(Account, world.accounts[who])


def line_of(world: World, campaign: int, who: str) -> ReviewLine:
    with reading() as db:
        return db.get_one(ReviewLine, (campaign, world.accounts[who]))


def change(world: World, who: str, **values: object) -> None:
    """Change an account behind everybody's back."""
    with transaction() as db:
        db.execute(update(Account).where(Account.id == world.accounts[who]).values(**values))


def events_of(type_: str) -> list[Event]:
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.type == type_).order_by(Event.id)))


def later(**parts: int) -> datetime:
    return NOW.replace(**parts)  # type: ignore[arg-type]
