"""One review: its dates, its progress unit by unit, and what closing it would do."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, ReviewLine, Unit
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.regulation.access_review import Choice
from services.regulation.roles import Role
from services.reviews.overview import number_of
from services.reviews.store import digest, load_campaign
from services.rocdate import local_date


@dataclass(frozen=True)
class UnitProgress:
    """How far one unit's lines are."""

    unit_id: int
    code: str
    name: str
    lines: int
    put_forward: int
    prepared: int
    decided: int


@dataclass(frozen=True)
class ReviewView:
    """One review: its dates, its progress within reach, and what closing it would do."""

    id: int
    agency_id: int
    agency: str
    opened_at: datetime
    opened_by: str
    """姓名（帳號）; empty when the system opened it."""
    since: date
    until: date
    due_on: date
    overdue: bool
    closed_at: datetime | None
    closed_by: str
    content_hash: str
    units: tuple[UnitProgress, ...]
    choices: dict[Choice, int]
    may_close: bool
    """Whether this person is the agency's manager, who closes it."""
    plan: str
    """What stands decided, as a hash: whoever closes must have seen just that."""

    @property
    def lines(self) -> int:
        return sum(unit.lines for unit in self.units)

    @property
    def prepared(self) -> int:
        return sum(unit.prepared for unit in self.units)

    @property
    def decided(self) -> int:
        return sum(unit.decided for unit in self.units)


@guarded(Action.VIEW_REVIEWS)
def view_review(actor: Actor, campaign_id: int) -> ReviewView:
    """Return one review with its progress, counted over the lines within reach."""
    with reading() as db:
        campaign = load_campaign(db, actor, campaign_id, Action.VIEW_REVIEWS)
        mine = within(
            reach(actor, Action.VIEW_REVIEWS), unit=ReviewLine.unit_id, agency=Unit.agency_id
        )
        lines = and_(ReviewLine.campaign_id == campaign_id, mine)
        ids = {campaign.opened_by, campaign.closed_by} - {None}
        people = select(Account.id, Account.name, Account.username).where(Account.id.in_(ids))
        names = {id_: f"{name}（{username}）" for id_, name, username in db.execute(people)}
        closing = actor.role is Role.AGENCY_MANAGER and actor.agency_id == campaign.agency_id
        return ReviewView(
            id=campaign.id,
            agency_id=campaign.agency_id,
            agency=campaign.agency.name,
            opened_at=campaign.opened_at,
            opened_by=names.get(campaign.opened_by or 0, ""),
            since=campaign.since,
            until=local_date(campaign.opened_at) - timedelta(days=1),
            due_on=campaign.due_on,
            overdue=campaign.closed_at is None and actor.today > campaign.due_on,
            closed_at=campaign.closed_at,
            closed_by=names.get(campaign.closed_by or 0, ""),
            content_hash=campaign.content_hash,
            units=_by_unit(db, lines),
            choices=_choices(db, lines),
            may_close=closing and campaign.closed_at is None,
            plan=plan_of(db, campaign_id),
        )


def plan_of(db: Session, campaign_id: int) -> str:
    """Return what stands decided in a review as a hash."""
    columns = (ReviewLine.account_id, ReviewLine.decided, ReviewLine.decided_items)
    more = (ReviewLine.decided_note, ReviewLine.decided_by)
    rows = db.execute(
        select(*columns, *more)
        .where(ReviewLine.campaign_id == campaign_id)
        .order_by(ReviewLine.account_id)
    )
    return digest([list(row) for row in rows])


def _by_unit(db: Session, lines: ColumnElement[bool]) -> tuple[UnitProgress, ...]:
    rows = db.execute(
        select(
            Unit.id,
            Unit.code,
            Unit.name,
            func.count(),
            number_of(ReviewLine.suggested != Choice.KEEP.value),
            number_of(ReviewLine.prepared != ""),
            number_of(ReviewLine.decided != ""),
        )
        .select_from(ReviewLine)
        .join(Unit, Unit.id == ReviewLine.unit_id)
        .where(lines)
        .group_by(Unit.id, Unit.code, Unit.name)
        .order_by(Unit.code)
    )
    return tuple(UnitProgress(*row) for row in rows)


def _choices(db: Session, lines: ColumnElement[bool]) -> dict[Choice, int]:
    rows = db.execute(
        select(ReviewLine.decided, func.count())
        .join(Unit, Unit.id == ReviewLine.unit_id)
        .where(lines, ReviewLine.decided != "")
        .group_by(ReviewLine.decided)
    )
    found = {Choice(code): number for code, number in rows}
    return {choice: found.get(choice, 0) for choice in Choice}
