"""Whose accounts a manager may change (clauses 4.2 to 4.4), and which must not be lost."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from data.models import Account, Agency, Unit
from services.actor import Actor
from services.errors import Conflict, NotFound, Refused
from services.identity.permissions import Action, reach
from services.regulation.roles import MANAGES, AccountStatus, Role


def management_problem(actor: Actor, account: Account) -> str | None:
    """Return why ``actor`` may not change ``account``, or None when it may be changed."""
    role = Role(account.role)
    within_reach = reach(actor, Action.MANAGE_ACCOUNTS).covers(
        account.unit_id, account.unit.agency_id
    )
    if actor.role is None or not within_reach:
        return "您可以檢視這個帳號，但它不由您管理。"
    if account.id == actor.account_id:
        return "不能變更自己的帳號；請由其他管理者辦理。"
    if role not in MANAGES[actor.role]:
        return f"{role.label}的帳號不由{actor.role.label}管理。"
    return None


def place_of(account: Account | None) -> dict[str, int | None]:
    """Return the unit and agency that `permit` asks for; none for an account that is not there.

    So an absent account and one out of reach get the same answer.
    """
    if account is None:
        return {"unit_id": None, "agency_id": None}
    return {"unit_id": account.unit_id, "agency_id": account.unit.agency_id}


def locked_account(db: Session, account_id: int) -> Account | None:
    """Return the account, locked until the transaction ends, so that changes come one by one."""
    return db.get(Account, account_id, with_for_update={"key_share": True})


def require_managed(actor: Actor, account: Account | None) -> Account:
    """Return ``account`` if its role is one ``actor`` looks after (clauses 4.2 to 4.4), or refuse."""
    if account is None:
        raise NotFound("查無此帳號。")
    if problem := management_problem(actor, account):
        raise Refused(problem)
    return account


def keep_a_manager(db: Session, account: Account) -> None:
    """Raise Conflict when nobody would be left to manage after ``account`` is closed."""
    if account.status != AccountStatus.ACTIVE:
        return
    role, agency_id = Role(account.role), account.unit.agency_id
    others = (
        select(func.count())
        .select_from(Account)
        .join(Unit, Unit.id == Account.unit_id)
        .where(Account.id != account.id, Account.status != AccountStatus.CANCELLED.value)
    )
    managers = others.where(
        Account.role == role.value, Account.status == AccountStatus.ACTIVE.value
    )
    if role is Role.SYSTEM_MANAGER:
        _one_at_a_time(db, Agency.is_bureau.is_(True))
        if not db.scalar(managers):
            raise Conflict("這是最後一位使用中的系統管理者，不能停權或註銷；請先設定另一位。")
    elif role is Role.AGENCY_MANAGER:
        _one_at_a_time(db, Agency.id == agency_id)
        here = Unit.agency_id == agency_id
        # A suspended user is one too: somebody has to take up the reinstatement.
        if db.scalar(others.where(here)) and not db.scalar(managers.where(here)):
            raise Conflict(
                "這是該機關最後一位使用中的機關管理者，機關仍有未註銷的帳號，不能停權或註銷；"
                "請先設定另一位機關管理者。"
            )


def _one_at_a_time(db: Session, agency: ColumnElement[bool]) -> None:
    """Lock the agency's row: two managers who close each other at once come one after the other."""
    db.scalars(select(Agency.id).where(agency).with_for_update(key_share=True)).all()
