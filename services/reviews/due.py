"""When each agency's next access review is due (clause 6.2)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from data.models import Account, Agency, ReviewCampaign, Unit
from services.regulation.access_review import review_due
from services.regulation.roles import AccountStatus
from services.rocdate import local_date


@dataclass(frozen=True)
class Due:
    """Where one agency stands."""

    agency_id: int
    code: str
    name: str
    accounts: int
    """Accounts that are not cancelled."""
    latest_id: int | None
    last_opened_at: datetime | None
    last_closed_at: datetime | None
    open_id: int | None
    day: date | None
    """The last day for the review that is open or comes next; None where there is no account."""

    def overdue(self, today: date) -> bool:
        """Whether the day has passed without the review being closed."""
        return self.day is not None and today > self.day


def due_reviews(db: Session, agency_id: int | None = None) -> list[Due]:
    """Return every agency (or the one named) with its due day, by its code.

    An open review keeps its own day; otherwise it is six months after the last opening or, without
    any, after the creation of the agency's first account.
    """
    accounts = (
        select(
            Unit.agency_id,
            func.sum(case((Account.status != AccountStatus.CANCELLED.value, 1), else_=0)).label(
                "n"
            ),
            func.min(Account.created_at).label("first"),
        )
        .join(Unit, Unit.id == Account.unit_id)
        .group_by(Unit.agency_id)
        .subquery()
    )
    reviews = (
        select(
            ReviewCampaign.agency_id,
            func.max(ReviewCampaign.id).label("latest"),
            func.max(ReviewCampaign.opened_at).label("opened"),
            func.max(ReviewCampaign.closed_at).label("closed"),
        )
        .group_by(ReviewCampaign.agency_id)
        .subquery()
    )
    running = select(ReviewCampaign.id, ReviewCampaign.agency_id, ReviewCampaign.due_on)
    open_ones = running.where(ReviewCampaign.closed_at.is_(None)).subquery()
    wanted = (
        select(
            Agency.id,
            Agency.code,
            Agency.name,
            func.coalesce(accounts.c.n, 0),
            accounts.c.first,
            reviews.c.latest,
            reviews.c.opened,
            reviews.c.closed,
            open_ones.c.id,
            open_ones.c.due_on,
        )
        .outerjoin(accounts, accounts.c.agency_id == Agency.id)
        .outerjoin(reviews, reviews.c.agency_id == Agency.id)
        .outerjoin(open_ones, open_ones.c.agency_id == Agency.id)
        .order_by(Agency.code)
    )
    if agency_id is not None:
        wanted = wanted.where(Agency.id == agency_id)
    found = []
    for id_, code, name, number, first, latest, opened, closed, open_id, open_due in db.execute(
        wanted
    ):
        counted_from = opened or first
        day = open_due
        if day is None and number and counted_from:
            day = review_due(local_date(counted_from))
        found.append(Due(id_, code, name, int(number), latest, opened, closed, open_id, day))
    return found
