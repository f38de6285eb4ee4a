"""The bureau's queue of a half-year: every agency that owes a package, what came, who has it (7.2.1)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, Agency, AuditPackage, CheckRun, Finding, PackageReview
from services.actor import Actor
from services.audits.owing import owing
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.oversight.findings.listing import days_late
from services.regulation.deadlines import DueDay, sending
from services.regulation.finding_states import OPEN, FindingState, Side
from services.regulation.package_review import ReviewState
from services.regulation.periods import HalfYear
from services.rocdate import local_date
from services.working_days import OFFICES


class QueueState(StrEnum):
    """How an agency's half-year stands with the bureau; the order is that of the filters."""

    RECEIVED = "received"
    REVIEWING = "reviewing"
    ANSWERED = "answered"
    ASKED = "asked"
    ACCEPTED = "accepted"
    OVERDUE = "overdue"
    OWED = "owed"

    @property
    def label(self) -> str:
        return {
            "received": "待複核",
            "reviewing": "複核中",
            "answered": "待我方續辦",
            "asked": "機關辦理中",
            "accepted": "准予備查",
            "overdue": "逾期未函送",
            "owed": "尚未函送",
        }[self.value]

    @property
    def came(self) -> bool:
        """Whether a package is there."""
        return self not in (QueueState.OVERDUE, QueueState.OWED)


@dataclass(frozen=True)
class QueueRow:
    """One agency's half-year in the queue."""

    agency_id: int
    agency_code: str
    agency: str
    state: QueueState
    review_id: int | None
    received_on: date | None
    days_late: int
    """How late it came, or has not come."""
    package_number: int
    reviewer: str
    is_mine: bool
    failed: int
    to_look: int
    checked: bool
    """Whether the machine has looked at it."""
    open_findings: int
    overdue_findings: int


@dataclass(frozen=True)
class Queue:
    """A half-year's queue, the worst first; and its progress."""

    half: HalfYear
    due: DueDay
    rows: tuple[QueueRow, ...]

    @property
    def counts(self) -> Mapping[QueueState, int]:
        """How many agencies stand where."""
        return Counter(row.state for row in self.rows)


@guarded(Action.REVIEW_PACKAGE)
def view_queue(actor: Actor, half: HalfYear) -> Queue:
    """Return the queue of a half-year: sorted by what the machine found, the worst first."""
    reached = reach(actor, Action.REVIEW_PACKAGE)
    with reading() as db:
        due = sending(half, OFFICES).day
        agencies = _owing(db, half)
        rows = db.execute(
            select(PackageReview, Account.name)
            .outerjoin(Account, Account.id == PackageReview.reviewer_id)
            .where(
                PackageReview.period == str(half),
                within(reached, unit=None, agency=PackageReview.agency_id),
            )
        ).all()
        reviews = {review.agency_id: (review, name) for review, name in rows}
        ids = [review.id for review, _ in rows]
        runs, findings = _runs(db, ids), _findings(db, ids)
        for review, _ in rows:
            agencies.setdefault(review.agency_id, review.agency)
        made = []
        for agency in agencies.values():
            if (found := reviews.get(agency.id)) is None:
                made.append(_missing(agency, due, actor.today))
            else:
                made.append(_row(actor, agency, found, due, runs, findings))
    return Queue(half, due, tuple(sorted(made, key=_worst_first)))


@guarded(Action.REVIEW_PACKAGE)
def halves_in_review(actor: Actor, first: HalfYear) -> tuple[HalfYear, ...]:
    """Return ``first`` and every half-year of which a package came, the newest one first."""
    reached = reach(actor, Action.REVIEW_PACKAGE)
    with reading() as db:
        periods = db.scalars(
            select(PackageReview.period)
            .where(within(reached, unit=None, agency=PackageReview.agency_id))
            .distinct()
        )
        found = {first, *(HalfYear.parse(one) for one in periods)}
    return tuple(sorted(found, key=lambda half: half.first_day, reverse=True))


def _owing(db: Session, half: HalfYear) -> dict[int, Agency]:
    owed = owing(db, true(), half.quarters)
    return {unit.agency_id: unit.agency for unit, quarters in owed if quarters}


def _runs(db: Session, ids: list[int]) -> dict[int, tuple[int, int]]:
    in_force = select(func.max(AuditPackage.id)).group_by(AuditPackage.audit_id)
    newest = (
        select(func.max(CheckRun.id))
        .where(CheckRun.review_id.in_(ids), CheckRun.package_id.in_(in_force))
        .group_by(CheckRun.review_id)
    )
    rows = db.execute(
        select(CheckRun.review_id, CheckRun.failed, CheckRun.to_look).where(CheckRun.id.in_(newest))
    )
    return {review_id: (failed, to_look) for review_id, failed, to_look in rows}


_Due = list[tuple[FindingState, date]]


def _findings(db: Session, ids: list[int]) -> dict[int, _Due]:
    found: dict[int, _Due] = {}
    rows = db.execute(
        select(Finding.review_id, Finding.state, Finding.due_on).where(
            Finding.review_id.in_(ids), Finding.state.in_([state.value for state in OPEN])
        )
    )
    for review_id, state, due_on in rows:
        found.setdefault(review_id, []).append((FindingState(state), due_on))
    return found


def _missing(agency: Agency, due: DueDay, today: date) -> QueueRow:
    late = max(0, (today - due.effective).days)
    state = QueueState.OVERDUE if due.is_past(today) else QueueState.OWED
    return QueueRow(
        agency.id,
        agency.code,
        agency.name,
        state,
        None,
        None,
        late,
        0,
        "",
        False,
        0,
        0,
        False,
        0,
        0,
    )


def _row(
    actor: Actor,
    agency: Agency,
    found: tuple[PackageReview, str | None],
    due: DueDay,
    runs: Mapping[int, tuple[int, int]],
    findings: Mapping[int, _Due],
) -> QueueRow:
    review, name = found
    open_ones = findings.get(review.id, [])
    failed, to_look = runs.get(review.id, (0, 0))
    came = local_date(review.received_at)
    return QueueRow(
        agency_id=agency.id,
        agency_code=agency.code,
        agency=agency.name,
        state=queue_state(ReviewState(review.state), [state for state, _ in open_ones]),
        review_id=review.id,
        received_on=came,
        days_late=max(0, (came - due.effective).days),
        package_number=review.package_number,
        reviewer=name or "",
        is_mine=review.reviewer_id is not None and review.reviewer_id == actor.account_id,
        failed=failed,
        to_look=to_look,
        checked=review.id in runs,
        open_findings=len(open_ones),
        overdue_findings=sum(bool(days_late(*one, actor.today)) for one in open_ones),
    )


def queue_state(state: ReviewState, open_findings: list[FindingState]) -> QueueState:
    """Return how a package stands: its own state, or whose turn its open findings are."""
    if state is ReviewState.REVIEWING and open_findings:
        bureau = any(one.waits_for is Side.BUREAU for one in open_findings)
        return QueueState.ANSWERED if bureau else QueueState.ASKED
    return QueueState(state.value)


def _worst_first(row: QueueRow) -> tuple[bool, bool, bool, int, int, int, str]:
    """What needs the bureau first, by what the machine found; then what waits on others; then what is done."""
    waits = row.state in (QueueState.ASKED, QueueState.OVERDUE, QueueState.OWED)
    done = row.state is QueueState.ACCEPTED
    return (
        done,
        waits,
        not row.state.came,
        -row.failed,
        -row.to_look,
        -row.days_late,
        row.agency_code,
    )
