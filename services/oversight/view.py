"""One package as its reviewer sees it: the letter, what the machine found, findings, history, what is left."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import (
    Account,
    Audit,
    AuditPackage,
    CheckRun,
    Finding,
    PackageReview,
    ReviewStep,
    Unit,
)
from services.actor import Actor
from services.errors import Refused
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.oversight.acting import left_to_settle, overruled, reviewers
from services.oversight.checks.result import Result
from services.oversight.findings.listing import FindingRow, findings_where
from services.oversight.queue import QueueState, queue_state
from services.oversight.store import (
    load_review,
    newest_package,
    newest_run,
    packaged,
    require_impartial,
    results_in,
)
from services.regulation.deadlines import DueDay, sending
from services.regulation.finding_states import FindingState
from services.regulation.package_review import ReviewAct, ReviewState
from services.regulation.periods import HalfYear
from services.rocdate import local_date
from services.working_days import OFFICES


@dataclass(frozen=True)
class ReviewedCheck:
    """What one check found, and why a person let it pass all the same."""

    result: Result
    overruled: str
    """The reason and by whom; empty where nobody did."""


@dataclass(frozen=True)
class ReviewStepView:
    """One act on the review."""

    act: ReviewAct
    at: datetime
    who: str
    note: str
    letter_no: str
    letter_date: date | None


@dataclass(frozen=True)
class UnitOfPackage:
    """A unit that the package has an audit of."""

    code: str
    name: str
    audits: tuple[int, ...]


@dataclass(frozen=True)
class ReviewView:
    """One package and its review."""

    review_id: int
    revision: int
    agency: str
    agency_code: str
    half: HalfYear
    audit_id: int
    package_id: int
    package_number: int
    letter_no: str
    letter_date: date
    received_at: datetime
    due: DueDay
    days_late: int
    state: ReviewState
    queue_state: QueueState
    reviewer: str
    is_mine: bool
    keeps_out: str
    """Why this reviewer cannot act on it (domain.md §7, 3); empty where nothing stands in the way."""
    checked_at: datetime | None
    checks: tuple[ReviewedCheck, ...]
    findings: tuple[FindingRow, ...]
    steps: tuple[ReviewStepView, ...]
    units: tuple[UnitOfPackage, ...]
    left: tuple[str, ...]
    """What stands in the way of 備查, in sentences."""
    others: tuple[tuple[str, str], ...]
    """Account name and label of everybody it can be handed to."""


@guarded(Action.REVIEW_PACKAGE)
def view_review(actor: Actor, review_id: int) -> ReviewView:
    """Return a package with what the machine found and what was done about it."""
    with reading() as db:
        review = load_review(db, actor, review_id)
        package = newest_package(db, review.audit_id)
        assert package is not None  # as every review's
        return _view(db, actor, review, package, newest_run(db, review))


def _view(
    db: Session,
    actor: Actor,
    review: PackageReview,
    package: AuditPackage,
    run: CheckRun | None,
) -> ReviewView:
    half = HalfYear.parse(review.period)
    due = sending(half, OFFICES).day
    state = ReviewState(review.state)
    results = results_in(run)
    passed = overruled(db, review, results)
    findings = findings_where(db, actor, Finding.review_id == review.id)
    open_ones = [FindingState(one.state) for one in findings if not one.state.is_over]
    holder = db.get(Account, review.reviewer_id) if review.reviewer_id else None
    came = local_date(review.received_at)
    return ReviewView(
        review_id=review.id,
        revision=review.revision,
        agency=review.agency.name,
        agency_code=review.agency.code,
        half=half,
        audit_id=review.audit_id,
        package_id=package.id,
        package_number=package.number,
        letter_no=package.letter_no,
        letter_date=package.letter_date,
        received_at=review.received_at,
        due=due,
        days_late=max(0, (came - due.effective).days),
        state=state,
        queue_state=queue_state(state, open_ones),
        reviewer=f"{holder.name}（{holder.username}）" if holder else "",
        is_mine=holder is not None and holder.id == actor.account_id,
        keeps_out=_keeps_out(db, actor, review),
        checked_at=run.at if run else None,
        checks=tuple(ReviewedCheck(one, passed.get(one.check, "")) for one in results),
        findings=tuple(findings),
        steps=_steps(db, review.id),
        units=_units(db, packaged(db, review)),
        left=tuple(left_to_settle(db, review)),
        others=tuple(
            (one.username, f"{one.name}（{one.username}）")
            for one in reviewers(db, actor)
            if one.id != review.reviewer_id
        ),
    )


def _keeps_out(db: Session, actor: Actor, review: PackageReview) -> str:
    try:
        require_impartial(db, actor, review)
    except Refused as refusal:
        return str(refusal)
    return ""


def _units(db: Session, audits: list[int]) -> tuple[UnitOfPackage, ...]:
    found: dict[tuple[str, str], list[int]] = {}
    rows = db.execute(
        select(Unit.code, Unit.name, Audit.id)
        .join(Audit, Audit.unit_id == Unit.id)
        .where(Audit.id.in_(audits))
        .order_by(Unit.code, Audit.id)
    )
    for code, name, audit_id in rows:
        found.setdefault((code, name), []).append(audit_id)
    return tuple(UnitOfPackage(*unit, tuple(ids)) for unit, ids in found.items())


def _steps(db: Session, review_id: int) -> tuple[ReviewStepView, ...]:
    rows = db.scalars(
        select(ReviewStep).where(ReviewStep.review_id == review_id).order_by(ReviewStep.id)
    )
    return tuple(
        ReviewStepView(
            ReviewAct(row.act), row.at, row.actor_name, row.note, row.letter_no, row.letter_date
        )
        for row in rows
    )
