"""What somebody without an account does with the link of the application, which only they have (clause 5)."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Application
from services.accounts.person import Person
from services.actor import Actor
from services.applications.applicant import (
    Correction,
    put_right,
    take_back,
)
from services.applications.applying import hash_of
from services.applications.checks import not_taken, one_at_a_time
from services.applications.expiring import TOO_LATE, is_late
from services.applications.printing import hand_paper
from services.applications.repeating import end_others, others_of
from services.applications.shown import ApplicationDetail, detail_of
from services.applications.store import require_unchanged, write_act
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.errors import Conflict, NotFound
from services.events import EventType
from services.identity import looks
from services.identity.links import ACTIVATION, hand_activation
from services.papers.keeping import PaperKind
from services.regulation.application_states import Act, State
from services.regulation.roles import AccountStatus
from services.regulation.workflows import Kind

DEAD = "連結無效；請確認網址完整，或以申請案號洽您單位的管理者。"

R = TypeVar("R")


def follow(token: str, now: datetime, address: str) -> ApplicationDetail:
    """Return the application of a link, the look recorded first; looking uses nothing up.

    Raises NotFound for a dead link.
    """
    with reading() as db:
        application = _of(db, token)
        holder = _holder(application, now, address)
        detail = detail_of(db, holder, application)
    looks.record_look(EventType.APPLICATION_VIEWED, holder, ("application", application.id))
    return detail


def confirm_address(token: str, now: datetime, address: str) -> None:
    """Take the link's way back as proof of the address, once; the application goes on from there.

    Raises Conflict once `CONFIRMATION` is over, or when another application for the same number or
    name was confirmed first.
    """
    with transaction() as db:
        one_at_a_time(db)
        application = _of(db, token, lock=True)
        if is_late(application, now):
            raise Conflict(TOO_LATE)
        if application.state != State.UNCONFIRMED:
            return  # pressed twice
        others = others_of(db, application, now)
        own = [application.id, *(one.id for one in others)]
        not_taken(db, _applicant(application), now, but=own)
        application.state = State.OPEN.value
        application.email_confirmed_at = now
        holder = _holder(application, now, address)
        write_act(db, holder, application, Act.CONFIRMED)
        application.step = 1
        end_others(db, holder, application, others)


def _applicant(application: Application) -> Person:
    return Person(application.name, application.staff_no, application.username, application.email)


def print_with_link(
    token: str,
    now: datetime,
    address: str,
    paper: PaperKind = PaperKind.FORM,
    kind: FileFormat = FileFormat.PDF,
) -> Paper:
    """Return the application form or the pledge to print, once that is on record.

    The first form passes the step 列印申請表. Raises Conflict before the address is confirmed.
    """

    def hand(db: Session, person: Actor, application: Application) -> Paper:
        if is_late(application, now):
            raise Conflict(TOO_LATE)
        if application.state == State.UNCONFIRMED:
            raise Conflict("請先確認電子郵件，再列印申請表。")
        return hand_paper(db, person, application, paper, kind)

    return _with_link(token, now, address, hand)


def correct_with_link(
    token: str, revision: int, correction: Correction, now: datetime, address: str
) -> None:
    """Put an application right that was sent back, and send it in again."""

    def correct(db: Session, person: Actor, application: Application) -> None:
        require_unchanged(application, revision)
        put_right(db, person, application, correction)

    _with_link(token, now, address, correct)


def withdraw_with_link(token: str, revision: int, reason: str, now: datetime, address: str) -> None:
    """Take an application back that is not over."""

    def withdraw(db: Session, person: Actor, application: Application) -> None:
        require_unchanged(application, revision)
        take_back(db, person, application, reason)

    _with_link(token, now, address, withdraw)


def activation_token(token: str, now: datetime, address: str) -> str:
    """Return the token by which the holder of a completed application sets the first password.

    The link of the application is its holder's only; it gives one for as long as the account has no
    password and `ACTIVATION` is not over. Raises Conflict afterwards.
    """
    with transaction() as db:
        application = _of(db, token, lock=True)
        if not _may_activate(application, now):
            raise Conflict(
                "帳號已經啟用，或已超過啟用期限（72 小時）；請於登入畫面按「忘記密碼」，"
                "或請您的管理者寄送重設密碼連結。"
            )
        account = application.account
        assert account is not None  # a completed one has made it
        return hand_activation(db, _holder(application, now, address), account)


def may_activate(token: str, now: datetime) -> bool:
    """Whether the link leads on to a first password."""
    with reading() as db:
        return _may_activate(_of(db, token), now)


def _may_activate(application: Application, now: datetime) -> bool:
    account, closed = application.account, application.closed_at
    return (
        application.kind == Kind.CREATE
        and application.state == State.COMPLETED
        and account is not None
        and closed is not None
        and account.status == AccountStatus.ACTIVE
        and account.password_set_at is None
        and now < closed + ACTIVATION
    )


def _of(db: Session, token: str, lock: bool = False) -> Application:
    asked = select(Application).where(Application.follow_hash == hash_of(token))
    found = db.scalar(asked.with_for_update(key_share=True) if lock else asked)
    if found is None:
        raise NotFound(DEAD)
    return found


def _with_link(
    token: str, now: datetime, address: str, act: Callable[[Session, Actor, Application], R]
) -> R:
    with transaction() as db:
        application = _of(db, token, lock=True)
        return act(db, _holder(application, now, address), application)


def _holder(application: Application, now: datetime, address: str) -> Actor:
    return Actor(
        now=now,
        account_id=None,
        username="",
        name=application.name,
        role=None,
        address=address,
    )
