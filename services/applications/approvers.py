"""Who approves an application by duty, who did on paper, and who stands in where nobody has an account."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, AccountDuty, Application
from services.actor import Actor
from services.applications.parties import (
    completing_problem,
    due_step,
    is_concerned,
    is_party,
    problem,
)
from services.applications.store import GONE, place_of
from services.errors import Invalid, NotFound
from services.identity.guard import guarded
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action, permit
from services.regulation.purpose import tidy
from services.regulation.roles import AccountStatus, Duty
from services.regulation.workflows import Deed, Step

NAME_MAX = 60
_ONLINE = "您自己有核可的職務時，請直接於線上核可。"


@dataclass(frozen=True)
class Approver:
    """Somebody who holds the duty."""

    id: int
    label: str


@guarded(Action.COMPLETE_APPLICATION)
def possible_approvers(actor: Actor, application_id: int) -> tuple[Approver, ...]:
    """Return who may approve the application by duty, other than this person."""
    with reading() as db:
        application = db.get(Application, application_id)
        permit(actor, Action.COMPLETE_APPLICATION, **place_of(application))
        if application is None or not is_concerned(actor, application):
            raise NotFound(GONE)
        step = due_step(application)
        return approvers_of(db, actor, application, step) if step else ()


def approvers_of(
    db: Session, actor: Actor, application: Application, step: Step
) -> tuple[Approver, ...]:
    """Return who may take a step by duty, other than this person, who has the right to ask."""
    holders = select(AccountDuty.account_id).where(
        AccountDuty.duty.in_([Duty.UNIT_HEAD.value, Duty.AGENCY_HEAD.value]),
        or_(
            AccountDuty.unit_id == application.unit_id,
            AccountDuty.agency_id == application.unit.agency_id,
        ),
    )
    ids = db.scalars(
        select(Account.id).where(
            Account.id.in_(holders),
            Account.status == AccountStatus.ACTIVE.value,
            Account.id != actor.account_id,
        )
    )
    people = [as_actor(one, actor.now) for id_ in ids if (one := load_account(db, id_))]
    return tuple(
        Approver(one.account_id, one.label)
        for one in people
        if one.account_id is not None and problem(one, application, step) is None
    )


def ending_problem(db: Session, person: Actor, application: Application, step: Step) -> str | None:
    """Return why the person may not refuse an application or send it back at ``step``; None when they may.

    Whoever takes the step may. Where nobody with an account could approve, the completing manager
    does it for the head, whose refusal is on paper as the approval would be: else the application
    could never end, and would hold its applicant's number, name and address for good (5.1 to 5.4).
    """
    found = problem(person, application, step)
    if found is None or step.deed is not Deed.APPROVE:
        return found
    if completing_problem(person, application) or approvers_of(db, person, application, step):
        return found
    return None


def approver_with_account(
    db: Session, actor: Actor, application: Application, step: Step, id_: int
) -> Account:
    """Return the account of somebody who could have approved online, or raise Invalid."""
    approver = load_account(db, id_)
    if approver is None or approver.status != AccountStatus.ACTIVE:
        raise Invalid("請選擇核可的人；必須是使用中的帳號。")
    if approver.id == actor.account_id:
        raise Invalid(_ONLINE)
    if found := problem(as_actor(approver, actor.now), application, step):
        raise Invalid(f"{approver.name}不能核可這一案：{found}")
    return approver


def approver_by_name(
    db: Session, actor: Actor, application: Application, step: Step, typed: str
) -> str:
    """Return title and name of somebody without an account, or raise Invalid."""
    if approvers_of(db, actor, application, step):
        raise Invalid("這一案的主管有帳號；請從清單選擇核可的人。")
    # Whoever holds the duty names nobody else in its place, whatever keeps them from using it.
    if any(is_party(actor, application, party) for party in step.parties):
        raise Invalid(_ONLINE)
    named = tidy(typed)
    if not 2 <= len(named) <= NAME_MAX:
        raise Invalid(f"請填核可主管的職稱與姓名（2 至 {NAME_MAX} 個字），例如「處長 陳大同」。")
    if application.name in named or actor.name in named:
        raise Invalid("核可的主管不能是申請人，也不能是登錄的您；請填在申請表上核章的主管。")
    return named
