"""Taking a scan in: a manager adds it to an account or application in their charge (clause 6.1)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, Application, KeptDocument, Unit
from services.actor import Actor
from services.documents.files import read_paper
from services.errors import Conflict, Invalid, NotFound
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.papers.concerned import joined
from services.papers.keeping import Belongs, PaperKind, keep
from services.papers.listing import label_of
from services.regulation.purpose import document_number_problem, tidy
from services.regulation.roles import MANAGES
from services.regulation.workflows import Kind

MOST_OFFERED = 20
LETTERS = (PaperKind.LETTER, PaperKind.REPLY)


@dataclass(frozen=True)
class Matter:
    """What a document can be added to: an account, or an application."""

    account_id: int | None = None
    application_id: int | None = None
    label: str = ""


@dataclass(frozen=True)
class Letter:
    """The number and date of an official letter."""

    number: str
    dated: date | None


@guarded(Action.KEEP_DOCUMENTS)
def find_matters(actor: Actor, text: str) -> tuple[Matter, ...]:
    """Return accounts and applications in the person's charge that ``text`` names, a few at most."""
    words = tidy(text).lower().replace("（", " ").replace("）", " ").split()
    if not words:
        return ()
    accounts = _accounts(actor)
    applications = _applications(actor)
    for word in words:
        accounts = accounts.where(_mentions(word, Account.name, Account.username, Account.staff_no))
        applications = applications.where(
            _mentions(word, Application.number, Application.name, Application.staff_no)
        )
    with reading() as db:
        people = db.scalars(accounts.order_by(Account.username).limit(MOST_OFFERED)).all()
        cases = db.scalars(applications.order_by(Application.id.desc()).limit(MOST_OFFERED)).all()
    return tuple(
        [Matter(account_id=one.id, label=f"帳號　{label_of(one)}") for one in people]
        + [
            Matter(
                application_id=one.id,
                label=f"申請案　{one.number}　{Kind(one.kind).label}　{one.name}",
            )
            for one in cases
        ]
    )


@guarded(Action.KEEP_DOCUMENTS)
def attach(
    actor: Actor,
    to: Matter,
    name: str,
    content: bytes,
    kind: PaperKind,
    letter: Letter | None = None,
) -> int:
    """Keep a scan with an account or application, in the person's own custody; return its id.

    The file is taken by its content (`files.read_paper`). A letter needs its number and date. Raises
    Invalid for a wrong file or letter, Conflict when the very same file is there already.
    """
    paper = read_paper(name, content)
    with transaction() as db:
        belongs = _belongs(db, actor, to)
        number, dated = _checked_letter(letter, actor.today) if kind in LETTERS else ("", None)
        about = func.coalesce(KeptDocument.account_id, Application.account_id)
        same = joined(select(KeptDocument.id)).where(
            KeptDocument.sha256 == paper.sha256,
            KeptDocument.destroyed_at.is_(None),
            about == belongs.account_id
            if belongs.account_id is not None
            else KeptDocument.application_id == belongs.application_id,
        )
        if (known := db.scalar(same.limit(1))) is not None:
            raise Conflict(f"同一個檔案已經收存為文件 {known}，不必再上傳。")
        document = keep(
            db,
            actor,
            paper,
            kind,
            belongs,
            signed=True,
            custodian_id=actor.account_id,
            letter_no=number,
            letter_date=dated,
        )
        return document.id


def _belongs(db: Session, person: Actor, to: Matter) -> Belongs:
    """Return what the document belongs to, its row locked, if it is in the person's charge."""
    if to.application_id is not None:
        case = db.scalar(
            _applications(person)
            .where(Application.id == to.application_id)
            .with_for_update(of=Application, key_share=True)
        )
        if case is not None:
            return Belongs(case.unit_id, case.id, case.account_id)
    elif to.account_id is not None:
        account = db.scalar(
            _accounts(person)
            .where(Account.id == to.account_id)
            .with_for_update(of=Account, key_share=True)
        )
        if account is not None:
            return Belongs(account.unit_id, None, account.id)
    raise NotFound("查無此帳號或申請案，或不由您管理。")


def _accounts(person: Actor) -> Any:
    reached = reach(person, Action.KEEP_DOCUMENTS)
    managed = MANAGES[person.role] if person.role else frozenset()
    return (
        select(Account)
        .join(Unit, Unit.id == Account.unit_id)
        .where(
            within(reached, unit=Account.unit_id, agency=Unit.agency_id),
            Account.role.in_([role.value for role in managed]),
            Account.id != person.account_id,
        )
    )


def _applications(person: Actor) -> Any:
    reached = reach(person, Action.KEEP_DOCUMENTS)
    managed = MANAGES[person.role] if person.role else frozenset()
    return (
        select(Application)
        .join(Unit, Unit.id == Application.unit_id)
        .where(
            within(reached, unit=Application.unit_id, agency=Unit.agency_id),
            Application.role.in_([role.value for role in managed]),
            or_(Application.account_id.is_(None), Application.account_id != person.account_id),
        )
    )


def _mentions(word: str, *columns: Any) -> Any:
    return or_(*(func.lower(column).contains(word, autoescape=True) for column in columns))


def _checked_letter(letter: Letter | None, today: date) -> tuple[str, date]:
    number = tidy(letter.number) if letter else ""
    if letter is None or not number or letter.dated is None:
        raise Invalid("來函與復函請填公文字號與日期，例如「府授地資字第1136012388號」。")
    if len(number) > 60:
        raise Invalid("公文字號最多 60 個字。")
    if problem := document_number_problem(number, today):
        raise Invalid(problem)
    if letter.dated > today:
        raise Invalid("公文日期不能晚於今天；請核對公文上的日期。")
    return number, letter.dated
