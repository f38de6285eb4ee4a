"""A person's own sessions: where and when one is or was signed in, and signing out everywhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from data.engine import reading, transaction
from data.models import SignInSession
from services.actor import Actor
from services.identity.entering import Method
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.identity.policy import policy_of
from services.identity.sessions import EndReason, end_all, over, place

SHOWN = 10


@dataclass(frozen=True)
class SessionLine:
    """One session of one's own."""

    is_this: bool
    place: str
    method: Method
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    end: EndReason | None
    """None while it is live."""


@guarded(Action.MANAGE_OWN_SIGN_IN)
def own_sessions(actor: Actor) -> tuple[SessionLine, ...]:
    """Return the person's latest sessions, the newest first."""
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    with reading() as db:
        policy = policy_of(db)
        found = db.scalars(
            select(SignInSession)
            .where(SignInSession.account_id == actor.account_id)
            .order_by(SignInSession.started_at.desc(), SignInSession.id)
            .limit(SHOWN)
        ).all()
    return tuple(
        SessionLine(
            is_this=row.id == actor.session_id,
            place=place(row.address),
            method=Method(row.method),
            started_at=row.started_at,
            last_seen_at=row.last_seen_at,
            ended_at=row.ended_at,
            # One that nobody has looked at since its time was up is over all the same.
            end=EndReason(row.end_reason) if row.ended_at else over(row, policy, actor.now),
        )
        for row in found
    )


@guarded(Action.MANAGE_OWN_SIGN_IN)
def sign_out_everywhere(actor: Actor) -> None:
    """End every live session of the person's own account, this one included."""
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    assert actor.account_id is not None  # permit refuses the operator, who has no account
    with transaction() as db:
        end_all(db, actor.account_id, actor.now, EndReason.EVERYWHERE)
