"""Reset by a one-time link (附表十, 中): 256 bits, works once and not for long, stored as a hash only.

A link opens nothing by itself: it leads to a new password, and then to the ordinary sign-in with its
second factor. A suspended person has them too: without a password that works nobody could apply for
reinstatement (clause 5.1.3), and that is all their sign-in leads to (`Step.REINSTATE`). Who asks for
one on the sign-in screen gets the same answer for every name, and a stranger who asks changes nothing
for the owner: the password stays, nothing is locked, and within `PAUSE` the newest link goes on working.
"""

import hashlib
import os
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, OneTimeLink
from services import events
from services.actor import Actor
from services.errors import Conflict, NotFound, Refused
from services.events import EventType
from services.identity import link_words, lockout
from services.identity.guard import guarded
from services.identity.link_words import How
from services.identity.managing import locked_account, place_of, require_managed
from services.identity.passwords import Cause, choose, store, void_links
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action, permit
from services.identity.policy import policy_of
from services.identity.sessions import EndReason
from services.mail import outgoing
from services.regulation.roles import AccountStatus

ASKED, GIVEN, ACTIVATE = "reset_asked", "reset_given", "activate"
"""Links that somebody asked for on the sign-in screen, that a manager or the operator gave, and those by
which the holder of a new account sets its first password.

A newer link voids the older ones, but a stranger who asks does not void what was given.
"""
PAUSE = timedelta(minutes=5)
"""No second link is mailed on request within this time."""
ACTIVATION = timedelta(hours=72)
"""How long the link of a new account works: its holder may be away for a weekend."""
CONFIRMATION = timedelta(hours=72)
"""How long an applicant has to show that the e-mail address is theirs: as long, for the same reason."""
A_DAY = 10
"""How many links are mailed on request to one account in a day."""
_DEAD = "連結無效、已用過或已逾時；請回登入畫面按「忘記密碼」，或請您的管理者重新寄送。"


_SIGN_IN = (AccountStatus.ACTIVE.value, AccountStatus.SUSPENDED.value)
"""Whose holders can sign in, each as far as they may: a cancelled account's never again."""


def can_mail() -> bool:
    """Whether links can be sent by e-mail: the address of this system and a mail server are set."""
    return bool(os.environ.get("PUBLIC_URL")) and outgoing.is_configured()


def address_of(token: str) -> str:
    """Return the link. Its start comes from ``PUBLIC_URL``, never from what a browser says it asked."""
    return f"{os.environ.get('PUBLIC_URL', '').rstrip('/')}/?reset={token}"


def request_link(username: str, address: str, now: datetime) -> None:
    """Mail a link to the account called ``username``, unless there is none, it is cancelled, or has no e-mail.

    Returns nothing and raises nothing that would tell: the answer is the same for every name. Requests
    are counted by address, so that nobody fills other people's mailboxes.
    """
    if not can_mail():
        return
    asker, name = lockout.nobody(address, now), lockout.typed_name(username)
    may_ask = lockout.may_ask(address, now)
    with transaction() as db:
        account = _asking(db, name, now) if may_ask else None
        if account is not None:
            _mail_link(db, asker, account, ASKED, "有人（應該是您）在登入畫面要求重設密碼。")
            return
        # On record like the others. Besides, a request that wrote nothing would be over sooner.
        about = ("username", name[:40])
        events.write(db, asker, EventType.RESET_LINK_ISSUED, about=about, outcome="refused")


def _asking(db: Session, name: str, now: datetime) -> Account | None:
    """Return the account that is mailed a link on this request, or None."""
    account = db.scalar(select(Account).where(Account.username == name))
    if account is None or account.status not in _SIGN_IN or not account.email:
        return None
    locked_account(db, account.id)
    asked = select(func.count()).where(
        OneTimeLink.account_id == account.id, OneTimeLink.purpose == ASKED
    )
    lately = db.scalar(asked.where(OneTimeLink.issued_at > now - PAUSE))
    in_a_day = db.scalar(asked.where(OneTimeLink.issued_at > now - timedelta(days=1)))
    return None if lately or (in_a_day or 0) >= A_DAY else account


@guarded(Action.MANAGE_ACCOUNTS)
def send_link(actor: Actor, account_id: int) -> str:
    """Mail a reset link to an account in the manager's charge and return the address it goes to.

    The manager never sees the link. Raises Conflict where it cannot be sent.
    """
    with transaction() as db:
        found = locked_account(db, account_id)
        permit(actor, Action.MANAGE_ACCOUNTS, **place_of(found))
        account = require_managed(actor, found)
        if not can_mail():
            raise Conflict("本系統尚未設定寄信，不能寄送連結；請洽系統維運人員。")
        if account.status not in _SIGN_IN or not account.email:
            raise Conflict("帳號已註銷，或沒有電子郵件地址，不能寄送連結。")
        _mail_link(db, actor, account, GIVEN, f"您的管理者{actor.label}為您寄出重設密碼的連結。")
        return account.email


@guarded(Action.CHANGE_SETTINGS)
def print_link(actor: Actor, username: str) -> str:
    """Return a reset link for whoever has no mail; only for the operator, who hands it over in person."""
    permit(actor, Action.CHANGE_SETTINGS)
    if not actor.is_operator:
        raise Refused("只有系統維運人員能在主機上取得連結；請改用「寄送重設密碼連結」。")
    with transaction() as db:
        name = lockout.typed_name(username)
        account = db.scalar(select(Account).where(Account.username == name))
        if account is None or account.status not in _SIGN_IN:
            raise NotFound(f"沒有帳號「{name}」，或已註銷。")
        return address_of(_issue(db, actor, account.id, GIVEN, How.PRINTED))


def mail_activation(db: Session, actor: Actor, account: Account, application_id: int) -> None:
    """Mail a new account's holder the link that sets its first password, in the caller's transaction.

    No manager ever chooses or sees a password (clause 6.3.1).
    """
    link = address_of(_issue(db, actor, account.id, ACTIVATE, How.MAILED))
    subject, text = link_words.activation(account, link, ACTIVATION)
    until = actor.now + ACTIVATION
    outgoing.queue(
        db,
        account.email,
        subject,
        text,
        actor.now,
        useful_until=until,
        application_id=application_id,
    )


def hand_activation(db: Session, person: Actor, account: Account) -> str:
    """Return such a link's token to the applicant, who has just shown the link of the application."""
    return _issue(db, person, account.id, ACTIVATE, How.FOLLOWED)


def is_good(token: str, now: datetime) -> bool:
    """Whether the link still works; looking at it uses nothing up, as mail scanners look too."""
    with reading() as db:
        return _account_of(db, token, now) is not None


def activates(token: str, now: datetime) -> bool:
    """Whether the link sets the first password of a new account, rather than another one."""
    with reading() as db:
        purpose = db.scalar(
            select(OneTimeLink.purpose).where(OneTimeLink.token_hash == _hash(token))
        )
        return purpose == ACTIVATE and _account_of(db, token, now) is not None


def reset_password(token: str, new: str, address: str, now: datetime) -> None:
    """Set a new password with a link; all the account's sessions end and the link is used up.

    Raises Conflict for a link that does not work (any more), Invalid for a weak password, with
    which the link can be used again.
    """
    with reading() as db:
        account_id = _account_of(db, token, now)
    if account_id is None:
        raise Conflict(_DEAD)
    chosen = choose(account_id, new)
    with transaction() as db:
        # Of two who use it at once, the second waits for this row and then finds it used.
        used = db.scalar(
            update(OneTimeLink)
            .where(OneTimeLink.token_hash == _hash(token), OneTimeLink.used_at.is_(None))
            .values(used_at=now)
            .returning(OneTimeLink.account_id)
        )
        account = load_account(db, account_id)
        if used is None or account is None or account.status not in _SIGN_IN:
            raise Conflict(_DEAD)
        person = as_actor(account, now, address=address)
        store(db, person, chosen, Cause.RESET, EndReason.PASSWORD_RESET)


def _account_of(db: Session, token: str, now: datetime) -> int | None:
    return db.scalar(
        select(OneTimeLink.account_id)
        .join(Account, Account.id == OneTimeLink.account_id)
        .where(
            OneTimeLink.token_hash == _hash(token),
            OneTimeLink.purpose.in_((ASKED, GIVEN, ACTIVATE)),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
            Account.status.in_(_SIGN_IN),
        )
    )


def _mail_link(db: Session, actor: Actor, account: Account, purpose: str, why: str) -> None:
    link = address_of(_issue(db, actor, account.id, purpose, How.MAILED))
    works_for = timedelta(minutes=policy_of(db).reset_minutes)
    subject, text = link_words.reset(account, link, works_for, why)
    outgoing.queue(db, account.email, subject, text, actor.now, useful_until=actor.now + works_for)


def _issue(db: Session, actor: Actor, account_id: int, purpose: str, how: How) -> str:
    """Make a link, which voids older ones, and return its token: the only place it is ever known."""
    void_links(db, account_id, actor.now, *([ASKED] if purpose == ASKED else []))
    minutes = timedelta(minutes=policy_of(db).reset_minutes)
    token = secrets.token_urlsafe(32)
    db.add(
        OneTimeLink(
            token_hash=_hash(token),
            purpose=purpose,
            account_id=account_id,
            issued_at=actor.now,
            issued_by=actor.account_id,
            expires_at=actor.now + (ACTIVATION if purpose == ACTIVATE else minutes),
        )
    )
    events.write(
        db, actor, EventType.RESET_LINK_ISSUED, about=("account", account_id), how=how.value
    )
    return token


def _hash(token: str) -> str:
    # 256 random bits cannot be guessed from a hash, so a fast one is right; a password's is slow.
    return hashlib.sha256(token.encode()).hexdigest()
