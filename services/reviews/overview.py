"""How far the reviews are: of every agency within reach, and what this person can still do."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, false, func, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, Agency, ReviewCampaign, ReviewLine, Unit
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.regulation.roles import MANAGES
from services.reviews.due import due_reviews

_MOST_LISTED = 200


@dataclass(frozen=True)
class AgencyReview:
    """Where one agency stands with its access review (clause 6.2)."""

    agency_id: int
    code: str
    name: str
    accounts: int
    latest_id: int | None
    last_closed_at: datetime | None
    open_id: int | None
    due_on: date | None
    overdue: bool
    lines: int
    """Lines of the open review within reach, and how many of them are prepared and decided."""
    prepared: int
    decided: int
    to_prepare: int
    """Lines that this very person can still prepare, and decide."""
    to_decide: int


@dataclass(frozen=True)
class ReviewInfo:
    """One review in a list."""

    id: int
    agency_id: int
    agency: str
    opened_at: datetime
    closed_at: datetime | None


@guarded(Action.VIEW_REVIEWS)
def agency_reviews(actor: Actor) -> tuple[AgencyReview, ...]:
    """Return every agency within reach that has accounts or reviews, with its due day."""
    reached = reach(actor, Action.VIEW_REVIEWS)
    in_reach = within(reached, unit=Unit.id, agency=Unit.agency_id)
    with reading() as db:
        agencies = set(db.scalars(select(Unit.agency_id).where(in_reach).distinct()))
        counts = _open_counts(db, actor)
        found = [due for due in due_reviews(db) if due.agency_id in agencies]
    return tuple(
        AgencyReview(
            due.agency_id,
            due.code,
            due.name,
            due.accounts,
            due.latest_id,
            due.last_closed_at,
            due.open_id,
            due.day,
            due.overdue(actor.today),
            *counts.get(due.agency_id, (0, 0, 0, 0, 0)),
        )
        for due in found
        if due.accounts or due.latest_id
    )


@guarded(Action.VIEW_REVIEWS)
def list_reviews(actor: Actor) -> tuple[ReviewInfo, ...]:
    """Return the newest reviews of the agencies within reach, the newest first."""
    reached = reach(actor, Action.VIEW_REVIEWS)
    near = select(Unit.agency_id).where(within(reached, unit=Unit.id, agency=Unit.agency_id))
    with reading() as db:
        rows = db.execute(
            select(
                ReviewCampaign.id,
                ReviewCampaign.agency_id,
                Agency.name,
                ReviewCampaign.opened_at,
                ReviewCampaign.closed_at,
            )
            .join(Agency, Agency.id == ReviewCampaign.agency_id)
            .where(ReviewCampaign.agency_id.in_(near))
            .order_by(ReviewCampaign.id.desc())
            .limit(_MOST_LISTED)
        ).all()
    return tuple(ReviewInfo(*row) for row in rows)


def number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return the number of rows that fulfil a condition, to be summed in SQL."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _open_counts(db: Session, actor: Actor) -> dict[int, tuple[int, int, int, int, int]]:
    """Count the lines of open reviews within reach by agency, and what the person can still do."""
    in_reach = within(
        reach(actor, Action.VIEW_REVIEWS), unit=ReviewLine.unit_id, agency=Unit.agency_id
    )
    rows = db.execute(
        select(
            ReviewCampaign.agency_id,
            func.count(),
            number_of(ReviewLine.prepared != ""),
            number_of(ReviewLine.decided != ""),
            number_of(and_(ReviewLine.prepared == "", _for(actor, Action.PREPARE_REVIEW))),
            number_of(_for(actor, Action.DECIDE_REVIEW)),
        )
        .select_from(ReviewLine)
        .join(ReviewCampaign, ReviewCampaign.id == ReviewLine.campaign_id)
        .join(Unit, Unit.id == ReviewLine.unit_id)
        .join(Account, Account.id == ReviewLine.account_id)
        .where(ReviewCampaign.closed_at.is_(None), in_reach)
        .group_by(ReviewCampaign.agency_id)
    )
    return {agency: (a, b, c, d, e) for agency, a, b, c, d, e in rows}


def owed_by(person: Actor) -> ColumnElement[bool]:
    """Return the condition that a line waits for this person: to be decided or, by a unit, prepared."""
    if reach(person, Action.DECIDE_REVIEW):
        return _for(person, Action.DECIDE_REVIEW)
    return and_(ReviewLine.prepared == "", _for(person, Action.PREPARE_REVIEW))


def _for(actor: Actor, action: Action) -> ColumnElement[bool]:
    """The condition that a line is undecided and this person can do ``action`` to it."""
    reached = reach(actor, action)
    if actor.role is None or not reached:
        return false()
    managed = [role.value for role in MANAGES[actor.role]]
    return and_(
        ReviewLine.decided == "",
        within(reached, unit=ReviewLine.unit_id, agency=Unit.agency_id),
        Account.role.in_(managed),
        Account.id != actor.account_id,
    )
