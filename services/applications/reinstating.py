"""Reinstatement: what a suspended person can do on the way in, and all they can do (clauses 5.1.3 to 5.3.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, Application
from services.actor import Actor
from services.applications.applicant import (
    Correction,
    notify_by_mail,
    put_right,
    take_back,
)
from services.applications.applying import Submitted, submit_about
from services.applications.checks import checked_reason
from services.applications.printing import hand_paper
from services.applications.shown import ApplicationDetail, detail_of
from services.applications.store import require_unchanged
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.errors import Conflict, NotFound
from services.identity.entering import Entering, Step, step_left
from services.identity.managing import locked_account
from services.identity.people import as_actor, load_account
from services.papers.keeping import PaperKind
from services.regulation.application_states import LIVE
from services.regulation.items import Item
from services.regulation.workflows import Kind

INSTEAD = "帳號停權，改申請復權"

R = TypeVar("R")


@dataclass(frozen=True)
class Suspended:
    """A suspended person on the way in: since when, why, and the application that is under way."""

    label: str
    since: datetime | None
    why: str
    application: ApplicationDetail | None


def suspended(entering: Entering, address: str, now: datetime) -> Suspended:
    """Return what a suspended person is shown; raises Conflict when this is not their step."""
    with reading() as db:
        account = _account(db, entering, now)
        person = as_actor(account, now, address=address)
        latest = db.scalar(
            select(Application)
            .where(
                Application.account_id == account.id,
                Application.kind == Kind.REINSTATE.value,
                Application.submitted_at >= (account.suspended_at or account.created_at),
            )
            .order_by(Application.id.desc())
            .limit(1)
        )
        return Suspended(
            person.label,
            account.suspended_at,
            account.status_reason,
            detail_of(db, person, latest) if latest else None,
        )


def apply_reinstatement(entering: Entering, reason: str, address: str, now: datetime) -> Submitted:
    """Take a suspended person's application for reinstatement, and tell the managers by e-mail.

    Where no mail can be sent, the person telephones, and the manager records that. Whatever else
    they had applied for is taken back: without signing in they could neither go on with it nor end it.
    """
    why = checked_reason(reason)
    with transaction() as db:
        others = _under_way(db, entering.account_id)
        # Two browsers of one person at once come one after the other.
        locked_account(db, entering.account_id)
        account = _account(db, entering, now)
        person = as_actor(account, now, address=address)
        for other in others:
            if other.kind != Kind.REINSTATE:
                take_back(db, person, other, INSTEAD)
        items = tuple(Item(row.item) for row in account.items)
        submitted = submit_about(db, person, account, Kind.REINSTATE, why, items)
        notify_by_mail(db, person, db.get_one(Application, submitted.id))
        return submitted


def print_reinstatement(
    entering: Entering,
    application_id: int,
    address: str,
    now: datetime,
    kind: FileFormat = FileFormat.PDF,
) -> Paper:
    """Return the form of the application to print, once that is on record.

    The first time passes the step 列印申請表, which only a system manager's has (5.4).
    """

    def hand(db: Session, person: Actor, application: Application) -> Paper:
        return hand_paper(db, person, application, PaperKind.FORM, kind)

    return _act(entering, application_id, address, now, hand)


def correct_reinstatement(
    entering: Entering, application_id: int, revision: int, reason: str, address: str, now: datetime
) -> None:
    """Give another reason for an application that was sent back, and send it in again (補正)."""

    def correct(db: Session, person: Actor, application: Application) -> None:
        require_unchanged(application, revision)
        put_right(db, person, application, Correction((), reason))

    _act(entering, application_id, address, now, correct)


def withdraw_reinstatement(
    entering: Entering, application_id: int, revision: int, reason: str, address: str, now: datetime
) -> None:
    """Take an application for reinstatement back that is not over (撤回)."""

    def withdraw(db: Session, person: Actor, application: Application) -> None:
        require_unchanged(application, revision)
        take_back(db, person, application, reason)

    _act(entering, application_id, address, now, withdraw)


def _act(
    entering: Entering,
    application_id: int,
    address: str,
    now: datetime,
    act: Callable[[Session, Actor, Application], R],
) -> R:
    with transaction() as db:
        db.get(Application, application_id, with_for_update={"key_share": True})
        account = _account(db, entering, now)
        application = _own(db, account, application_id)
        return act(db, as_actor(account, now, address=address), application)


def _account(db: Session, entering: Entering, now: datetime) -> Account:
    """Return the account of a person whose one open step is this."""
    if step_left(db, entering, now) is not Step.REINSTATE:
        raise Conflict("帳號目前不是停權；請重新登入。")
    account = load_account(db, entering.account_id)
    assert account is not None  # step_left has just read it
    return account


def _own(db: Session, account: Account, application_id: int) -> Application:
    """Return the person's application for reinstatement; any other is as absent as none at all."""
    found = db.get(Application, application_id)
    if found is None or found.account_id != account.id or found.kind != Kind.REINSTATE:
        raise NotFound("查無此申請案。")
    return found


def _under_way(db: Session, account_id: int) -> list[Application]:
    """Return the person's applications that are not over, locked before the account as always."""
    asked = select(Application).where(
        Application.account_id == account_id,
        Application.state.in_([state.value for state in LIVE]),
    )
    locked = asked.order_by(Application.id).with_for_update(of=Application, key_share=True)
    return list(db.scalars(locked))
