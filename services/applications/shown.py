"""An application as somebody who may see it is shown it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Account, Application, ApplicationAct, KeptDocument
from services.actor import Actor
from services.applications.approvers import ending_problem
from services.applications.earlier import Earlier, earlier_account
from services.applications.parties import (
    due_step,
    ending_step,
    is_own,
    problem,
    recording_problem,
    workflow_of,
)
from services.regulation.application_states import APPROVER, Act, Channel, State
from services.regulation.items import Item
from services.regulation.roles import Role
from services.regulation.workflows import Deed, Kind, Step, Workflow


@dataclass(frozen=True)
class ApplicationLine:
    """One application in a list."""

    id: int
    number: str
    role: Role
    kind: Kind
    state: State
    step: Step | None
    """What is due; None when it is over or waits for its applicant."""
    name: str
    username: str
    agency: str
    unit: str
    submitted_at: datetime
    closed_at: datetime | None
    is_mine_to_do: bool
    """Whether this person may take the step that is due."""

    @property
    def label(self) -> str:
        """姓名（帳號）."""
        return f"{self.name}（{self.username}）"


@dataclass(frozen=True)
class ActLine:
    """One thing that happened to an application."""

    at: datetime
    by: str
    act: Act
    deed: Deed
    note: str
    letter_no: str
    letter_date: date | None
    channel: Channel | None
    decided_by: str
    """Whose decision it was when it was recorded from paper; empty otherwise."""


@dataclass(frozen=True)
class PaperLine:
    """A kept document of an application."""

    id: int
    kind: str
    file_name: str
    signed: bool
    stored_at: datetime


@dataclass(frozen=True)
class ApplicationDetail:
    """One application whole, with what this person may do to it."""

    line: ApplicationLine
    revision: int
    staff_no: str
    title: str
    email: str
    phone: str
    to_unit: str
    items: tuple[Item, ...]
    items_now: tuple[Item, ...]
    """What the account has at this moment; none of a new one."""
    reason: str
    email_confirmed: bool
    workflow: Workflow
    step: int
    acts: tuple[ActLine, ...]
    papers: tuple[PaperLine, ...]
    problem: str | None
    """Why this person may not take the step that is due; None when they may, or nothing is due."""
    may_record_paper: bool
    """Whether this person may record an approval from paper."""
    may_return: bool
    """Whether this person may send it back."""
    may_refuse: bool
    is_own: bool
    earlier: Earlier | None
    """The cancelled account that completing it takes up again, for who may complete it."""


def detail_of(db: Session, actor: Actor, application: Application) -> ApplicationDetail:
    """Return an application whole for somebody who may see it."""
    step = due_step(application)
    ending = ending_step(application)
    may_end = ending is not None and ending_problem(db, actor, application, ending) is None
    account = application.account
    papers = db.scalars(
        select(KeptDocument)
        .where(KeptDocument.application_id == application.id)
        .order_by(KeptDocument.id)
    )
    return ApplicationDetail(
        line=line_of(actor, application),
        revision=application.revision,
        staff_no=application.staff_no,
        title=application.title,
        email=application.email,
        phone=application.phone,
        to_unit=application.to_unit.name if application.to_unit else "",
        items=_items(application.items),
        items_now=_items([row.item for row in account.items]) if account else (),
        reason=application.reason,
        email_confirmed=application.email_confirmed_at is not None,
        workflow=workflow_of(application),
        step=application.step,
        acts=tuple(_act_line(db, application, act) for act in application.acts),
        papers=tuple(
            PaperLine(row.id, row.kind, row.file_name, row.signed, row.stored_at) for row in papers
        ),
        problem=problem(actor, application, step) if step else None,
        may_record_paper=(
            step is not None
            and step.deed is Deed.APPROVE
            and recording_problem(actor, application) is None
        ),
        may_return=step is not None and step == ending and may_end,
        may_refuse=may_end,
        is_own=is_own(actor, application),
        earlier=earlier_account(db, actor, application),
    )


def line_of(person: Actor, application: Application) -> ApplicationLine:
    """Return an application as lists show it to this person."""
    step = due_step(application)
    return ApplicationLine(
        id=application.id,
        number=application.number,
        role=Role(application.role),
        kind=Kind(application.kind),
        state=State(application.state),
        step=step,
        name=application.name,
        username=application.username,
        agency=application.unit.agency.name,
        unit=application.unit.name,
        submitted_at=application.submitted_at,
        closed_at=application.closed_at,
        is_mine_to_do=step is not None and problem(person, application, step) is None,
    )


def _act_line(db: Session, application: Application, act: ApplicationAct) -> ActLine:
    decided = db.get(Account, act.decided_by) if act.decided_by else None
    steps = workflow_of(application).steps
    return ActLine(
        at=act.at,
        by=act.actor_name,
        act=Act(act.act),
        deed=steps[min(act.step, len(steps) - 1)].deed,
        note=act.note,
        letter_no=act.letter_no,
        letter_date=act.letter_date,
        channel=Channel(act.channel) if act.channel else None,
        decided_by=decided.name if decided else str(act.detail.get(APPROVER, "")),
    )


def _items(values: list[str]) -> tuple[Item, ...]:
    return tuple(item for item in Item if item.value in values)
