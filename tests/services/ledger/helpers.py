"""Many usage records at once, each of its own moment, and what the owner of a database can do."""

from datetime import timedelta

from sqlalchemy import func, select, text

from data.append_only import APPEND_ONLY, unprotect
from data.engine import transaction
from data.models import UsageRecord
from services.usage.records import add_records
from tests.world import NOW, World


def use(world: World, count: int, who: str = "clerk") -> None:
    """Store ``count`` usage records that differ in their moment from all before."""
    row = world.row(who, NOW)
    with transaction() as db:
        before = db.scalar(select(func.count()).select_from(UsageRecord)) or 0
        moments = (NOW + timedelta(seconds=before + place) for place in range(count))
        add_records(db, [row | {"occurred_at": moment} for moment in moments])


def run(*statements: str, **values: object) -> None:
    """Do what the owner of the database could do: drop the triggers, then anything."""
    with transaction() as db:
        for table in APPEND_ONLY:
            unprotect(db.connection(), table)
        for statement in statements:
            db.execute(text(statement), values)
