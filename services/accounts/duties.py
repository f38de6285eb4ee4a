"""Duties beside the roles (職務): given and ended by whoever the agency, or the system, rests on.

The rule names the duties and leaves open who enters them; the reading is in docs/readings.md.
Auditors are appointed by their unit head (`services/audits/appointing.py`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, AccountDuty
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid, NotFound, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.identity.terms import not_ended
from services.regulation.purpose import tidy
from services.regulation.roles import AccountStatus, Duty, EthicsKind, Role

REASON_MIN, REASON_MAX = 4, 200
OF_THE_AGENCY = (Duty.UNIT_HEAD, Duty.ETHICS_OFFICER, Duty.AGENCY_HEAD)
"""Entered by the agency manager for people of the own agency."""
OF_THE_BUREAU = (Duty.BUREAU_REVIEWER,)
"""Entered by a system manager for people of the land bureau."""


@dataclass(frozen=True)
class DutyLine:
    """A duty that somebody holds, and whether the person at the screen may end it."""

    duty_id: int
    duty: Duty
    kind: EthicsKind | None
    """Of an ethics officer's, where it was said."""
    since: datetime
    """When it was given or, where that is later, when it begins."""
    until: datetime | None
    """When it ends by itself; None where somebody has to end it."""
    may_end: bool

    @property
    def label(self) -> str:
        """The duty in words, with its kind."""
        return f"{self.duty.label}（{self.kind.label}）" if self.kind else self.duty.label


@dataclass(frozen=True)
class Duties:
    """What somebody holds, and what the person at the screen may give."""

    held: tuple[DutyLine, ...]
    may_give: tuple[Duty, ...]


@guarded(Action.VIEW_ACCOUNTS)
def duties_of(actor: Actor, account_id: int) -> Duties:
    """Return the duties that an account holds, and those that ``actor`` may give it."""
    with reading() as db:
        account = _load(db, account_id)
        where = {"unit_id": account.unit_id, "agency_id": account.unit.agency_id}
        permit(actor, Action.VIEW_ACCOUNTS, **where)
        given = _given_by(actor, account)
        held = db.scalars(_held(account_id, actor.now)).all()
        has = {Duty(one.duty) for one in held}
        may = account.status == AccountStatus.ACTIVE and account_id != actor.account_id
        return Duties(
            tuple(
                DutyLine(
                    one.id,
                    Duty(one.duty),
                    EthicsKind(one.kind) if one.kind else None,
                    one.starts_at or one.granted_at,
                    one.ended_at,
                    may_end=Duty(one.duty) in given,
                )
                for one in held
            ),
            tuple(
                duty
                for duty in given
                if may and duty not in has and not _audits_with_itself(account, duty)
            ),
        )


@guarded(Action.GIVE_DUTY)
def give_duty(
    actor: Actor, account_id: int, duty: Duty, reason: str, kind: EthicsKind | None = None
) -> None:
    """Give somebody a duty (指派職務); their next click has it, or has them set up a second factor.

    Of the unit they are in, of its agency, or everywhere, as the duty is. Raises Refused for oneself
    and for a duty that others give, Invalid for an account that is not in use, Conflict for one held.
    An ethics officer's takes its ``kind``, and is never an agency manager's: the two audit together (7.1.2).
    """
    why = _reason(reason)
    if (kind is not None) is not (duty is Duty.ETHICS_OFFICER):
        kinds = "、".join(one.label for one in EthicsKind)
        raise Invalid(
            f"指派「{Duty.ETHICS_OFFICER.label}」時請選辦理方式（{kinds}）；其他職務沒有。"
        )
    with transaction() as db:
        account = _load(db, account_id, lock=True)
        _permitted(actor, account, duty)
        if account.status != AccountStatus.ACTIVE:
            raise Invalid(f"{account.name}的帳號不是「使用中」，不能指派職務。")
        if _audits_with_itself(account, duty):
            raise Invalid(
                f"{account.name}是機關管理者，不能兼任政風人員：機關稽核由兩人會同辦理。"
                "沒有政風單位的機關請指派兼辦政風的其他人，或上級機關政風單位的人。"
            )
        if db.scalars(_held(account_id, actor.now).where(AccountDuty.duty == duty)).first():
            raise Conflict(f"{account.name}已有「{duty.label}」職務。")
        db.add(
            AccountDuty(
                account_id=account.id,
                duty=duty.value,
                unit_id=account.unit_id if duty is Duty.UNIT_HEAD else None,
                agency_id=account.unit.agency_id
                if duty in (Duty.ETHICS_OFFICER, Duty.AGENCY_HEAD)
                else None,
                kind=kind.value if kind else "",
                granted_at=actor.now,
                granted_by=actor.account_id,
            )
        )
        more = {"kind": kind.value} if kind else {}
        _write(db, actor, EventType.DUTY_GIVEN, account_id, duty, why, **more)


@guarded(Action.GIVE_DUTY)
def end_duty(actor: Actor, account_id: int, duty_id: int, reason: str) -> None:
    """End somebody's duty (解除職務); what they did in it stays. Raises as `give_duty` does."""
    why = _reason(reason)
    with transaction() as db:
        account = _load(db, account_id, lock=True)
        held = db.scalar(_held(account_id, actor.now).where(AccountDuty.id == duty_id))
        _permitted(actor, account, Duty(held.duty) if held else None)
        if held is None:
            raise Conflict("這項職務剛剛已經解除；請重新整理後再看。")
        held.ended_at = actor.now
        _write(db, actor, EventType.DUTY_ENDED, account_id, Duty(held.duty), why)


def _audits_with_itself(account: Account, duty: Duty) -> bool:
    """Whether one person would be both who audit an agency together (7.1.2)."""
    return duty is Duty.ETHICS_OFFICER and account.role == Role.AGENCY_MANAGER


def _write(
    db: Session, actor: Actor, type_: EventType, account_id: int, duty: Duty, why: str, **more: str
) -> None:
    about = ("account", account_id)
    events.write(db, actor, type_, about=about, duty=duty.value, reason=why, **more)


def _held(account_id: int, now: datetime) -> Select[AccountDuty]:
    """What is held, or will be: that can be ended as well."""
    return (
        select(AccountDuty)
        .where(AccountDuty.account_id == account_id, not_ended(now))
        .order_by(AccountDuty.id)
    )


def _load(db: Session, account_id: int, lock: bool = False) -> Account:
    account = db.get(Account, account_id, with_for_update={"key_share": True} if lock else None)
    if account is None:
        raise NotFound("找不到這個帳號，或您沒有它的權限。")
    return account


def _given_by(actor: Actor, account: Account) -> tuple[Duty, ...]:
    """Return the duties that ``actor`` may give and end in the account's place."""
    if actor.role is Role.AGENCY_MANAGER and actor.agency_id == account.unit.agency_id:
        return OF_THE_AGENCY
    if actor.role is Role.SYSTEM_MANAGER and account.unit.agency.is_bureau:
        return OF_THE_BUREAU
    return ()


def _permitted(actor: Actor, account: Account, duty: Duty | None) -> None:
    where = {"unit_id": account.unit_id, "agency_id": account.unit.agency_id}
    permit(actor, Action.GIVE_DUTY, **where)
    if account.id == actor.account_id:
        raise Refused("不能指派或解除自己的職務；請由其他管理者辦理。")
    if duty is not None and duty not in _given_by(actor, account):
        raise Refused(f"「{duty.label}」不由您指派：{WHO_GIVES[duty]}。")


WHO_GIVES = {
    Duty.UNIT_HEAD: "由該機關的機關管理者登錄",
    Duty.ETHICS_OFFICER: "由該機關的機關管理者登錄",
    Duty.AGENCY_HEAD: "由該機關的機關管理者登錄",
    Duty.AUDITOR: "由單位主管於「稽核抽樣」指派",
    Duty.BUREAU_REVIEWER: "由系統管理者於地政局人員登錄",
}


def _reason(text: str) -> str:
    reason = tidy(text)
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        raise Invalid(
            f"請寫原因 {REASON_MIN} 至 {REASON_MAX} 個字（例如人事令字號），目前 {len(reason)} 個字。"
        )
    return reason
