"""Signing in and out: the one account that asks, its session row, and the check on every rerun."""

import secrets
from datetime import datetime
from typing import Any

import bcrypt
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, SignInSession
from services import events
from services.errors import Conflict
from services.events import EventType
from services.identity.actor import Actor
from services.identity.entering import Entering, Method, step_left
from services.identity.people import as_actor, load_account
from services.regulation.roles import AccountStatus

PASSWORD_MAX_BYTES = 72
"""bcrypt reads no further and its library refuses longer input."""
_DUMMY_HASH = b"$2b$10$CwTycUXWue0Thq9StjUM0uJ8V9n5BL6BdXG8IvmPVh6NFdX5Q8aQi"


def typed_password(password: str) -> str:
    """Return the password that counts: the sign-in library takes the blanks around it away.

    Whoever hashes, measures or compares a password does it with this one.
    """
    return password.strip()


def find_credentials(username: str, password: str) -> dict[str, Any]:
    """Return the sign-in library's credentials of the one active account called ``username``.

    For an unknown or closed name, an over-long or empty password, the same bcrypt work is done
    and nothing is returned, so that neither time nor answer tells which names exist.
    """
    wanted, password = username.strip().lower(), typed_password(password)
    with reading() as db:
        account = db.scalar(select(Account).where(Account.username == wanted))
    too_long = len(password.encode()) > PASSWORD_MAX_BYTES
    if account is None or account.status != AccountStatus.ACTIVE or too_long or not password:
        bcrypt.checkpw(password.encode()[:PASSWORD_MAX_BYTES] or b"-", _DUMMY_HASH)
        return {"usernames": {}}
    return credentials_of(account)


def credentials_of(account: Account) -> dict[str, Any]:
    """Return ``account`` in the form that streamlit-authenticator reads."""
    return {
        "usernames": {
            account.username: {
                "email": account.email,
                "name": account.name,
                "password": account.password_hash,
            }
        }
    }


def start_session(username: str, address: str, now: datetime) -> str:
    """Open a session for an account whose password was right and return its id."""
    with transaction() as db:
        account = db.scalars(select(Account).where(Account.username == username)).one()
        return _opened(db, account.id, Method.PASSWORD, address, now)


def open_session(entering: Entering, address: str, now: datetime) -> str:
    """Open the session of somebody of whom nothing more is asked and return its id.

    Raises Conflict when a step is left after all.
    """
    with transaction() as db:
        if step_left(db, entering, now) is not None:
            raise Conflict("登入尚未完成，請從頭再登入一次。")
        return _opened(db, entering.account_id, entering.method, address, now)


def _opened(db: Session, account_id: int, method: Method, address: str, now: datetime) -> str:
    session = SignInSession(
        id=secrets.token_urlsafe(32),
        account_id=account_id,
        started_at=now,
        last_seen_at=now,
        method=method.value,
        address=address,
    )
    db.add(session)
    actor = _actor(db, account_id, now, session)
    events.write(db, actor, EventType.SIGNED_IN, about=("account", account_id), method=method.value)
    return session.id


def record_failure(username: str, address: str, now: datetime) -> None:
    """Write down a failed attempt; the name as typed is kept, the password never."""
    nobody = Actor(
        now=now, account_id=None, username="", name="（未登入）", role=None, address=address
    )
    with transaction() as db:
        events.write(
            db,
            nobody,
            EventType.SIGN_IN_FAILED,
            about=("username", username.strip().lower()[:40]),
            outcome="refused",
        )


def actor_of_session(session_id: str, now: datetime, address: str = "") -> Actor | None:
    """Return the person a session belongs to, or None when it is over or the account is not active.

    Called on every rerun (facts.md): status, roles, duties and items are those of this moment.
    """
    if not session_id:
        return None
    with reading() as db:
        session = db.get(SignInSession, session_id)
        if session is None or session.ended_at is not None:
            return None
        account = load_account(db, session.account_id)
        if account is None or account.status != AccountStatus.ACTIVE:
            return None
        return as_actor(account, now, session.id, address or session.address)


def username_of_session(session_id: str) -> str | None:
    """Return the account name of a live session of an active account, or None."""
    with reading() as db:
        return db.scalar(
            select(Account.username)
            .join(SignInSession, SignInSession.account_id == Account.id)
            .where(
                SignInSession.id == session_id,
                SignInSession.ended_at.is_(None),
                Account.status == AccountStatus.ACTIVE.value,
            )
        )


def end_session(session_id: str, now: datetime, reason: str = "signed_out") -> None:
    """End a session; every copy of its cookie is worthless from now on."""
    with transaction() as db:
        session = db.get(SignInSession, session_id)
        if session is None or session.ended_at is not None:
            return
        actor = _actor(db, session.account_id, now, session)
        db.execute(
            update(SignInSession)
            .where(SignInSession.id == session_id)
            .values(ended_at=now, end_reason=reason)
        )
        events.write(
            db, actor, EventType.SIGNED_OUT, about=("account", session.account_id), reason=reason
        )


def _actor(db: Session, account_id: int, now: datetime, session: SignInSession) -> Actor:
    account = load_account(db, account_id)
    assert account is not None
    return as_actor(account, now, session.id, session.address)
