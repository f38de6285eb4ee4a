"""What is stored about accounts and their applications at one moment, as plain values."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select

from data.engine import reading
from data.models import (
    Account,
    AccountDuty,
    AccountItem,
    Application,
    ApplicationAct,
    Base,
    Event,
    PersonnelChange,
    ReviewCampaign,
    SignInSession,
    Unit,
)
from services.regulation.roles import AccountStatus, Duty, Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind, Step, Workflow


@dataclass(frozen=True)
class Holder:
    """An account."""

    id: int
    username: str
    staff_no: str
    name: str
    email: str
    role: Role
    unit_id: int
    agency_id: int
    status: AccountStatus
    items: frozenset[str]
    duties: frozenset[tuple[Duty, int | None, int | None]]
    leaving_on: date | None
    password_set_at: datetime | None


@dataclass(frozen=True)
class Done:
    """One act on an application."""

    id: int
    act: str
    step: int
    at: datetime
    by: int | None
    decider: int | None
    note: str


@dataclass(frozen=True)
class Case:
    """An application with its acts."""

    id: int
    number: str
    flow: Workflow
    state: str
    step: int
    revision: int
    account_id: int | None
    staff_no: str
    username: str
    email: str
    unit_id: int
    agency_id: int
    to_unit_id: int | None
    items: frozenset[str]
    submitted_at: datetime
    closed_at: datetime | None
    acts: tuple[Done, ...]

    @property
    def kind(self) -> Kind:
        return self.flow.kind

    @property
    def due(self) -> Step | None:
        """The step that is due; None when it is over or waits for its applicant."""
        return self.flow.steps[self.step] if self.state == "open" else None

    def judged(self) -> dict[Deed, set[int | None]]:
        """Who took which step, ever."""
        found: defaultdict[Deed, set[int | None]] = defaultdict(set)
        for act in self.acts:
            if act.act == "passed":
                found[self.flow.steps[act.step].deed].add(act.decider)
        return found


@dataclass(frozen=True)
class Happened:
    """One event."""

    type: str
    about: tuple[str, str]
    outcome: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """Everything at one moment; the events are those since the moment before."""

    holders: dict[int, Holder]
    cases: dict[int, Case]
    sessions: Counter[int]
    """How many live sessions an account has."""
    leavings: frozenset[tuple[int, str, date]]
    """What is recorded and open about people who leave."""
    closed_reviews: dict[int, str]
    open_reviews: dict[int, int]
    """The agency's open review, by agency."""
    events: tuple[Happened, ...]
    last_event: int

    def same_life(self, other: "Stored") -> bool:
        """Whether accounts and applications stand as they stood."""
        mine = (self.holders, self.cases, self.leavings, self.closed_reviews)
        return mine == (other.holders, other.cases, other.leavings, other.closed_reviews)

    def of_staff(self, staff_no: str) -> Holder | None:
        """Return the account of a person."""
        return next((one for one in self.holders.values() if one.staff_no == staff_no), None)

    def live(self) -> list[Case]:
        """Return the applications that are not over."""
        return [one for one in self.cases.values() if one.closed_at is None]


def _rows(model: type[Base]) -> Select[Any]:
    """Select a table's columns: an entity of each row, of which nothing else is wanted, takes twice as long."""
    return select(model.__table__)


def look(since: int = 0) -> Stored:
    """Read what is stored, and the events after the one with the id ``since``."""
    with reading() as db:
        items: defaultdict[int, set[str]] = defaultdict(set)
        for account_id, item in db.execute(select(AccountItem.account_id, AccountItem.item)):
            items[account_id].add(item)
        duties: defaultdict[int, set[Any]] = defaultdict(set)
        held = select(
            AccountDuty.account_id, AccountDuty.duty, AccountDuty.unit_id, AccountDuty.agency_id
        ).where(AccountDuty.ended_at.is_(None))
        for account_id, duty, unit_id, agency_id in db.execute(held):
            duties[account_id].add((Duty(duty), unit_id, agency_id))
        agency_of = dict(db.execute(select(Unit.id, Unit.agency_id)).all())
        acts: defaultdict[int, list[Done]] = defaultdict(list)
        for one in db.execute(_rows(ApplicationAct).order_by(ApplicationAct.id)):
            decider = one.decided_by or one.account_id
            acts[one.application_id].append(
                Done(one.id, one.act, one.step, one.at, one.account_id, decider, one.note)
            )
        holders = {
            row.id: Holder(
                row.id,
                row.username,
                row.staff_no,
                row.name,
                row.email,
                Role(row.role),
                row.unit_id,
                agency_of[row.unit_id],
                AccountStatus(row.status),
                frozenset(items[row.id]),
                frozenset(duties[row.id]),
                row.leaving_on,
                row.password_set_at,
            )
            for row in db.execute(_rows(Account))
        }
        cases = {
            row.id: Case(
                row.id,
                row.number,
                WORKFLOWS[Role(row.role), Kind(row.kind)],
                row.state,
                row.step,
                row.revision,
                row.account_id,
                row.staff_no,
                row.username,
                row.email,
                row.unit_id,
                agency_of[row.unit_id],
                row.to_unit_id,
                frozenset(row.items),
                row.submitted_at,
                row.closed_at,
                tuple(acts[row.id]),
            )
            for row in db.execute(_rows(Application))
        }
        live = select(SignInSession.account_id, func.count()).where(
            SignInSession.ended_at.is_(None)
        )
        sessions = Counter(dict(db.execute(live.group_by(SignInSession.account_id)).all()))
        leavings = frozenset(
            (one.account_id, one.kind, one.effective_on)
            for one in db.execute(
                _rows(PersonnelChange).where(PersonnelChange.settled_at.is_(None))
            )
        )
        reviews = db.execute(_rows(ReviewCampaign)).all()
        events = db.execute(_rows(Event).where(Event.id > since).order_by(Event.id)).all()
        return Stored(
            holders,
            cases,
            sessions,
            leavings,
            {one.id: one.content_hash for one in reviews if one.closed_at},
            {one.agency_id: one.id for one in reviews if not one.closed_at},
            tuple(
                Happened(one.type, (one.object_type, one.object_id), one.outcome, one.detail)
                for one in events
            ),
            events[-1].id if events else since,
        )
