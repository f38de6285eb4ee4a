"""Looking at something is an event too: one a look, however often the page is rendered meanwhile."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Event
from services import events
from services.actor import Actor
from services.events import EventType

ONE_LOOK = timedelta(minutes=10)
"""For how long the same thing on the same screen counts as one look."""


def record_look(type_: EventType, actor: Actor, about: tuple[str, object], **detail: Any) -> None:
    """Write that ``actor`` looks at ``about``, unless the same session was just recorded doing so.

    Services call it before they hand anything out: what cannot be recorded is not shown.
    """
    same = (
        select(Event.id)
        .where(
            Event.object_type == about[0],
            Event.object_id == str(about[1]),
            Event.at > actor.now - ONE_LOOK,
            Event.type == type_.value,
            Event.account_id == actor.account_id,
            Event.session_id == actor.session_id,
        )
        .limit(1)
    )
    if not actor.session_id:  # whoever looks with a link has none: the address tells them apart
        same = same.where(Event.address == actor.address)
    with reading() as db:
        known = db.scalar(same)
    if known is None:
        with transaction() as db:
            events.write(db, actor, type_, about=about, **detail)
