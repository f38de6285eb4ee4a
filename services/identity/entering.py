"""From the right password to an open session: what is still asked for, in which order."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, SecondFactor
from services.errors import Conflict
from services.identity.people import load_account
from services.identity.policy import Policy, policy_of
from services.regulation.roles import AccountStatus, Duty, Role

PATIENCE = timedelta(minutes=10)
"""How long somebody may take from the password to the end."""


class Step(StrEnum):
    """What can still be asked for after the password."""

    CODE = "code"
    """A code of the authenticator app, or a recovery code."""
    ENROL = "enrol"
    """Setting up an authenticator app for the first time."""
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

    def after(self, step: Step) -> "Entering":
        """Return the same person with ``step`` done."""
        return replace(self, passed=self.passed | {step})


def begin(username: str, method: Method, now: datetime) -> Entering:
    """Return the way in of an account whose holder has just been recognised."""
    with reading() as db:
        account_id = db.scalars(select(Account.id).where(Account.username == username)).one()
    return Entering(account_id, method, now)


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
    if account is None or account.status != AccountStatus.ACTIVE:
        raise Conflict("帳號目前不是使用中，不能登入；請洽您的管理者。")
    policy = policy_of(db)
    if entering.method is Method.PASSWORD:
        if _password_was_replaced(account, entering):
            raise Conflict("這個帳號的密碼剛剛已經變更；請以新的密碼登入。")
        if factor_step := _factor_step(db, account, policy, entering, now):
            return factor_step
        if Step.NEW_PASSWORD not in entering.passed and password_is_due(account, policy, now):
            return Step.NEW_PASSWORD
    return None


def _factor_step(
    db: Session, account: Account, policy: Policy, entering: Entering, now: datetime
) -> Step | None:
    """The identity provider has factors of its own; a password alone may need a second one."""
    factor = db.get(SecondFactor, account.id)
    if factor is not None and factor.confirmed_at is not None:
        done = entering.passed & {Step.CODE, Step.ENROL}
        return None if done else Step.CODE
    duties = frozenset(
        Duty(held.duty) for held in account.duties if held.ended_at is None or held.ended_at > now
    )
    return Step.ENROL if policy.needs_second_factor(Role(account.role), duties) else None


def _password_was_replaced(account: Account, entering: Entering) -> bool:
    """Whether the password that was right when this way in began is no longer the account's.

    Whoever typed somebody's first password could otherwise wait here until its owner has changed it.
    """
    changed = account.password_set_at
    by_others = Step.NEW_PASSWORD not in entering.passed
    return by_others and changed is not None and changed > entering.began_at


def password_is_due(account: Account, policy: Policy, now: datetime) -> bool:
    """Whether the password has to be changed before anything else."""
    if account.must_change_password:
        return True
    age = now - (account.password_set_at or account.created_at)
    return 0 < policy.password_days < age.days
