"""Bringing the database's tables up to date, on record (every administrator's act is an event)."""

from sqlalchemy.orm import Session

from data import migrate
from services import events
from services.events import EventType
from services.identity.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit


@guarded(Action.CHANGE_SETTINGS)
def upgrade(actor: Actor) -> None:
    """Create the tables or bring them up to date; an upgrade is an event in the same transaction."""
    permit(actor, Action.CHANGE_SETTINGS)

    def record(db: Session, before: str, after: str) -> None:
        events.write(
            db,
            actor,
            EventType.SCHEMA_UPGRADED,
            about=("schema", after),
            before=before,
            after=after,
        )

    migrate.upgrade(record)
