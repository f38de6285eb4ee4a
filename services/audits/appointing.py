"""Appointing auditors: an act of the unit head about people of the own unit (clause 7.1.1)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
from services.identity.terms import held_at, not_ended
from services.regulation.roles import AccountStatus, Duty, Role
from services.rocdate import local_date, midnight, roc_date


@dataclass(frozen=True)
class Auditor:
    """Somebody appointed to audit a unit, and from when until when."""

    account_id: int
    label: str
    title: str
    first_day: date
    last_day: date | None
    """None until they are relieved."""
    begun: bool
    """Whether the first day has come; before it they audit nothing."""
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
    """Return who is appointed to audit a unit, the longest first; also who will be from a later day on."""
    with reading() as db:
        unit = store.load_unit(db, actor, unit_id, Action.VIEW_AUDIT)
        rows = db.execute(
            _appointed(unit.id, actor.now)
            .join(Account, Account.id == AccountDuty.account_id)
            .add_columns(Account)
        ).all()
    return [
        Auditor(
            account.id,
            f"{account.name}（{account.username}）",
            account.title,
            local_date(held.starts_at or held.granted_at),
            local_date(held.ended_at - timedelta(seconds=1)) if held.ended_at else None,
            held.starts_at is None or held.starts_at <= actor.now,
            account.status == AccountStatus.ACTIVE,
        )
        for held, account in rows
    ]


@guarded(Action.APPOINT_AUDITOR)
def list_candidates(actor: Actor, unit_id: int) -> list[Candidate]:
    """Return the people of a unit whom its head can appoint: active, not appointed, not the head."""
    with reading() as db:
        unit = store.load_unit(db, actor, unit_id, Action.APPOINT_AUDITOR)
        appointed = {held.account_id for held in db.scalars(_appointed(unit.id, actor.now))}
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
def appoint(
    actor: Actor,
    unit_id: int,
    account_id: int,
    reason: str,
    first_day: date | None = None,
    last_day: date | None = None,
) -> None:
    """Make somebody of the unit its auditor from one Taipei date to another, both included (7.1.1).

    From today where no first day is named, and then with their next click; until they are relieved where
    there is no last one. Relieving them ends it at any time, also before it has begun.

    Where the policy asks an auditor for a second factor and they have none, that click ends their
    session instead: they set one up as they sign in again (`services.identity.presence`).
    Raises Invalid for somebody of another unit or whose account is not active, for a day that is past, a
    last day before the first one or after the head's own duty ends; Conflict for one who is appointed
    already, Refused for oneself: the head audits without being appointed.
    """
    with transaction() as db:
        put_auditor(db, actor, unit_id, account_id, reason, first_day, last_day)


def put_auditor(
    db: Session,
    actor: Actor,
    unit_id: int,
    account_id: int,
    reason: str,
    first_day: date | None = None,
    last_day: date | None = None,
) -> None:
    """Appoint as `appoint` says, with all its checks, in the caller's transaction."""
    why = store.require_reason(reason, "指派的理由")
    first = first_day or actor.today
    _check_days(actor, first, last_day)
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
    mine = _appointed(unit.id, actor.now).where(AccountDuty.account_id == account.id)
    if (already := db.scalars(mine).first()) is not None:
        from_day = local_date(already.starts_at or already.granted_at)
        raise Conflict(
            f"{account.name}（{account.username}）已經是這個單位的稽核人員"
            f"（自 {roc_date(from_day)} 起）；要改期間請先解除。"
        )
    _check_own_end(db, actor, unit.id, last_day)
    db.add(
        AccountDuty(
            account_id=account.id,
            duty=Duty.AUDITOR.value,
            unit_id=unit.id,
            granted_at=actor.now,
            granted_by=actor.account_id,
            starts_at=midnight(first) if first > actor.today else None,
            ended_at=midnight(last_day + timedelta(days=1)) if last_day else None,
        )
    )
    events.write(
        db,
        actor,
        EventType.AUDITOR_APPOINTED,
        about=("account", account.id),
        unit=unit.code,
        reason=why,
        starts_on=first.isoformat(),
        **({"ends_on": last_day.isoformat()} if last_day else {}),
    )


def _check_days(actor: Actor, first: date, last: date | None) -> None:
    if first < actor.today:
        raise Invalid(f"起日不能早於今天（{roc_date(actor.today)}）；過去的稽核不能事後指派。")
    if last is not None and last < first:
        raise Invalid(f"迄日 {roc_date(last)} 早於起日 {roc_date(first)}；請改正其中一個。")


def _check_own_end(db: Session, actor: Actor, unit_id: int, last: date | None) -> None:
    """Nobody appoints for longer than their own duty as head lasts: the next head decides then."""
    ends = db.scalars(
        select(AccountDuty.ended_at).where(
            AccountDuty.account_id == actor.account_id,
            AccountDuty.duty == Duty.UNIT_HEAD,
            AccountDuty.unit_id == unit_id,
            held_at(actor.now),
        )
    ).all()
    if not ends or None in ends:
        return
    end = max(moment for moment in ends if moment is not None)
    if last is None or midnight(last + timedelta(days=1)) > end:
        own = roc_date(local_date(end - timedelta(seconds=1)))
        raise Invalid(f"您的單位主管職務到 {own} 為止，指派的迄日不能晚於那一天。")


@guarded(Action.APPOINT_AUDITOR)
def relieve(actor: Actor, unit_id: int, account_id: int, reason: str) -> None:
    """End somebody's appointment as auditor of the unit; what they judged and signed stays.

    At any time: before its first day they never become one, before its last day they stop being one.
    What was shared out to them in open audits is nobody's again.
    """
    why = store.require_reason(reason, "解除的理由")
    with transaction() as db:
        unit = store.load_unit(db, actor, unit_id, Action.APPOINT_AUDITOR)
        mine = _appointed(unit.id, actor.now).where(AccountDuty.account_id == account_id)
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


def _appointed(unit_id: int, now: datetime) -> Select[AccountDuty]:
    """Who is the unit's auditor, or will be."""
    return (
        select(AccountDuty)
        .where(
            AccountDuty.duty == Duty.AUDITOR,
            AccountDuty.unit_id == unit_id,
            not_ended(now),
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
