"""Passwords: what a new one has to be, and changing one (附表十).

They are hashed with bcrypt at its library's usual cost, which is what streamlit-authenticator's
``Hasher`` does and all that its ``check_pw`` can read: Argon2id cannot be had without leaving that
library. Hashes are worked out before a transaction begins, as they take long on purpose.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import bcrypt
from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session
from zxcvbn import zxcvbn

from data.engine import reading, transaction
from data.models import Account, OldPassword, OneTimeLink
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity import lockout
from services.identity.entering import Entering, Step, step_left
from services.identity.guard import guarded
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action, permit
from services.identity.policy import Policy, policy_of
from services.identity.sessions import EndReason, end_all
from services.identity.signin import PASSWORD_MAX_BYTES, typed_password
from services.rocdate import roc_time

_KNOWN = "您的姓名、帳號或所屬單位等他人已知的資料"
_HERE = (
    *("地籍", "地政", "稅捐", "臺北", "市政府", "政府", "管理", "系統", "密碼", "帳號"),
    *("cadastre", "taipei", "demo", "ji32k7au4a83", "au4a83"),
)
"""What everybody here would think of first, the keys of 我的密碼 in Zhuyin among it."""
STRENGTH = 3
"""The least zxcvbn score: safely unguessable beyond ten to the eighth tries."""


class Cause(StrEnum):
    """Why a password was changed; the value is what events hold."""

    OWN_WISH = "own_wish"
    DUE = "due"
    RESET = "reset"

    @property
    def label(self) -> str:
        return {"own_wish": "本人自行變更", "due": "登入前須變更", "reset": "以連結重設"}[
            self.value
        ]


@dataclass(frozen=True)
class Chosen:
    """A new password that was found good, as a hash, and the present one that it was judged beside."""

    hashed: str
    instead_of: str


def password_rules() -> tuple[str, ...]:
    """Return what a new password has to be, a sentence each, as the policy stands."""
    with reading() as db:
        policy = policy_of(db)
    return (
        f"至少 {policy.password_length} 個字元，最多 {PASSWORD_MAX_BYTES} 個位元組"
        "（一個中文字占 3 個位元組）；前後的空白不計。",
        "不容易猜中：不用姓名、帳號、日期、鍵盤順序或常見密碼；幾個彼此無關的詞最好記也最安全。",
        f"不得與目前及最近 {policy.password_history} 次的密碼相同。",
    )


def judge(policy: Policy, password: str, names: Sequence[str]) -> None:
    """Raise Invalid, with every reason, when ``password`` is too short, too long or easy to guess.

    ``names`` are what others know of the person: found in the password, they count for nothing.
    """
    if not password.isprintable():
        raise Invalid("密碼不可含有控制字元，例如換行或定位字元；請重新輸入。")
    if len(password) < policy.password_length or len(password.encode()) > PASSWORD_MAX_BYTES:
        raise Invalid(
            f"密碼至少 {policy.password_length} 個字元，最多 {PASSWORD_MAX_BYTES} 個位元組"
            f"（一個中文字占 3 個位元組）；輸入的是 {len(password)} 個字元、"
            f"{len(password.encode())} 個位元組。"
        )
    password = password.replace("台", "臺")  # two ways to write the same name
    everything = {name.replace("台", "臺") for name in (*names, *_HERE) if len(name) > 1}
    known = sorted(everything, key=len, reverse=True)  # of 市政府 and 政府 the whole is found
    rest = re.sub("|".join(map(re.escape, known)), "", password, flags=re.IGNORECASE)
    # Of nothing at all zxcvbn can say nothing; a blank is as weak.
    found = zxcvbn(rest or " ", user_inputs=known)
    if found["score"] < STRENGTH:
        reasons = [_KNOWN] if rest != password else []
        reasons += [_reason(match) for match in found["sequence"]]
        why = "、".join(reason for reason in dict.fromkeys(reasons) if reason)
        raise Invalid(
            f"這個密碼太容易猜中{f'：含有{why}' if why else ''}。"
            "請加長，或改用幾個彼此無關的詞，再試一次。"
        )


def _reason(match: dict[str, str]) -> str:
    pattern = match["pattern"]
    if pattern == "dictionary":
        of = {"user_inputs": _KNOWN, "passwords": "常見的密碼"}
        return of.get(match["dictionary_name"], "常見的字詞或人名")
    return {
        "spatial": "鍵盤上相鄰的按鍵",
        "repeat": "重複的字元",
        "sequence": "連續的字元",
        "regex": "年份",
        "date": "日期",
    }.get(pattern, "")


def hash_password(password: str) -> str:
    """Return the hash to store; the same as the sign-in library's own ``Hasher.hash``."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()


def matches(password: str, hashed: str) -> bool:
    """Whether ``password`` is the one that was hashed; an over-long one is not even tried."""
    given = password.encode()
    return len(given) <= PASSWORD_MAX_BYTES and bcrypt.checkpw(given, hashed.encode())


def names_of(account: Account) -> list[str]:
    """Return what others know of a person, which therefore makes no password stronger."""
    unit = account.unit
    return [
        account.username,
        account.name,
        account.staff_no,
        account.title,
        account.phone,
        *account.email.replace("@", ".").split("."),
        unit.name,
        unit.agency.name,
    ]


@guarded(Action.MANAGE_OWN_SIGN_IN)
def change_own_password(actor: Actor, present: str, new: str) -> None:
    """Change the person's own password; all other sessions of the account end.

    Raises Invalid for a wrong present password (which is counted like a failed sign-in) or a weak
    new one, Conflict (or Locked) while it may not be changed.
    """
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    assert actor.account_id is not None  # permit refuses the operator, who has no account
    with reading() as db:
        account = load_account(db, actor.account_id)
        policy = policy_of(db)
    assert account is not None
    attempt = lockout.take_of(actor, lockout.Tried.PASSWORD)
    if not matches(typed_password(present), account.password_hash):
        lockout.failed(attempt)
        raise Invalid("目前的密碼不正確；請再輸入一次。")
    lockout.passed(attempt)
    earliest = (account.password_set_at or account.created_at) + timedelta(
        hours=policy.password_min_hours
    )
    if actor.now < earliest and not account.must_change_password:
        raise Conflict(
            f"密碼變更後 {policy.password_min_hours} 小時內不能再變更；"
            f"{roc_time(earliest)} 起可以變更。懷疑密碼外洩時，請告知您的管理者。"
        )
    chosen = choose(account.id, new)
    with transaction() as db:
        store(db, actor, chosen, Cause.OWN_WISH, EndReason.PASSWORD_CHANGED)


def change_on_the_way_in(entering: Entering, new: str, address: str, now: datetime) -> Entering:
    """Set the password that has to be changed before the session opens; return the way in with it.

    Raises Invalid for a weak one, Conflict when this is not the step that is due.
    """
    chosen = choose(entering.account_id, new)
    with transaction() as db:
        if step_left(db, entering, now) is not Step.NEW_PASSWORD:
            raise Conflict("目前不是變更密碼的步驟；請從頭再登入一次。")
        account = load_account(db, entering.account_id)
        assert account is not None  # step_left has just found it
        person = as_actor(account, now, address=address)
        store(db, person, chosen, Cause.DUE, EndReason.PASSWORD_CHANGED)
    return entering.after_new_password(chosen.hashed)


def choose(account_id: int, new: str) -> Chosen:
    """Judge a new password for this account and return its hash; raise Invalid with the reasons."""
    password = typed_password(new)
    with reading() as db:
        account = load_account(db, account_id)
        assert account is not None
        policy = policy_of(db)
        earlier = db.scalars(_earlier(account_id).limit(policy.password_history)).all()
    if any(matches(password, hashed) for hashed in (account.password_hash, *earlier)):
        raise Invalid(f"不得與目前及最近 {policy.password_history} 次的密碼相同；請另選一個密碼。")
    judge(policy, password, names_of(account))
    return Chosen(hash_password(password), account.password_hash)


def store(db: Session, person: Actor, chosen: Chosen, cause: Cause, reason: EndReason) -> None:
    """Make the chosen password the account's, in the caller's transaction.

    Ends the account's other sessions and voids its links; raises Conflict when somebody was first.
    """
    assert person.account_id is not None
    account = db.get_one(Account, person.account_id, with_for_update={"key_share": True})
    if account.password_hash != chosen.instead_of:
        raise Conflict("這個帳號的密碼剛剛已經變更；請以新的密碼登入。")
    db.add(
        OldPassword(
            account_id=account.id,
            password_hash=account.password_hash,
            set_at=account.password_set_at or account.created_at,
        )
    )
    db.flush()
    kept = _earlier(account.id).limit(policy_of(db).password_history)
    db.execute(
        delete(OldPassword).where(
            OldPassword.account_id == account.id,
            OldPassword.password_hash.not_in(kept),
        )
    )
    account.password_hash = chosen.hashed
    account.password_set_at = person.now
    account.must_change_password = False
    void_links(db, account.id, person.now)
    end_all(db, account.id, person.now, reason, keep=person.session_id)
    about = ("account", account.id)
    events.write(db, person, EventType.PASSWORD_CHANGED, about=about, cause=cause.value)


def void_links(db: Session, account_id: int, now: datetime, *purposes: str) -> None:
    """Make every link of the account that still works useless, or only those of some purposes."""
    statement = update(OneTimeLink).where(
        OneTimeLink.account_id == account_id, OneTimeLink.used_at.is_(None)
    )
    if purposes:
        statement = statement.where(OneTimeLink.purpose.in_(purposes))
    db.execute(statement.values(used_at=now))


def _earlier(account_id: int) -> Select[str]:
    return (
        select(OldPassword.password_hash)
        .where(OldPassword.account_id == account_id)
        .order_by(OldPassword.set_at.desc(), OldPassword.id.desc())
    )
