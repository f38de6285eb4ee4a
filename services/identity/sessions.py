"""Sessions: opened on the server when nothing more is asked, checked on every rerun, ended anywhere.

A session's id is made at the moment it opens and nowhere else; an id from outside that has no row is
nothing. It ends when its person is idle, at its longest time, with the next sign-in of the account (one
live session an account, clause 6.3.1), with another role, with a duty that asks for a second factor
which was not given, with a closed account, or when somebody says so.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, SignInSession
from services import events
from services.actor import Actor
from services.errors import Conflict
from services.events import EventType
from services.identity import lockout
from services.identity.entering import Entering, step_left
from services.identity.people import as_actor, load_account
from services.identity.policy import Policy, policy_of
from services.rocdate import roc_time

SEEN_EVERY = timedelta(minutes=1)
"""How often activity is written down; a click costs a write no more often than this."""


class EndReason(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "signed_out"
    EVERYWHERE = "everywhere"
    IDLE = "idle"
    ABSOLUTE = "absolute"
    REPLACED = "replaced"
    PASSWORD_CHANGED = "password_changed"  # nosec B105  # a word of ours, no password
    PASSWORD_RESET = "password_reset"  # nosec B105  # a word of ours, no password
    ROLE_CHANGED = "role_changed"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_NEEDED = "factor_needed"
    RIGHTS_CHANGED = "rights_changed"
    SUSPENDED = "account_suspended"
    CANCELLED = "account_cancelled"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    EndReason.SIGNED_OUT: "登出",
    EndReason.EVERYWHERE: "全部登出",
    EndReason.IDLE: "閒置逾時",
    EndReason.ABSOLUTE: "超過最長登入時間",
    EndReason.REPLACED: "帳號在別處登入",
    EndReason.PASSWORD_CHANGED: "變更密碼",
    EndReason.PASSWORD_RESET: "重設密碼",
    EndReason.ROLE_CHANGED: "角色變更",
    EndReason.FACTOR_REMOVED: "移除雙因子驗證",
    EndReason.FACTOR_NEEDED: "須使用雙因子驗證",
    EndReason.RIGHTS_CHANGED: "權限異動",
    EndReason.SUSPENDED: "帳號停權",
    EndReason.CANCELLED: "帳號註銷",
}


@dataclass(frozen=True)
class Replaced:
    """Another session of the same account that the new one ended."""

    address: str
    started_at: datetime

    @property
    def sentence(self) -> str:
        """What the person who has just signed in is told."""
        return (
            f"您的帳號另有一個登入（{place(self.address)}，{roc_time(self.started_at)} 起），已予結束。"
            "若不是您本人，請立即變更密碼並告知管理者。"
        )


@dataclass(frozen=True)
class Opened:
    """A session that has just begun, and the one that it replaced."""

    id: str
    replaced: Replaced | None


def place(address: str) -> str:
    """Name the place a session came from."""
    return f"來源位址 {address}" if address else "本機"


def open_session(entering: Entering, address: str, now: datetime) -> Opened:
    """Open the session of somebody of whom nothing more is asked, and end the account's others.

    Raises Conflict when a step is left after all, or the account was closed meanwhile.
    """
    with transaction() as db:
        # Two sign-ins at once come one after the other, so that one session is left.
        own = select(Account.id).where(Account.id == entering.account_id)
        db.scalars(own.with_for_update(key_share=True)).all()
        if step_left(db, entering, now) is not None:
            raise Conflict("登入尚未完成，請從頭再登入一次。")
        account = load_account(db, entering.account_id)
        assert account is not None  # step_left has just found it
        actor = as_actor(account, now, secrets.token_urlsafe(32), address)
        replaced = _replace_others(db, actor, policy_of(db))
        db.add(
            SignInSession(
                id=actor.session_id,
                account_id=account.id,
                started_at=now,
                last_seen_at=now,
                method=entering.method.value,
                role=account.role,
                address=address,
            )
        )
        lockout.forget(db, account.username, now)
        about = ("account", account.id)
        events.write(db, actor, EventType.SIGNED_IN, about=about, method=entering.method.value)
        return Opened(actor.session_id, replaced)


def over(session: SignInSession, policy: Policy, now: datetime) -> EndReason | None:
    """Return which limit of time a session has passed, if any."""
    idle_until = session.last_seen_at + timedelta(minutes=policy.idle_minutes)
    return limit_passed(idle_until, session.started_at + timedelta(hours=policy.session_hours), now)


def limit_passed(idle_until: datetime, ends_at: datetime, now: datetime) -> EndReason | None:
    """Return which of the two limits came first, once it has come."""
    if now < min(idle_until, ends_at):
        return None
    return EndReason.IDLE if idle_until <= ends_at else EndReason.ABSOLUTE


def end_session(session_id: str, now: datetime, reason: EndReason = EndReason.SIGNED_OUT) -> None:
    """End a session; every copy of its cookie is worthless from now on."""
    with transaction() as db:
        session = db.get(SignInSession, session_id)
        if session is not None:
            _end(db, session, now, reason)


def end_all(db: Session, account_id: int, now: datetime, reason: EndReason, keep: str = "") -> None:
    """End every live session of an account, but the one called ``keep``, in the caller's transaction."""
    for session in live_sessions(db, account_id):
        if session.id != keep:
            _end(db, session, now, reason)


def live_sessions(db: Session, account_id: int) -> list[SignInSession]:
    """Return the account's sessions that nobody has ended, the oldest first."""
    return list(
        db.scalars(
            select(SignInSession)
            .where(SignInSession.account_id == account_id, SignInSession.ended_at.is_(None))
            .order_by(SignInSession.started_at, SignInSession.id)
        )
    )


def _replace_others(db: Session, actor: Actor, policy: Policy) -> Replaced | None:
    """End what is left of the account's sessions; return the newest that was really in use."""
    assert actor.account_id is not None
    replaced = None
    for session in live_sessions(db, actor.account_id):
        reason = over(session, policy, actor.now) or EndReason.REPLACED
        if reason is EndReason.REPLACED:
            replaced = Replaced(session.address, session.started_at)
        _end(db, session, actor.now, reason)
    return replaced


def _end(db: Session, session: SignInSession, now: datetime, reason: EndReason) -> None:
    """End one session, once: of several who find it over, one writes it down."""
    ended = db.scalar(
        update(SignInSession)
        .where(SignInSession.id == session.id, SignInSession.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason.value)
        .returning(SignInSession.id)
        .execution_options(synchronize_session=False)
    )
    account = load_account(db, session.account_id)
    if ended is None or account is None:
        return
    whose = as_actor(account, now, session.id, session.address)
    about = ("account", session.account_id)
    events.write(db, whose, EventType.SIGNED_OUT, about=about, reason=reason.value)
