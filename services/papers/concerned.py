"""The managers concerned with a kept document, as SQL; nobody is with papers about themselves.

Concerned is whoever looks after the account or application it is about (clauses 4.2 to 4.4), by role
and unit, and its custodian (clause 6.1). Papers about an account that moves follow it to its unit.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, null, or_, select
from sqlalchemy.orm import Session, aliased

from data.models import Account, Agency, Application, Destruction, KeptDocument, Unit
from services.actor import Actor
from services.errors import NotFound
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.papers.words import DestructionAct, PaperState
from services.regulation.application_states import CAME_TO_NOTHING
from services.regulation.retention import destroyable_from, ended_by
from services.regulation.roles import MANAGES, AccountStatus
from services.rocdate import local_date, midnight

Subject = aliased(Account, name="subject")
"""The account that a document is about; none while its application has not led to one."""
GONE = "查無此文件，或這份文件不在您保管的範圍內。"

ended_at = case(
    # While an application is under way its papers are needed, whatever became of the account.
    (and_(Application.id.is_not(None), Application.closed_at.is_(None)), null()),
    (Subject.status == AccountStatus.CANCELLED.value, Subject.cancelled_at),
    (
        and_(
            Subject.id.is_(None),
            Application.state.in_([state.value for state in CAME_TO_NOTHING]),
        ),
        Application.closed_at,
    ),
    else_=null(),
)
"""From when the year of clause 6.1 runs: the cancellation of the account or, of an application that
never led to one, its closing (reading); null while neither has happened."""

latest_act = (
    select(Destruction.act)
    .where(Destruction.document_id == KeptDocument.id)
    .order_by(Destruction.id.desc())
    .limit(1)
    .correlate(KeptDocument)
    .scalar_subquery()
)


@dataclass(frozen=True)
class Found:
    """A document with what it is about."""

    document: KeptDocument
    application: Application | None
    subject: Account | None
    unit: Unit
    agency: Agency
    ended: datetime | None
    latest: str | None

    @property
    def about(self) -> str:
        """姓名（帳號）; of whoever has no account, 姓名（員工編號）."""
        if self.subject is not None:
            return f"{self.subject.name}（{self.subject.username}）"
        assert self.application is not None  # a document is about one or the other
        return f"{self.application.name}（{self.application.staff_no}）"

    @property
    def role(self) -> str:
        """The role of the account or, while there is none, of the application."""
        return (self.subject or self.application).role  # type: ignore[union-attr]

    def lawful_from(self, today: date) -> date | None:
        """The first day on which it may be destroyed; None while nothing has ended."""
        return destroyable_from(local_date(self.ended), today) if self.ended else None

    def state(self, today: date) -> PaperState:
        """Where it stands today."""
        if self.document.destroyed_at is not None:
            return PaperState.DESTROYED
        if self.latest == DestructionAct.PROPOSED:
            return PaperState.PROPOSED
        first = self.lawful_from(today)
        return PaperState.DESTROYABLE if first and first <= today else PaperState.KEPT


def joined(statement: Select[Any]) -> Select[Any]:
    """Join to documents what they are about and where that is."""
    about = func.coalesce(KeptDocument.account_id, Application.account_id)
    return (
        statement.select_from(KeptDocument)
        .outerjoin(Application, Application.id == KeptDocument.application_id)
        .outerjoin(Subject, Subject.id == about)
        .join(Unit, Unit.id == func.coalesce(Subject.unit_id, KeptDocument.unit_id))
        .join(Agency, Agency.id == Unit.agency_id)
    )


def whole() -> Select[Any]:
    """Return the statement that reads what `found` takes."""
    return joined(select(KeptDocument, Application, Subject, Unit, Agency, ended_at, latest_act))


def found(row: Any) -> Found:
    """Return a row of `whole` by its names."""
    return Found(*row)


def concerned(person: Actor) -> ColumnElement[bool]:
    """Return the condition that ``person`` is one of the managers concerned with a document."""
    reached = reach(person, Action.KEEP_DOCUMENTS)
    managed = MANAGES[person.role] if person.role else frozenset()
    in_charge = and_(
        within(reached, unit=Unit.id, agency=Unit.agency_id),
        func.coalesce(Subject.role, Application.role).in_([role.value for role in managed]),
    )
    return and_(
        or_(Subject.id.is_(None), Subject.id != person.account_id),
        or_(in_charge, KeptDocument.custodian_id == person.account_id),
    )


def load_document(db: Session, person: Actor, document_id: int, *, lock: bool = False) -> Found:
    """Return a document that ``person`` is concerned with; ``lock`` keeps it to this transaction.

    One that is not there and one of other managers get the same answer (NotFound).
    """
    statement = whole().where(KeptDocument.id == document_id, concerned(person))
    if lock:
        # What is read below the lock has to be as it is once the lock is had: two statements.
        alone = select(KeptDocument.id).where(KeptDocument.id == document_id)
        db.execute(alone.with_for_update(key_share=True))
    row = db.execute(statement).first()
    if row is None:
        raise NotFound(GONE)
    return found(row)


def in_state(state: PaperState, today: date) -> ColumnElement[bool]:
    """Return the condition that a document stands at ``state`` today; as `Found.state` says."""
    if state is PaperState.DESTROYED:
        return KeptDocument.destroyed_at.is_not(None)
    there = KeptDocument.destroyed_at.is_(None)
    proposed = func.coalesce(latest_act, "") == DestructionAct.PROPOSED.value
    if state is PaperState.PROPOSED:
        return and_(there, proposed)
    day_after = date.fromordinal(ended_by(today).toordinal() + 1)
    old_enough = func.coalesce(ended_at < midnight(day_after), false())
    return and_(there, ~proposed, old_enough if state is PaperState.DESTROYABLE else ~old_enough)
