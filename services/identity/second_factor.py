"""The second factor: codes of an authenticator app, or recovery codes, checked (附表十, 高).

What is typed is counted like a password, before it is checked (`lockout`), so that tries at once
cannot outrun the lock. What was right is marked as used by the statement that finds it, so that no
code works twice. What cannot be decided, such as a secret that no key opens, lets nobody in.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken
from sqlalchemy import update
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import SecondFactor
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity import lockout, recovery, totp
from services.identity.entering import Entering, Step, step_left
from services.identity.guard import guarded
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action, permit
from services.identity.policy import policy_of
from services.installation import keys

WRONG = "驗證碼不正確；請輸入驗證器 App 目前顯示的 6 個數字，或一組尚未使用的復原碼。"
USED = "這個驗證碼已經用過；請等驗證器 App 顯示下一個號碼（最多 30 秒）再輸入。"


@dataclass(frozen=True)
class Passed:
    """A code that was right."""

    by_recovery_code: bool
    codes_left: int


@dataclass(frozen=True)
class OwnFactor:
    """How a person's own sign-in is secured beside the password."""

    confirmed_at: datetime | None
    codes_left: int
    required: bool
    """Whether the policy asks for it, so that it can be replaced but not removed."""


@guarded(Action.MANAGE_OWN_SIGN_IN)
def own_factor(actor: Actor) -> OwnFactor:
    """Return the state of the person's own second factor."""
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    account_id = own_account(actor)
    with reading() as db:
        factor = confirmed_factor(db, account_id)
        return OwnFactor(
            confirmed_at=factor.confirmed_at if factor else None,
            codes_left=recovery.codes_left(db, account_id),
            required=is_required(db, actor),
        )


def is_required(db: Session, actor: Actor) -> bool:
    """Whether the policy asks this person for a second factor."""
    assert actor.role is not None  # only people with an account have a sign-in
    duties = frozenset(held.duty for held in actor.duties)
    return policy_of(db).needs_second_factor(actor.role, duties)


def own_account(person: Actor) -> int:
    """Return the account of the acting person."""
    assert person.account_id is not None  # `permit` on the own account has refused everybody else
    return person.account_id


def pass_code(entering: Entering, typed: str, address: str, now: datetime) -> Passed:
    """Check the code of somebody on the way in.

    Raises Invalid for a wrong or used one, Conflict while the name or the address is locked, and
    when a code is not what this person is asked for.
    """
    with reading() as db:
        if step_left(db, entering, now) is not Step.CODE:
            raise Conflict("目前不需要驗證碼；請從頭再登入一次。")
        account = load_account(db, entering.account_id)
        assert account is not None  # step_left has just read it
        actor = as_actor(account, now, address=address)
    return check_code(actor, typed)


def check_code(person: Actor, typed: str) -> Passed:
    """Check a code of ``person``'s own, count the try, and use the code up.

    Raises Invalid for a wrong or used one, Conflict while the name or the address is locked.
    """
    code = read_code(typed)
    attempt = lockout.take_of(person, lockout.Tried.CODE)
    try:
        with transaction() as db:
            passed = _use(db, person, code)
    except Conflict:
        lockout.passed(attempt)  # nothing was compared, so nothing was guessed
        raise
    if isinstance(passed, Passed):
        lockout.passed(attempt)
        return passed
    lockout.failed(attempt)
    raise Invalid(passed)


def read_code(typed: str, of_app_only: bool = False) -> str:
    """Return what was typed without blanks and hyphens, in capitals; raise Invalid for no code.

    What cannot be a code is no guess and is not counted. While an app is being set up a recovery code
    is no answer.
    """
    folded = unicodedata.normalize("NFKC", typed)
    code = re.sub(r"[\s\-‐-―−]", "", folded).upper()
    if re.fullmatch(r"[0-9]{6}", code):
        return code
    if of_app_only:
        raise Invalid(f"請輸入新驗證器 App 顯示的 {totp.DIGITS} 個數字。")
    if re.fullmatch(rf"[A-Z2-7]{{{recovery.LENGTH}}}", code):
        return code
    raise Invalid(
        f"請輸入驗證器 App 顯示的 {totp.DIGITS} 個數字，或一組 {recovery.LENGTH} 個字元的復原碼。"
    )


def confirmed_factor(db: Session, account_id: int) -> SecondFactor | None:
    """Return the account's second factor if a right code has ever confirmed it."""
    factor = db.get(SecondFactor, account_id)
    return factor if factor is not None and factor.confirmed_at is not None else None


def seal(secret: str) -> str:
    """Return a secret as it is stored."""
    return keys.data_cipher().encrypt(secret.encode()).decode()


def unseal(stored: str) -> str:
    """Return a stored secret; raise Conflict when none of the keys opens it."""
    try:
        return keys.data_cipher().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise Conflict(
            "儲存的雙因子密鑰無法解開，暫時不能驗證；請洽系統管理者檢查 DATA_KEYS 是否為儲存時的金鑰。"
        ) from None


def _use(db: Session, actor: Actor, code: str) -> Passed | str:
    """Use a code up; return the sentence that says why not."""
    account_id = own_account(actor)
    factor = confirmed_factor(db, account_id)
    if factor is None:
        raise Conflict("這個帳號沒有設定雙因子驗證；請從頭再登入一次。")
    if len(code) == totp.DIGITS:
        sentence = use_step(db, factor, code, actor.now)
        return sentence or Passed(False, recovery.codes_left(db, account_id))
    if not recovery.use_code(db, account_id, code, actor.now):
        return WRONG
    left = recovery.codes_left(db, account_id)
    events.write(
        db, actor, EventType.RECOVERY_CODE_USED, about=("account", account_id), codes_left=left
    )
    return Passed(True, left)


def use_step(db: Session, factor: SecondFactor, code: str, now: datetime) -> str | None:
    """Mark the code's time step as used; return the sentence that says why not."""
    step = totp.matching_step(unseal(factor.secret), code, now)
    if step is None:
        return WRONG
    marked = db.execute(
        update(SecondFactor)
        .where(
            SecondFactor.account_id == factor.account_id,
            SecondFactor.secret == factor.secret,
            SecondFactor.last_step < step,
        )
        .values(last_step=step)
        .returning(SecondFactor.account_id)
    )
    return None if marked.first() else USED
