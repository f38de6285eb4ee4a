"""Applying once more with an address that is not confirmed yet: its mail may be lost, and links are made once.

Only the hash of a link is stored, so no mail can be sent a second time: a new application brings a new
one. The older ones are left as they are until one is confirmed, so that a stranger who names somebody's
address takes nothing away. That one address gets few mails, and not in a row, is all they hold it for.
"""

from datetime import datetime

from sqlalchemy import func, not_, select
from sqlalchemy.orm import Session

from data.models import Application
from services.actor import Actor
from services.applications.expiring import is_moot
from services.applications.store import close, write_act
from services.identity.links import PAUSE
from services.regulation.application_states import Act, State

MOST = 3
"""So many applications of one address wait for its confirmation at a time."""
_INSTEAD = "同一電子郵件的 {number} 已確認，這一案不再辦理"


def repeatable(db: Session, email: str, now: datetime) -> list[int]:
    """Return the unconfirmed applications of an address beside which another may come in.

    None, so that all of them stand in the way, once there are `MOST`, or within `PAUSE` of the last.
    """
    waiting = _unconfirmed(db, email, now)
    lately = any(one.submitted_at > now - PAUSE for one in waiting)
    return [] if lately or len(waiting) >= MOST else [one.id for one in waiting]


def others_of(db: Session, application: Application, now: datetime) -> list[Application]:
    """Return the other applications that wait for the same address to be confirmed."""
    found = _unconfirmed(db, application.email, now)
    return [one for one in found if one.id != application.id]


def end_others(
    db: Session, person: Actor, application: Application, others: list[Application]
) -> None:
    """End them, now that ``application`` has been confirmed: nobody has two that go on."""
    for other in others:
        write_act(db, person, other, Act.WITHDRAWN, note=_INSTEAD.format(number=application.number))
        close(other, State.WITHDRAWN, person)


def _unconfirmed(db: Session, email: str, now: datetime) -> list[Application]:
    asked = select(Application).where(
        Application.state == State.UNCONFIRMED.value,
        func.lower(Application.email) == email.lower(),
        not_(is_moot(now)),
    )
    locked = asked.order_by(Application.id).with_for_update(of=Application, key_share=True)
    return list(db.scalars(locked))
