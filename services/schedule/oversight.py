"""Packages and findings as tasks (7.2.1, 7.2.2): the bureau's to review, and either side's to act on."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from data.models import Finding, PackageReview
from services.actor import Actor
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.oversight.findings.store import accepted_by
from services.regulation.deadlines import as_named
from services.regulation.finding_states import OPEN, FindingState, Side
from services.regulation.package_review import ReviewState
from services.regulation.periods import HalfYear
from services.schedule.words import FINDING_PAGE, REVIEW_PAGE, Task, TaskKind, TaskState, state_of


def oversight_tasks(db: Session, person: Actor) -> list[Task]:
    """Return the packages that wait for this reviewer, and the findings that are the person's to act on."""
    return [*_packages(db, person), *_findings(db, person)]


def _packages(db: Session, person: Actor) -> Iterator[Task]:
    reached = reach(person, Action.REVIEW_PACKAGE)
    if not reached:
        return
    rows = db.scalars(
        select(PackageReview)
        .options(joinedload(PackageReview.agency))
        .where(
            PackageReview.state != ReviewState.ACCEPTED.value,
            within(reached, unit=None, agency=PackageReview.agency_id),
        )
        .order_by(PackageReview.received_at)
    ).all()
    busy = set(
        db.scalars(select(Finding.review_id).where(Finding.state.in_([one.value for one in OPEN])))
    )
    for one in rows:
        if one.state == ReviewState.RECEIVED:
            yield _package(one, "待承辦", "件函送資料待承辦")
        elif one.reviewer_id == person.account_id and one.id not in busy:
            yield _package(one, "複核中，待決定", "件函送資料待決定")


def _package(one: PackageReview, words: str, many: str) -> Task:
    strong = f"{one.agency.name} {HalfYear.parse(one.period).label}函送資料"
    return Task(
        key=f"{TaskKind.PACKAGE.value}:{one.id}",
        kind=TaskKind.PACKAGE,
        state=TaskState.DUE,
        words=f"{strong}　{words}",
        strong=strong,
        page=REVIEW_PAGE,
        fields=(("half", one.period), ("review", str(one.id))),
        link="前往複核",
        many=many,
    )


def _findings(db: Session, person: Actor) -> Iterator[Task]:
    answers, reviews = reach(person, Action.ANSWER_FINDING), reach(person, Action.REVIEW_PACKAGE)
    for side, reached in ((Side.AGENCY, answers), (Side.BUREAU, reviews)):
        if not reached:
            continue
        rows = db.scalars(
            select(Finding)
            .options(
                joinedload(Finding.agency),
                joinedload(Finding.review),
                selectinload(Finding.steps),
            )
            .where(
                Finding.state.in_([one.value for one in OPEN]),
                within(reached, unit=Finding.unit_id, agency=Finding.agency_id),
            )
            .order_by(Finding.due_on, Finding.id)
        )
        for one in rows:
            if side is Side.AGENCY or _is_mine(person, one):
                yield _finding(person, one, side)


def _is_mine(person: Actor, one: Finding) -> bool:
    """Whether a reviewer has the package in hand; a major deficiency is closed by anybody but who accepted it."""
    if one.state == FindingState.ACCEPTED:
        return accepted_by(one.steps) != person.account_id
    return one.review.reviewer_id == person.account_id


def _finding(person: Actor, one: Finding, side: Side) -> Task:
    state = FindingState(one.state)
    turn = state.waits_for
    mine = turn is side
    due = as_named(one.due_on) if turn is Side.AGENCY else None
    whose = f"{one.agency.name} " if side is Side.BUREAU else ""
    strong = f"{whose}{one.number} {one.title}"
    return Task(
        key=f"{TaskKind.FINDING.value}:{one.id}:{side.value}",
        kind=TaskKind.FINDING,
        state=state_of(due, person.today) if mine else TaskState.WAITING,
        words=f"{strong}　{state.label}",
        strong=strong,
        page=FINDING_PAGE,
        fields=(("finding", str(one.id)),),
        link="前往辦理" if mine else "看辦理進度",
        due=due,
        waits_for="" if mine or turn is None else turn.label,
        late=due is not None and due.is_past(person.today),
        many="件請說明與缺失",
    )
