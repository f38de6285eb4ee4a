"""Completing an application (完成辦理): the account is made, changed, restored or cancelled (clause 5)."""

import secrets

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, AccountItem, Application, KeptDocument
from services import events
from services.accounts.changes import put_items, put_status
from services.accounts.leaving.settling import settle
from services.accounts.leaving.words import Settled
from services.actor import Actor
from services.applications.earlier import account_of_number, other_person
from services.applications.papers import keep_form
from services.applications.parties import workflow_of
from services.applications.steps import belongs_to, pass_step, take
from services.applications.store import close, load_application
from services.applications.telling import tell_applicant
from services.documents.files import Paper
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity.forgetting import forget_credentials
from services.identity.guard import guarded
from services.identity.links import can_mail, mail_activation
from services.identity.passwords import hash_password
from services.identity.permissions import Action
from services.identity.sessions import EndReason, end_all
from services.identity.terms import has_not_ended
from services.papers.keeping import PaperKind, keep
from services.regulation.application_states import Act, State
from services.regulation.items import Item
from services.regulation.leaving import Leaving, is_past
from services.regulation.roles import AccountStatus
from services.regulation.workflows import Deed, Kind, Need

NO_PLEDGE = "尚未收存簽名的保密切結書；請上傳掃描檔後再完成辦理。"


@guarded(Action.COMPLETE_APPLICATION)
def complete(
    actor: Actor,
    application_id: int,
    revision: int,
    pledge: Paper | None = None,
    knows_applicant: bool = False,
) -> int:
    """Do what was applied for, at once, and return the account's id (clauses 5.1 to 5.4).

    ``pledge`` is the scan of the signed pledge, of which the manager becomes the custodian (6.1).
    ``knows_applicant`` says that the manager knows whom the application is from, where no e-mail
    has shown it. Live sessions end with a change or a cancellation. Raises Conflict when a paper
    is missing, the number is taken or was somebody else's, or nobody would be left to manage.
    """
    with transaction() as db:
        application = load_application(
            db, actor, Action.COMPLETE_APPLICATION, application_id, revision
        )
        step = take(actor, application, Deed.COMPLETE)
        if application.email_confirmed_at is None and not knows_applicant:
            raise Invalid("申請人的電子郵件未經確認；請當面或以電話確認是本人申請後勾選。")
        if pledge is not None:
            if not workflow_of(application).needs_pledge:
                raise Invalid("這一案不需要保密切結書；請取消上傳的檔案。")
            keep(
                db,
                actor,
                pledge,
                PaperKind.PLEDGE,
                belongs_to(application),
                signed=True,
                custodian_id=actor.account_id,
            )
        if Need.PLEDGE in step.needs and not _has_pledge(db, application):
            raise Conflict(NO_PLEDGE)
        account = _EFFECTS[Kind(application.kind)](db, actor, application)
        application.account_id = account.id
        pass_step(db, actor, application, known=knows_applicant)
        if Need.FORM in step.needs:
            keep_form(db, actor, application)
        _take_charge(db, actor, application)
        close(application, State.COMPLETED, actor)
        if application.kind == Kind.CREATE and can_mail():
            mail_activation(db, actor, account, application.id)
        else:
            tell_applicant(db, application, Act.PASSED, "", actor.now)
        return account.id


def _create(db: Session, actor: Actor, application: Application) -> Account:
    account = account_of_number(db, application.staff_no, lock=True)
    if account is not None and account.status != AccountStatus.CANCELLED:
        raise Conflict("這個員工編號已有帳號；一人一帳號，請改辦權限異動或復權。")
    if account is not None and (found := other_person(account, application)):
        raise Conflict(found)
    named = db.scalar(select(Account).where(Account.username == application.username))
    if named is not None and named is not account:
        raise Conflict("這個帳號名稱已有人使用；請駁回，由申請人改用其他名稱重新申請。")
    if not (application.unit.active and application.unit.agency.active):
        raise Conflict("申請的單位已停用；請駁回，由申請人改選單位重新申請。")
    if account is None:
        account = Account(created_at=actor.now)
        db.add(account)
    else:
        account.restored_at = actor.now
        # Rows cancelled by an older version still have it; else the former holder signs in again.
        forget_credentials(db, actor, account, _because(application))
        # What was given before the cancellation is not given again, but anew.
        db.execute(delete(AccountItem).where(AccountItem.account_id == account.id))
    account.username = application.username
    account.staff_no, account.name = application.staff_no, application.name
    account.title, account.phone = application.title, application.phone
    account.email, account.role = application.email, application.role
    account.unit_id = application.unit_id
    account.status, account.status_reason = AccountStatus.ACTIVE.value, ""
    account.suspended_at = account.cancelled_at = account.leaving_on = None
    # Nobody knows it: the holder sets a password with the activation link.
    account.password_hash, account.password_set_at = hash_password(secrets.token_hex(32)), None
    account.must_change_password = True
    db.flush()
    db.refresh(account)
    events.write(
        db, actor, EventType.ACCOUNT_CREATED, about=("account", account.id), role=account.role
    )
    put_items(db, actor, account, _items(application), _because(application))
    return account


def _change(db: Session, actor: Actor, application: Application) -> Account:
    account = _account(db, application, AccountStatus.ACTIVE)
    if application.to_unit is not None:
        if not application.to_unit.active:
            raise Conflict("要異動到的單位已停用；請駁回，由申請人改選單位重新申請。")
        account.unit_id = application.to_unit.id
        for held in account.duties:
            # A duty of the unit that is left stays there.
            if has_not_ended(held, actor.now) and held.unit_id == application.unit_id:
                held.ended_at = actor.now
    settle(
        db,
        actor,
        account,
        Settled.CHANGED,
        # A change of items that was under way before is no answer to a move recorded since.
        which=lambda entry: (
            entry.kind == Leaving.MOVE
            and (application.to_unit is not None or entry.recorded_at <= application.submitted_at)
        ),
    )
    put_items(db, actor, account, _items(application), _because(application))
    end_all(db, account.id, actor.now, EndReason.RIGHTS_CHANGED)
    return account


def _reinstate(db: Session, actor: Actor, application: Application) -> Account:
    account = _account(db, application, AccountStatus.SUSPENDED)
    put_status(db, actor, account, AccountStatus.ACTIVE, _because(application))
    # The manager who restores the account has decided about a day that is past.
    settle(
        db,
        actor,
        account,
        Settled.REINSTATED,
        which=lambda entry: is_past(entry.effective_on, actor.today),
    )
    return account


def _cancel(db: Session, actor: Actor, application: Application) -> Account:
    account = _account(db, application, AccountStatus.ACTIVE, AccountStatus.SUSPENDED)
    put_status(db, actor, account, AccountStatus.CANCELLED, _because(application))
    return account


_EFFECTS = {
    Kind.CREATE: _create,
    Kind.CHANGE: _change,
    Kind.REINSTATE: _reinstate,
    Kind.CANCEL: _cancel,
}


def _account(db: Session, application: Application, *may_be: AccountStatus) -> Account:
    """Return the account as it is now, locked, or raise Conflict when it is not as it has to be."""
    account = db.get_one(Account, application.account_id, with_for_update={"key_share": True})
    if account.status not in may_be:
        now = AccountStatus(account.status).label
        again = "；已註銷的帳號不能復權或變更，請申請人重新申請帳號" if now == "註銷" else ""
        raise Conflict(f"這個帳號目前是「{now}」，不能辦理{Kind(application.kind).label}{again}。")
    if account.role != application.role or account.unit_id != application.unit_id:
        raise Conflict("申請之後帳號的角色或單位已經變更；請駁回，由申請人重新申請。")
    return account


def _items(application: Application) -> tuple[Item, ...]:
    return tuple(Item(value) for value in application.items)


def _because(application: Application) -> str:
    return f"申請案 {application.number}"


def _has_pledge(db: Session, application: Application) -> bool:
    kept = select(KeptDocument.id).where(
        KeptDocument.application_id == application.id,
        KeptDocument.kind == PaperKind.PLEDGE.value,
        KeptDocument.signed,
        KeptDocument.destroyed_at.is_(None),
    )
    return db.scalar(kept.limit(1)) is not None


def _take_charge(db: Session, actor: Actor, application: Application) -> None:
    """The completing manager keeps the application's papers, which belong to the account now."""
    papers = db.scalars(select(KeptDocument).where(KeptDocument.application_id == application.id))
    for paper in papers:
        paper.account_id = application.account_id
        paper.custodian_id = paper.custodian_id or actor.account_id
