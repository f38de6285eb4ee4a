"""Telling people by e-mail what became of an application; who has no mail sees it on the page."""

import os
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from data.models import Account, AccountDuty, Application, Unit
from services.actor import Actor
from services.applications.parties import due_step, problem
from services.identity.links import can_mail
from services.identity.people import as_actor, load_account
from services.mail import outgoing
from services.regulation.application_states import Act
from services.regulation.roles import AccountStatus, Role
from services.regulation.workflows import Kind, Step

_SAYS = {
    Act.RETURNED: "已退回補正，請補正後再送出",
    Act.REFUSED: "未獲核准",
    Act.PASSED: "已辦理完成",
}


def tell_applicant(
    db: Session, application: Application, act: Act, note: str, now: datetime
) -> None:
    """Queue a mail to the applicant, in the caller's transaction."""
    if not (can_mail() and application.email):
        return
    kind = Kind(application.kind).label
    reason = f"\n說明：{note}" if note else ""
    outgoing.queue(
        db,
        application.email,
        f"申請案 {application.number}：{_SAYS[act]}",
        f"{application.name} 您好：\n\n您的{kind}申請（{application.number}）{_SAYS[act]}。{reason}\n\n"
        "請登入本系統或由先前收到的連結查看。\n\n地籍資料使用管理系統",
        now,
        application_id=application.id,
    )


def tell_whose_turn(db: Session, person: Actor, application: Application) -> None:
    """Queue a mail to whoever may take the step that is due, in the transaction that made it due.

    None goes out when ``person``, who has just acted, may take it as well: they see it on the page.
    """
    step = due_step(application)
    if step is None or problem(person, application, step) is None:
        return
    site = os.environ.get("PUBLIC_URL", "").rstrip("/")
    asked = f"{Role(application.role).label}{Kind(application.kind).label}"
    for account in people_to_tell(db, application, step, person.now):
        outgoing.queue(
            db,
            account.email,
            f"申請案 {application.number}：請辦理「{step.deed.label}」",
            f"{account.name} 您好：\n\n{application.name}（{application.username}）的{asked}申請"
            f"（{application.number}）現在輪到「{step.deed.label}」，請至「帳號管理」辦理：\n"
            f"{site}/accounts?application={application.id}\n\n地籍資料使用管理系統",
            person.now,
            application_id=application.id,
        )


def people_to_tell(
    db: Session, application: Application, step: Step, now: datetime
) -> tuple[Account, ...]:
    """Return who may take the step and can be told by e-mail; nobody without a mail server."""
    if not can_mail():
        return ()
    return tuple(
        account
        for account in _holders(db, application, step)
        if problem(as_actor(account, now), application, step) is None
    )


def _holders(db: Session, application: Application, step: Step) -> Iterator[Account]:
    """Yield who holds a role or duty of the step somewhere near; `problem` then says whether they may."""
    parties = [party.value for party in step.parties]
    agency_id = application.unit.agency_id
    held = select(AccountDuty.account_id).where(
        AccountDuty.duty.in_(parties),
        or_(
            AccountDuty.unit_id == application.unit_id,
            AccountDuty.agency_id == agency_id,
            and_(AccountDuty.unit_id.is_(None), AccountDuty.agency_id.is_(None)),
        ),
    )
    by_role = and_(
        Account.role.in_(parties),
        or_(Unit.agency_id == agency_id, Account.role == Role.SYSTEM_MANAGER.value),
    )
    ids = db.scalars(
        select(Account.id)
        .join(Unit, Unit.id == Account.unit_id)
        .where(
            Account.status == AccountStatus.ACTIVE.value,
            Account.email != "",
            or_(by_role, Account.id.in_(held)),
        )
        .order_by(Account.id)
    ).all()
    for id_ in ids:
        if (account := load_account(db, id_)) is not None:
            yield account
