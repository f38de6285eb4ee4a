"""The cancelled account that a new one takes up again: the same staff number, and the same person's (clause 5).

One person has one account (6.3.1), so whoever comes back takes up the earlier one with its history.
The number alone does not say that it is the same person: it may be mistyped, or given to somebody else.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Account, Application
from services.actor import Actor
from services.applications.parties import completing_problem
from services.regulation.application_states import LIVE
from services.regulation.purpose import tidy
from services.regulation.roles import AccountStatus
from services.regulation.workflows import Kind


@dataclass(frozen=True)
class Earlier:
    """The earlier account as who completes the application is told of it."""

    sentence: str
    same_person: bool


def account_of_number(db: Session, staff_no: str, lock: bool = False) -> Account | None:
    """Return the account with a staff number, whatever its status: the one in use, else the newest."""
    asked = (
        select(Account)
        .where(func.lower(Account.staff_no) == staff_no.lower())
        .order_by(Account.status == AccountStatus.CANCELLED, Account.id.desc())
        .limit(1)
    )
    return db.scalar(asked.with_for_update(key_share=True) if lock else asked)


def earlier_account(db: Session, person: Actor, application: Application) -> Earlier | None:
    """Return the cancelled account that completing the application would take up again.

    Only for who may complete it: whose number it was is nothing for an applicant to learn.
    """
    if application.kind != Kind.CREATE or application.state not in LIVE:
        return None
    if completing_problem(person, application):
        return None
    account = account_of_number(db, application.staff_no)
    if account is None or account.status != AccountStatus.CANCELLED:
        return None
    if found := other_person(account, application):
        return Earlier(found, same_person=False)
    return Earlier(
        f"這個員工編號有已註銷的「{_label(account)}」帳號，姓名相同；完成辦理後沿用該帳號，"
        "先前的使用紀錄與文件仍屬本人，授權項目依本案重新給予。",
        same_person=True,
    )


def other_person(account: Account, application: Application) -> str | None:
    """Return why an earlier account is not the applicant's; None when the names agree."""
    if _bare(account.name) == _bare(application.name):
        return None
    return (
        f"這個員工編號屬於已註銷的「{_label(account)}」帳號，姓名不同；"
        "請駁回，由申請人更正後重新申請。"
    )


def _bare(name: str) -> str:
    """Return a name without what may differ from one typing to the next: spaces, and capitals."""
    return "".join(tidy(name).split()).casefold()


def _label(account: Account) -> str:
    return f"{account.name}（{account.username}）"
