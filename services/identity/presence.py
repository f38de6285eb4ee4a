"""The check on every rerun: whose session this is and whether it still holds, in two statements.

It runs for every click of everybody, so it asks for the columns it needs and makes no objects of
them. What it reads is the state of this very moment: a suspended account, a new role, a lost duty or item
counts from the next rerun on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, null, select, union_all, update
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, AccountDuty, AccountItem, SecondFactor, SignInSession, Unit
from services.actor import Actor, DutyHeld
from services.errors import Busy
from services.identity.entering import Method
from services.identity.policy import Policy, demo_marker, stored_value, value_or_default
from services.identity.sessions import SEEN_EVERY, EndReason, end_session, limit_passed, place
from services.identity.terms import is_held
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Duty, Role
from services.rocdate import roc_time

_CLOSED = {
    AccountStatus.SUSPENDED: EndReason.SUSPENDED,
    AccountStatus.CANCELLED: EndReason.CANCELLED,
}
_NOT_YOU = "若不是您本人所為，請立即登入變更密碼，並告知您的管理者。"

# Made once, of tables and not of classes: building statements and objects would be most of the cost.
_sessions, _accounts, _units = SignInSession.__table__.c, Account.__table__.c, Unit.__table__.c
_duties, _items = AccountDuty.__table__.c, AccountItem.__table__.c
_factors = SecondFactor.__table__.c
_SESSION = (
    select(
        _sessions.account_id,
        _sessions.started_at,
        _sessions.last_seen_at,
        _sessions.ended_at,
        _sessions.end_reason,
        _sessions.address,
        _sessions.role.label("role_then"),
        _sessions.method,
        _accounts.username,
        _accounts.name,
        _accounts.role,
        _accounts.status,
        _accounts.unit_id,
        _units.agency_id,
        stored_value("idle_minutes").label("idle_minutes"),
        stored_value("session_hours").label("session_hours"),
        _factors.confirmed_at.label("factor_confirmed_at"),
        stored_value("second_factor").label("second_factor"),
        demo_marker().label("demo"),
    )
    .join_from(SignInSession.__table__, Account.__table__, _accounts.id == _sessions.account_id)
    .join(Unit.__table__, _units.id == _accounts.unit_id)
    .outerjoin(SecondFactor.__table__, _factors.account_id == _sessions.account_id)
    .where(_sessions.id == bindparam("session_id"))
)
_HELD = union_all(
    select(
        _duties.id.label("place"),
        _duties.duty.label("code"),
        _duties.unit_id,
        _duties.agency_id,
        _duties.starts_at,
        _duties.ended_at,
    ).where(_duties.account_id == bindparam("account_id")),
    select(null(), _items.item, null(), null(), null(), null()).where(
        _items.account_id == bindparam("account_id")
    ),
).order_by("place")
"""The duties and the authorised items of one account, in one statement; an item has no place."""


@dataclass(frozen=True)
class Ended:
    """A session that is over: why, and where and when the one began that replaced it."""

    reason: EndReason
    at: datetime
    by_address: str = ""

    @property
    def sentence(self) -> str:
        """What its person is told, once."""
        if self.reason is EndReason.REPLACED:
            return (
                f"您的帳號已於 {roc_time(self.at)} 在別處登入（{place(self.by_address)}），"
                f"這裡的登入因此結束；同一帳號同時只能有一個登入。{_NOT_YOU}"
            )
        return _SENTENCES[self.reason]


_SENTENCES = {
    EndReason.SIGNED_OUT: "您已登出。",
    EndReason.EVERYWHERE: "您已結束這個帳號的所有登入。",
    EndReason.IDLE: "閒置時間已到，系統已自動登出；請重新登入。",
    EndReason.ABSOLUTE: "已達最長登入時間，請重新登入。",
    EndReason.PASSWORD_CHANGED: f"帳號的密碼已變更，原有的登入都已結束；請以新密碼登入。{_NOT_YOU}",
    EndReason.PASSWORD_RESET: f"帳號的密碼已重設，原有的登入都已結束；請以新密碼登入。{_NOT_YOU}",
    EndReason.ROLE_CHANGED: "您的角色已變更；請重新登入，以新的角色使用。",
    EndReason.RIGHTS_CHANGED: "您的權限異動已辦理完成；請重新登入使用。",
    EndReason.FACTOR_REMOVED: f"您的雙因子驗證已由管理者移除；請重新登入並設定驗證器。{_NOT_YOU}",
    EndReason.FACTOR_NEEDED: "您的角色或職務現在須使用雙因子驗證，這個登入因此結束；請重新登入並設定驗證器。",
    EndReason.SUSPENDED: "帳號已停權，登入已結束；請洽您的管理者。",
    EndReason.CANCELLED: "帳號已註銷，登入已結束。",
}


@dataclass(frozen=True)
class Present:
    """A session that holds: its person at this moment, and when it ends if nothing is done."""

    actor: Actor
    idle_until: datetime
    ends_at: datetime


def check(
    session_id: str, now: datetime, address: str = "", seen: bool = True
) -> Present | Ended | None:
    """Return whose session this is, or why it is over, or None for an id that never was one.

    A session found over is ended on the spot. ``seen`` says that its person is doing something just
    now; a page that only looks whether time is up passes False and keeps nothing alive.
    """
    if not session_id:
        return None
    with reading() as db:
        ask = db.connection().execute
        row: Any = ask(_SESSION, {"session_id": session_id}).first()
        if row is None:
            return None
        if row.ended_at is not None:
            return _ended(db, session_id, row)
        held = ask(_HELD, {"account_id": row.account_id}).all()
    present = _present(session_id, row, held, now, address)
    if reason := _reason_to_end(row, present, now):
        end_session(session_id, now, reason)
        return Ended(reason, now)
    if seen and now - row.last_seen_at >= SEEN_EVERY:
        _note(session_id, now)
    return present


def _reason_to_end(row: Any, present: Present, now: datetime) -> EndReason | None:
    if row.status != AccountStatus.ACTIVE:
        return _CLOSED[AccountStatus(row.status)]
    if row.role != row.role_then:
        return EndReason.ROLE_CHANGED
    if limit := limit_passed(present.idle_until, present.ends_at, now):
        return limit
    return EndReason.FACTOR_NEEDED if _lacks_factor(row, present.actor) else None


def _lacks_factor(row: Any, actor: Actor) -> bool:
    """Whether a password alone let in somebody who by now has to have a second factor.

    A duty given, or a policy made stricter, after the sign-in. Whoever has set one up meanwhile has
    shown its code, as on the way in; the identity provider has factors of its own.
    """
    if row.method != Method.PASSWORD or row.factor_confirmed_at is not None or actor.role is None:
        return False
    policy = Policy(second_factor=value_or_default("second_factor", row.second_factor, row.demo))
    return policy.needs_second_factor(actor.role, frozenset(held.duty for held in actor.duties))


def _present(
    session_id: str, row: Any, held: Sequence[Any], now: datetime, address: str
) -> Present:
    actor = Actor(
        now=now,
        account_id=row.account_id,
        username=row.username,
        name=row.name,
        role=Role(row.role),
        unit_id=row.unit_id,
        agency_id=row.agency_id,
        duties=tuple(
            DutyHeld(Duty(one.code), one.unit_id, one.agency_id)
            for one in held
            if one.place and is_held(one, now)
        ),
        items=frozenset(Item(one.code) for one in held if not one.place),
        session_id=session_id,
        address=address or row.address,
    )
    idle = timedelta(minutes=value_or_default("idle_minutes", row.idle_minutes))
    longest = timedelta(hours=value_or_default("session_hours", row.session_hours))
    return Present(actor, row.last_seen_at + idle, row.started_at + longest)


def _ended(db: Session, session_id: str, row: Any) -> Ended:
    reason = EndReason(row.end_reason)
    by_address = ""
    if reason is EndReason.REPLACED:
        newer = select(SignInSession.address).where(
            SignInSession.account_id == row.account_id,
            SignInSession.started_at == row.ended_at,
            SignInSession.id != session_id,
        )
        by_address = db.scalars(newer).first() or ""
    return Ended(reason, row.ended_at, by_address)


def _note(session_id: str, now: datetime) -> None:
    """Write down that the person was here; an import that is just being written is not waited for.

    What is not noted now is noted with a later click: at worst the session ends too early.
    """
    try:
        with transaction(patience=0) as db:
            db.execute(
                update(SignInSession)
                .where(SignInSession.id == session_id, SignInSession.last_seen_at < now)
                .values(last_seen_at=now)
            )
    except Busy:
        return
