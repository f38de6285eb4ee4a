"""From the right password to an open session: what is still asked for, in which order."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, SecondFactor
from services.errors import Conflict
from services.identity.people import load_account
from services.identity.policy import Policy, policy_of
from services.identity.terms import is_held
from services.regulation.roles import AccountStatus, Duty, Role

PATIENCE = timedelta(minutes=10)
"""How long somebody may take from the password to the end."""


class Step(StrEnum):
    """What can still be asked for after the password."""

    CODE = "code"
    """A code of the authenticator app, or a recovery code."""
    ENROL = "enrol"
    """Setting up an authenticator app for the first time."""
    REINSTATE = "reinstate"
    """A suspended account: its holder can apply for reinstatement, and nothing else, ever."""
    NEW_PASSWORD = "new_password"  # nosec B105  # a word of ours, no password
    """Choosing a password: at the first sign-in, after a reset by somebody else, or when it is old."""


class Method(StrEnum):
    """How a person was recognised."""

    PASSWORD = "password"  # nosec B105  # a word of ours, no password
    OIDC = "oidc"

    @property
    def label(self) -> str:
        return {Method.PASSWORD: "密碼", Method.OIDC: "市府帳號"}[self]


@dataclass(frozen=True)
class Entering:
    """Somebody on the way in. Kept on the server only, so its holder cannot claim a step."""

    account_id: int
    method: Method
    began_at: datetime
    passed: frozenset[Step] = frozenset()
    password_mark: str = field(default="", repr=False)
    """Which password was right, by `_mark_of` its stored hash; empty where none was asked for."""

    def after(self, step: Step) -> "Entering":
        """Return the same person with ``step`` done."""
        return replace(self, passed=self.passed | {step})

    def after_new_password(self, hashed: str) -> "Entering":
        """Return the same person, who has just chosen the password that is stored as ``hashed``."""
        return replace(self.after(Step.NEW_PASSWORD), password_mark=_mark_of(hashed))


def begin(username: str, method: Method, now: datetime, verified: str = "") -> Entering:
    """Return the way in of an account whose holder has just been recognised.

    ``verified`` is the stored hash for which the password was right; a way in by a password goes
    nowhere without it.
    """
    with reading() as db:
        account_id = db.scalars(select(Account.id).where(Account.username == username)).one()
    mark = _mark_of(verified) if method is Method.PASSWORD else ""
    return Entering(account_id, method, now, password_mark=mark)


def next_step(entering: Entering, now: datetime) -> Step | None:
    """Return what is asked for next, or None when the session may be opened.

    Raises Conflict when it took too long, or the account was closed or its password changed meanwhile.
    """
    with reading() as db:
        return step_left(db, entering, now)


def step_left(db: Session, entering: Entering, now: datetime) -> Step | None:
    """Return `next_step` as the caller's transaction sees it."""
    account = load_account(db, entering.account_id)
    if now - entering.began_at > PATIENCE:
        raise Conflict("登入已逾時，請從頭再登入一次。")
    if account is None or account.status == AccountStatus.CANCELLED:
        raise Conflict("帳號目前不是使用中，不能登入；請洽您的管理者。")
    policy = policy_of(db)
    if entering.method is Method.PASSWORD:
        if _password_was_replaced(account, entering):
            raise Conflict("這個帳號的密碼剛剛已經變更；請以新的密碼登入。")
        if factor_step := _factor_step(db, account, policy, entering, now):
            return factor_step
    if account.status == AccountStatus.SUSPENDED:
        return Step.REINSTATE
    due = entering.method is Method.PASSWORD and password_is_due(account, policy, now)
    return Step.NEW_PASSWORD if due and Step.NEW_PASSWORD not in entering.passed else None


def _factor_step(
    db: Session, account: Account, policy: Policy, entering: Entering, now: datetime
) -> Step | None:
    """The identity provider has factors of its own; a password alone may need a second one."""
    factor = db.get(SecondFactor, account.id)
    if factor is not None and factor.confirmed_at is not None:
        done = entering.passed & {Step.CODE, Step.ENROL}
        return None if done else Step.CODE
    duties = frozenset(Duty(held.duty) for held in account.duties if is_held(held, now))
    return Step.ENROL if policy.needs_second_factor(Role(account.role), duties) else None


def _password_was_replaced(account: Account, entering: Entering) -> bool:
    """Whether the password that was right for this way in is no longer the account's.

    Whoever typed somebody's first password could otherwise wait here until its owner has changed it.
    The passwords themselves are compared, not when they were set: a change that is stored while the
    old one is still being checked is over before the way in begins.
    """
    return _mark_of(account.password_hash) != entering.password_mark


def _mark_of(hashed: str) -> str:
    """Return what tells a stored password from every other; nothing can be checked against it."""
    return hashlib.sha256(hashed.encode()).hexdigest()


def password_is_due(account: Account, policy: Policy, now: datetime) -> bool:
    """Whether the password has to be changed before anything else."""
    if account.must_change_password:
        return True
    age = now - (account.password_set_at or account.created_at)
    return 0 < policy.password_days < age.days
