"""文件保管: the documents that a manager is concerned with, listed, searched and shown one by one."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from data.engine import reading
from data.models import Account, Application, Destruction, Event, KeptDocument, Unit
from services.actor import Actor
from services.events import EventType
from services.identity.guard import guarded
from services.identity.organisation import UnitInfo, units_within
from services.identity.permissions import Action, reach
from services.papers.concerned import (
    Found,
    Subject,
    concerned,
    found,
    in_state,
    joined,
    load_document,
    whole,
)
from services.papers.keeping import PaperKind
from services.papers.words import DestructionAct, PaperState
from services.regulation.purpose import tidy
from services.regulation.roles import Role


@dataclass(frozen=True)
class PaperFilters:
    """What to keep; None and an empty text keep everything."""

    kind: PaperKind | None = None
    unit_id: int | None = None
    custodian_id: int | None = None
    state: PaperState | None = None
    text: str = ""


@dataclass(frozen=True)
class PaperRow:
    """One kept document as lists show it."""

    id: int
    kind: PaperKind
    about: str
    role: Role
    application_no: str
    agency: str
    unit: str
    file_name: str
    size: int
    signed: bool
    letter_no: str
    letter_date: date | None
    stored_at: datetime
    custodian_id: int | None
    custodian: str
    state: PaperState
    lawful_from: date | None
    """The first day on which it may be destroyed; None while nothing has ended."""
    application_id: int | None
    account_id: int | None


@dataclass(frozen=True)
class PaperPage:
    """Some documents, how many match in all, and where the next page starts."""

    rows: tuple[PaperRow, ...]
    total: int
    next_after: int | None


@dataclass(frozen=True)
class DestructionStep:
    """What was done towards destroying a document: by whom, when, why."""

    id: int
    act: DestructionAct
    at: datetime
    by_id: int
    by: str
    reason: str


@dataclass(frozen=True)
class PaperDetail:
    """One document with what only its own card shows."""

    row: PaperRow
    media_type: str
    sha256: str
    stored_by: str
    destroyed_at: datetime | None
    fault_at: datetime | None
    """When somebody opening it last found that it does not match its hash."""
    steps: tuple[DestructionStep, ...]

    @property
    def proposal(self) -> DestructionStep | None:
        """The proposal that waits for another manager."""
        last = self.steps[-1] if self.steps else None
        return last if last and last.act is DestructionAct.PROPOSED else None


@dataclass(frozen=True)
class Keeper:
    """A custodian, for the filter."""

    id: int
    label: str


@guarded(Action.KEEP_DOCUMENTS)
def list_papers(actor: Actor, filters: PaperFilters, after_id: int | None, limit: int) -> PaperPage:
    """Return the documents that match, the newest first, starting after the one named.

    Only those that ``actor`` is concerned with; nobody finds papers about themselves.
    """
    where = [concerned(actor), *_conditions(filters, actor.today)]
    page = whole().where(*where).order_by(KeptDocument.id.desc()).limit(limit + 1)
    if after_id is not None:
        page = page.where(KeptDocument.id < after_id)
    with reading() as db:
        total = db.scalar(joined(select(func.count(KeptDocument.id))).where(*where)) or 0
        rows = [found(row) for row in db.execute(page.options(joinedload(KeptDocument.custodian)))]
    shown = tuple(row_of(one, actor.today) for one in rows[:limit])
    return PaperPage(shown, total, shown[-1].id if len(rows) > limit else None)


@guarded(Action.KEEP_DOCUMENTS)
def paper_detail(actor: Actor, document_id: int) -> PaperDetail:
    """Return one document's entry and history; its content is another matter (`viewing`)."""
    with reading() as db:
        one = load_document(db, actor, document_id)
        stored_by = db.get(Account, one.document.stored_by) if one.document.stored_by else None
        return PaperDetail(
            row=row_of(one, actor.today),
            media_type=one.document.media_type,
            sha256=one.document.sha256,
            stored_by=label_of(stored_by) or "申請人",
            destroyed_at=one.document.destroyed_at,
            fault_at=_last_fault(db, document_id),
            steps=_steps(db, document_id),
        )


@guarded(Action.KEEP_DOCUMENTS)
def custodians(actor: Actor) -> tuple[Keeper, ...]:
    """Return who keeps the documents that ``actor`` is concerned with, for the filter."""
    ids = joined(select(KeptDocument.custodian_id)).where(concerned(actor))
    with reading() as db:
        rows = db.scalars(select(Account).where(Account.id.in_(ids)).order_by(Account.username))
        return tuple(Keeper(account.id, label_of(account)) for account in rows)


@guarded(Action.KEEP_DOCUMENTS)
def paper_units(actor: Actor) -> tuple[UnitInfo, ...]:
    """Return the units whose documents ``actor`` may keep, for the filter."""
    with reading() as db:
        return units_within(db, reach(actor, Action.KEEP_DOCUMENTS))


def label_of(account: Account | None) -> str:
    """Return 姓名（帳號）; nothing for nobody."""
    return f"{account.name}（{account.username}）" if account else ""


def row_of(one: Found, today: date) -> PaperRow:
    """Return a document as lists show it."""
    document = one.document
    return PaperRow(
        id=document.id,
        kind=PaperKind(document.kind),
        about=one.about,
        role=Role(one.role),
        application_no=one.application.number if one.application else "",
        agency=one.agency.name,
        unit=one.unit.name,
        file_name=document.file_name,
        size=document.size,
        signed=document.signed,
        letter_no=document.letter_no,
        letter_date=document.letter_date,
        stored_at=document.stored_at,
        custodian_id=document.custodian_id,
        custodian=label_of(document.custodian),
        state=one.state(today),
        lawful_from=one.lawful_from(today),
        application_id=document.application_id,
        account_id=one.subject.id if one.subject else None,
    )


def _steps(db: Session, document_id: int) -> tuple[DestructionStep, ...]:
    rows = db.execute(
        select(Destruction, Account)
        .join(Account, Account.id == Destruction.account_id)
        .where(Destruction.document_id == document_id)
        .order_by(Destruction.id)
    )
    return tuple(
        DestructionStep(
            step.id, DestructionAct(step.act), step.at, who.id, label_of(who), step.reason
        )
        for step, who in rows
    )


def _last_fault(db: Session, document_id: int) -> datetime | None:
    return db.scalar(
        select(func.max(Event.at)).where(
            Event.object_type == "document",
            Event.object_id == str(document_id),
            Event.type == EventType.DOCUMENT_VIEWED.value,
            Event.outcome == "fault",
        )
    )


def _conditions(filters: PaperFilters, today: date) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if filters.kind is not None:
        parts.append(KeptDocument.kind == filters.kind.value)
    if filters.unit_id is not None:
        parts.append(Unit.id == filters.unit_id)
    if filters.custodian_id is not None:
        parts.append(KeptDocument.custodian_id == filters.custodian_id)
    if filters.state is not None:
        parts.append(in_state(filters.state, today))
    # 王小明（wang） can be pasted whole: every word has to be found somewhere.
    words = re.split(r"[\s()（）]+", tidy(filters.text).lower())
    return parts + [_mentions(word) for word in words if word]


def _mentions(word: str) -> ColumnElement[bool]:
    columns = (
        *(Subject.name, Subject.username, Subject.staff_no),
        *(Application.name, Application.staff_no, Application.number),
        *(KeptDocument.file_name, KeptDocument.letter_no),
    )
    return or_(*(func.lower(column).contains(word, autoescape=True) for column in columns))
