"""Opening an access review: by the agency manager, or by the system when it is nearly due (6.2)."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Agency, ReviewCampaign
from services import events
from services.actor import Actor
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.access_review import first_day_of_use, opened_by_itself_on
from services.reviews.due import Due, due_reviews
from services.reviews.facts import lines_for
from services.reviews.store import require_agency_manager
from services.rocdate import roc_time


@dataclass(frozen=True)
class Opened:
    """A review that the system has opened by itself."""

    campaign_id: int
    agency_code: str
    agency: str
    lines: int
    due_on: str
    """ISO date."""


@guarded(Action.DECIDE_REVIEW)
def open_review(actor: Actor, agency_id: int) -> int:
    """Open the agency's review with a line for every account that is not cancelled; return its id.

    Raises Conflict when one is open already or there is no account to review.
    """
    require_agency_manager(actor, agency_id)
    with transaction() as db:
        return _open(db, actor, agency_id).id


@guarded(Action.CHANGE_SETTINGS)
def open_due_reviews(actor: Actor) -> tuple[Opened, ...]:
    """Open the review of every agency whose next one is due in a fortnight or less (the nightly job).

    Each agency is a transaction of its own, so that what is opened stays opened.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    with reading() as db:
        found = due_reviews(db)
    opened: list[Opened] = []
    for due in found:
        if due.open_id is None and due.day and actor.today >= opened_by_itself_on(due.day):
            opened.extend(_open_by_itself(actor, due))
    return tuple(opened)


def _open_by_itself(actor: Actor, due: Due) -> tuple[Opened, ...]:
    try:
        with transaction() as db:
            campaign = _open(db, actor, due.agency_id)
            lines = len(campaign.lines)
    except Conflict:  # somebody opened it meanwhile
        return ()
    return (Opened(campaign.id, due.code, due.name, lines, campaign.due_on.isoformat()),)


def _open(db: Session, actor: Actor, agency_id: int) -> ReviewCampaign:
    # Two who open at once come one after the other; the second finds the first one's.
    db.scalars(
        select(Agency.id).where(Agency.id == agency_id).with_for_update(key_share=True)
    ).all()
    running = db.scalar(
        select(ReviewCampaign).where(
            ReviewCampaign.agency_id == agency_id, ReviewCampaign.closed_at.is_(None)
        )
    )
    if running is not None:
        raise Conflict(
            f"本機關已有進行中的權限清查（第 {running.id} 號，{roc_time(running.opened_at)} 發起）；"
            "結案後才能再發起。"
        )
    due = next((due.day for due in due_reviews(db, agency_id)), None)
    if due is None:
        raise Conflict("本機關沒有需要清查的帳號。")
    campaign = ReviewCampaign(
        agency_id=agency_id,
        opened_at=actor.now,
        opened_by=actor.account_id,
        since=first_day_of_use(actor.today),
        due_on=due,
    )
    db.add(campaign)
    db.flush()
    campaign.lines = lines_for(db, campaign)
    events.write(
        db,
        actor,
        EventType.REVIEW_OPENED,
        about=("campaign", campaign.id),
        accounts=len(campaign.lines),
        due_on=due.isoformat(),
    )
    return campaign
