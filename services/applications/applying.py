"""Sending an application in, putting it right, taking it back: what applicants do (clause 5)."""

import hashlib
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, Application, Unit
from services.accounts.person import Person, checked_person
from services.actor import Actor
from services.applications.checks import (
    checked_items,
    checked_reason,
    moved_to,
    not_taken,
    one_at_a_time,
    open_unit,
)
from services.applications.expiring import HOURS, make_way
from services.applications.repeating import repeatable
from services.applications.store import write_act
from services.errors import Conflict, Invalid
from services.identity import lockout
from services.identity.guard import guarded
from services.identity.links import CONFIRMATION, can_mail
from services.identity.permissions import Action, permit
from services.mail import outgoing
from services.regulation.application_states import HANDED, LIVE, Act, State
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Role
from services.regulation.workflows import Kind
from services.rocdate import local_date

BUSY = "這個帳號已有辦理中的申請（{number}）；請等它辦完，或先撤回。"
TOO_MANY = "這個來源位址送出的申請過多，暫時不再受理；請稍後再試，或洽您單位的管理者。"


@dataclass(frozen=True)
class Wanted:
    """What is applied for: the role, the items, and why."""

    role: Role
    unit_id: int
    items: tuple[Item, ...]
    reason: str


@dataclass(frozen=True)
class Submitted:
    """An application that has just come in, and the token of its link where no mail takes it along."""

    id: int
    number: str
    token: str | None


def apply_new(typed: Person, wanted: Wanted, address: str, now: datetime) -> Submitted:
    """Take the application of somebody without an account (clauses 5.1.1 to 5.4.1).

    Nobody is signed in: requests are counted by address, and the answer for a number or address that
    is taken does not say whose. With a mail server the link goes to the applicant's address only, and
    opening it proves the address; whom it did not reach applies again (`repeatable`). Without one it is
    returned, and the completing manager has to know the applicant. Raises Invalid for wrong input, Conflict for a taken number.
    """
    person = checked_person(typed)
    wanted = checked_wanted(wanted)
    if not lockout.may_ask(address, now, lockout.Kind.APPLYING):
        raise Conflict(TOO_MANY)
    with transaction() as db:
        unit = open_unit(db, wanted.unit_id, wanted.role)
        one_at_a_time(db)
        not_taken(db, person, now, but=repeatable(db, person.email, now))
        return submit_new(db, _stranger(person, address, now), person, wanted, unit)


def checked_wanted(wanted: Wanted) -> Wanted:
    """Return what is applied for as it is stored, or raise Invalid."""
    why = checked_reason(wanted.reason)
    return replace(wanted, items=checked_items(wanted.role, wanted.items), reason=why)


def submit_new(db: Session, sender: Actor, person: Person, wanted: Wanted, unit: Unit) -> Submitted:
    """Store an application for a new account, checked before, in the caller's transaction.

    ``sender`` is the applicant, whom nobody has signed in, or the manager who imports a list. The
    link goes to the applicant's address; without a mail server its token is returned, and an act
    by somebody else says that it passed through their hands.
    """
    make_way(db, person, sender.now)
    token = secrets.token_urlsafe(32)
    mailed = can_mail()
    application = Application(
        number=secrets.token_hex(10),  # until its own number is known
        role=wanted.role.value,
        kind=Kind.CREATE.value,
        state=(State.UNCONFIRMED if mailed else State.OPEN).value,
        step=0 if mailed else 1,
        username=person.username,
        staff_no=person.staff_no,
        name=person.name,
        title=person.title,
        email=person.email,
        phone=person.phone,
        unit_id=unit.id,
        items=[item.value for item in wanted.items],
        reason=wanted.reason,
        submitted_at=sender.now,
        follow_hash=hash_of(token),
        address=sender.address[:60],
    )
    _number(db, application, sender.now)
    for_others = sender.account_id is not None
    handed: dict[str, Any] = {HANDED: True} if for_others and not mailed else {}
    write_act(db, sender, application, Act.SUBMITTED, **handed)
    if mailed:
        # A stranger can type anybody's address: no word of theirs goes there in our name.
        greeting = f"{person.name} 您好" if for_others else "您好"
        by = f"{sender.label}以名單為您" if for_others else "本系統收到以這個電子郵件"
        written = _confirmation(application, token, greeting, by)
        # No application's history is told of it: whoever applies can type an address that is nobody's.
        outgoing.queue(
            db, person.email, *written, sender.now, useful_until=sender.now + CONFIRMATION
        )
    return Submitted(application.id, application.number, None if mailed else token)


def follow_link(token: str) -> str:
    """Return the link by which the applicant follows an application."""
    return f"{os.environ.get('PUBLIC_URL', '').rstrip('/')}/?follow={token}"


@guarded(Action.APPLY)
def apply_own(
    actor: Actor,
    kind: Kind,
    reason: str,
    *,
    items: Collection[Item] = (),
    to_unit_id: int | None = None,
) -> Submitted:
    """Take a person's application about the own account: a change or a cancellation.

    A change names the items and the unit that are to hold afterwards. A suspended account cannot
    sign in; its holder applies for reinstatement with `apply_reinstatement`.
    """
    permit(actor, Action.APPLY, account_id=actor.account_id)
    if kind not in (Kind.CHANGE, Kind.CANCEL):
        raise Invalid("使用中的帳號可以申請權限異動或註銷。")
    why = checked_reason(reason)
    with transaction() as db:
        account = _own_account(db, actor.account_id)
        moving = None
        if kind is Kind.CHANGE:
            wanted = checked_items(Role(account.role), items)
            moving = moved_to(db, account, to_unit_id)
            if {row.item for row in account.items} == set(wanted) and moving is None:
                raise Invalid("申請的內容與目前相同；請先變更授權項目或單位。")
        else:
            wanted = tuple(Item(row.item) for row in account.items)
        return submit_about(db, actor, account, kind, why, wanted, moving)


def submit_about(
    db: Session,
    person: Actor,
    account: Account,
    kind: Kind,
    why: str,
    items: Collection[Item],
    moved_to: Unit | None = None,
) -> Submitted:
    """Store an application about an account that exists; its holder is known by the sign-in."""
    live = [state.value for state in LIVE]
    busy = db.scalar(
        select(Application.number).where(
            Application.account_id == account.id, Application.state.in_(live)
        )
    )
    if busy is not None:
        raise Conflict(BUSY.format(number=busy))
    application = Application(
        number=secrets.token_hex(10),
        role=account.role,
        kind=kind.value,
        state=State.OPEN.value,
        step=1,
        account_id=account.id,
        username=account.username,
        staff_no=account.staff_no,
        name=account.name,
        title=account.title,
        email=account.email,
        phone=account.phone,
        unit_id=account.unit_id,
        to_unit_id=moved_to.id if moved_to else None,
        items=[item.value for item in items],
        reason=why,
        submitted_at=person.now,
        email_confirmed_at=person.now,
        address=person.address[:60],
    )
    _number(db, application, person.now)
    write_act(db, person, application, Act.SUBMITTED)
    return Submitted(application.id, application.number, None)


def hash_of(token: str) -> str:
    """Return what is stored of a link's token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _own_account(db: Session, account_id: int | None) -> Account:
    account = db.get(Account, account_id, with_for_update={"key_share": True})
    assert account is not None  # who is signed in has an account
    if account.status != AccountStatus.ACTIVE:
        raise Conflict("帳號目前不是使用中，不能申請異動或註銷。")
    return account


def _number(db: Session, application: Application, now: datetime) -> None:
    db.add(application)
    db.flush()
    application.number = f"申{local_date(now).year - 1911}-{application.id:06d}"


def _stranger(person: Person, address: str, now: datetime) -> Actor:
    return Actor(
        now=now, account_id=None, username="", name=person.name, role=None, address=address
    )


def _confirmation(application: Application, token: str, greeting: str, by: str) -> tuple[str, str]:
    return (
        f"申請案 {application.number}：請確認電子郵件",
        f"{greeting}：\n\n{by}提出的帳號申請（{application.number}）。\n"
        f"請在 {HOURS} 小時內開啟以下連結並按「確認」，申請才會開始辦理；之後也由這個連結查看進度、列印申請表：\n\n"
        f"{follow_link(token)}\n\n若不是您提出的，不必理會這封信。\n\n地籍資料使用管理系統",
    )
