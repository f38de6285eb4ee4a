"""Appointing auditors: an act of the unit head about people of the own unit (clause 7.1.1)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, AccountDuty
from services import events
from services.actor import Actor
from services.audits import store
from services.audits.sharing import release_shares
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.regulation.roles import AccountStatus, Duty, Role


@dataclass(frozen=True)
class Auditor:
    """Somebody appointed to audit a unit, and since when."""

    account_id: int
    label: str
    title: str
    since: datetime
    active: bool
    """Whether the account can be used; one that is suspended audits nothing."""


@dataclass(frozen=True)
class Candidate:
    """Somebody of the unit who can be appointed."""

    account_id: int
    label: str
    role: Role


@guarded(Action.VIEW_AUDIT)
def list_auditors(actor: Actor, unit_id: int) -> list[Auditor]:
    """Return who is appointed to audit a unit, the longest first."""
    with reading() as db:
        unit = store.load_unit(db, actor, unit_id, Action.VIEW_AUDIT)
        rows = db.execute(
            _held(unit.id).join(Account, Account.id == AccountDuty.account_id).add_columns(Account)
        ).all()
    return [
        Auditor(
            account.id,
            f"{account.name}（{account.username}）",
            account.title,
            held.granted_at,
            account.status == AccountStatus.ACTIVE,
        )
        for held, account in rows
    ]


@guarded(Action.APPOINT_AUDITOR)
def list_candidates(actor: Actor, unit_id: int) -> list[Candidate]:
    """Return the people of a unit whom its head can appoint: active, not appointed, not the head."""
    with reading() as db:
        unit = store.load_unit(db, actor, unit_id, Action.APPOINT_AUDITOR)
        appointed = {held.account_id for held in db.scalars(_held(unit.id))}
        people = db.scalars(
            select(Account)
            .where(Account.unit_id == unit.id, Account.status == AccountStatus.ACTIVE)
            .order_by(Account.username)
        ).all()
    return [
        Candidate(one.id, f"{one.name}（{one.username}）", Role(one.role))
        for one in people
        if one.id not in appointed and one.id != actor.account_id
    ]


@guarded(Action.APPOINT_AUDITOR)
def appoint(actor: Actor, unit_id: int, account_id: int, reason: str) -> None:
    """Make somebody of the unit its auditor; their next click has the duty.

    Where the policy asks an auditor for a second factor and they have none, that click ends their
    session instead: they set one up as they sign in again (`services.identity.presence`).
    Raises Invalid for somebody of another unit or whose account is not active, Conflict for one who
    is appointed already, Refused for oneself: the head audits without being appointed.
    """
    why = store.require_reason(reason, "指派的理由")
    with transaction() as db:
        unit = store.load_unit(db, actor, unit_id, Action.APPOINT_AUDITOR)
        if account_id == actor.account_id:
            raise Refused("單位主管本來就可以辦理稽核，不能也不必指派自己；請指派單位內的其他人。")
        account = _of_the_unit(db, unit.id, account_id)
        if account.status != AccountStatus.ACTIVE:
            status = AccountStatus(account.status).label
            raise Invalid(
                f"{account.name}（{account.username}）的帳號目前是「{status}」，"
                "只能指派帳號使用中的人員。"
            )
        if db.scalars(_held(unit.id).where(AccountDuty.account_id == account.id)).first():
            raise Conflict(f"{account.name}（{account.username}）已經是這個單位的稽核人員。")
        db.add(
            AccountDuty(
                account_id=account.id,
                duty=Duty.AUDITOR.value,
                unit_id=unit.id,
                granted_at=actor.now,
                granted_by=actor.account_id,
            )
        )
        events.write(
            db,
            actor,
            EventType.AUDITOR_APPOINTED,
            about=("account", account.id),
            unit=unit.code,
            reason=why,
        )


@guarded(Action.APPOINT_AUDITOR)
def relieve(actor: Actor, unit_id: int, account_id: int, reason: str) -> None:
    """End somebody's appointment as auditor of the unit; what they judged and signed stays.

    What was shared out to them in open audits is nobody's again.
    """
    why = store.require_reason(reason, "解除的理由")
    with transaction() as db:
        unit = store.load_unit(db, actor, unit_id, Action.APPOINT_AUDITOR)
        mine = _held(unit.id).where(AccountDuty.account_id == account_id)
        held = db.scalars(mine.with_for_update()).all()
        if not held:
            raise Conflict("這個人目前不是這個單位的稽核人員，可能剛剛已經解除；請重新整理後再看。")
        for duty in held:
            duty.ended_at = actor.now
        release_shares(db, account_id, unit.id)
        events.write(
            db,
            actor,
            EventType.AUDITOR_RELIEVED,
            about=("account", account_id),
            unit=unit.code,
            reason=why,
        )


def _held(unit_id: int) -> Select[AccountDuty]:
    return (
        select(AccountDuty)
        .where(
            AccountDuty.duty == Duty.AUDITOR,
            AccountDuty.unit_id == unit_id,
            AccountDuty.ended_at.is_(None),
        )
        .order_by(AccountDuty.granted_at, AccountDuty.id)
    )


def _of_the_unit(db: Session, unit_id: int, account_id: int) -> Account:
    """Return an account of the unit, locked: two heads at once appoint it once."""
    account = db.scalar(
        select(Account)
        .where(Account.id == account_id, Account.unit_id == unit_id)
        .with_for_update(key_share=True)
    )
    if account is None:
        raise Invalid("只能指派本單位的人員；這個人不在您的單位，或沒有這個帳號。")
    return account
