"""Closing a review: every decision is acted on in one transaction, and the record is signed (6.2)."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, ReviewCampaign, ReviewLine
from services import events
from services.accounts.changes import put_items, put_status
from services.actor import Actor
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.regulation.access_review import Choice, item_words
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Role
from services.reviews.record import record_of
from services.reviews.store import (
    anew,
    digest,
    label_of,
    load_campaign,
    locked_accounts,
    renew,
    require_agency_manager,
    require_open,
)
from services.reviews.view import plan_of

_REASON_MAX = 200


@guarded(Action.DECIDE_REVIEW)
def close_review(actor: Actor, campaign_id: int, shown: str) -> str:
    """Close the review as the agency's manager, act on its decisions, return the record's hash.

    ``shown`` is what stood decided on the screen (`ReviewView.plan`). Refused while one line is
    undecided: none is ever taken as consent. Lines whose account has changed since the decision are
    named and have to be decided anew; when one account cannot be closed (the last manager), nothing
    is done. Afterwards neither lines nor record change.
    """
    with transaction() as db:
        campaign = load_campaign(db, actor, campaign_id, Action.DECIDE_REVIEW, lock=True)
        require_agency_manager(actor, campaign.agency_id)
        require_open(campaign)
        lines = db.scalars(
            select(ReviewLine)
            .where(ReviewLine.campaign_id == campaign_id)
            .order_by(ReviewLine.account_id)
        ).all()
        accounts = locked_accounts(db, [line.account_id for line in lines])
        names = renew(db, actor, campaign, lines, accounts)
        if not names:
            _require_decided(lines)
            if plan_of(db, campaign_id) != shown:
                raise Conflict("核定內容剛剛有變動；請重新檢視將辦理的事項後再結案。")
            _sign(db, actor, campaign, lines, accounts)
    if names:
        raise anew(names)
    return campaign.content_hash


def _require_decided(lines: Sequence[ReviewLine]) -> None:
    if left := [label_of(line) for line in lines if not line.decided]:
        named = "、".join(left[:5]) + ("…" if len(left) > 5 else "")
        raise Conflict(f"還有 {len(left):,} 個帳號未核定（{named}）；全部核定後才能結案。")


def _sign(
    db: Session,
    actor: Actor,
    campaign: ReviewCampaign,
    lines: Sequence[ReviewLine],
    accounts: dict[int, Account],
) -> None:
    # Managers come last: where everybody of an agency goes, its manager may go too.
    for line in sorted(lines, key=_is_managers):
        line.outcome = _act(db, actor, campaign, line, accounts[line.account_id])
    campaign.closed_at, campaign.closed_by = actor.now, actor.account_id
    db.flush()
    campaign.record = record_of(db, campaign, lines)
    campaign.content_hash = digest(campaign.record)
    counts = campaign.record["counts"]
    events.write(
        db,
        actor,
        EventType.REVIEW_CLOSED,
        about=("campaign", campaign.id),
        content_hash=campaign.content_hash,
        keep=counts["keep"],
        reduce=counts["reduce"],
        suspend=counts["suspend"],
        cancel=counts["cancel"],
    )


def _is_managers(line: ReviewLine) -> bool:
    return line.seen["role"] in (Role.AGENCY_MANAGER.value, Role.SYSTEM_MANAGER.value)


def _act(
    db: Session, actor: Actor, campaign: ReviewCampaign, line: ReviewLine, account: Account
) -> str:
    """Do to the account what was decided, and return it in words."""
    why = f"權限清查第 {campaign.id} 號：{line.decided_note}"[:_REASON_MAX]
    status = AccountStatus(account.status)
    try:
        match Choice(line.decided):
            case Choice.SUSPEND:
                put_status(db, actor, account, AccountStatus.SUSPENDED, why)
                return "已停權"
            case Choice.CANCEL if status is AccountStatus.CANCELLED:
                return "清查期間已註銷"
            case Choice.CANCEL:
                put_status(db, actor, account, AccountStatus.CANCELLED, why)
                return "已註銷"
            case Choice.REDUCE:
                left = [Item(item) for item in line.decided_items or ()]
                put_items(db, actor, account, left, why)
                return f"已減列，留下{item_words(left)}" if left else "已取消全部授權項目"
    except Conflict as problem:
        raise Conflict(f"{label_of(line)}：{problem}") from problem
    return "維持停權" if status is AccountStatus.SUSPENDED else "保留"
