"""Preparing and deciding the lines of a review, alone or many at once: all of them, or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, ReviewCampaign, ReviewLine
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid, NotFound, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.access_review import Choice
from services.regulation.items import Item
from services.regulation.purpose import tidy
from services.regulation.roles import AccountStatus, Role
from services.reviews.store import (
    anew,
    authority_problem,
    label_of,
    load_campaign,
    locked_accounts,
    renew,
    require_open,
    state_of,
)

NOTE_MIN, NOTE_MAX = 2, 200
_MOST_AT_ONCE = 1000
_NEEDS_NOTE = (Choice.REDUCE, Choice.SUSPEND, Choice.CANCEL)


@dataclass(frozen=True)
class Decision:
    """What is put down for one account; ``state`` is what was on screen (`LineRow.state`)."""

    account_id: int
    state: str
    choice: Choice
    note: str = ""
    items_left: frozenset[Item] | None = None
    """Of a reduction: the items that stay."""


@guarded(Action.PREPARE_REVIEW)
def prepare(actor: Actor, campaign_id: int, decisions: Sequence[Decision]) -> None:
    """Put down what the unit proposes for accounts of its own (初核); the decision stays open.

    Raises Conflict when a line is no longer as it was seen or is decided already.
    """
    with transaction() as db:
        campaign, lines, names = _load(db, actor, campaign_id, decisions, Action.PREPARE_REVIEW)
        if not names:
            for decision, line in zip(decisions, lines, strict=True):
                if line.decided:
                    raise Conflict(f"{label_of(line)}已核定，不能再初核。")
                line.prepared_note = _checked(campaign, decision, line)
                line.prepared = decision.choice.value
                line.prepared_items = _stored(decision.items_left)
                line.prepared_at, line.prepared_by = actor.now, actor.account_id
            events.write(
                db,
                actor,
                EventType.REVIEW_PREPARED,
                about=("campaign", campaign.id),
                keep=_whose(decisions, lines, Choice.KEEP),
                reduce=_whose(decisions, lines, Choice.REDUCE),
                suspend=_whose(decisions, lines, Choice.SUSPEND),
                cancel=_whose(decisions, lines, Choice.CANCEL),
            )
    if names:
        raise anew(names)


@guarded(Action.DECIDE_REVIEW)
def decide(actor: Actor, campaign_id: int, decisions: Sequence[Decision]) -> None:
    """Decide lines (核定); what is decided happens to the accounts when the review closes.

    A line can be decided again until then. Reducing needs the items left; reducing, suspending and
    cancelling need a note. Raises Conflict when a line is no longer as it was seen, and naming those
    whose account has changed since: they are brought up to date and have to be looked at anew.
    """
    with transaction() as db:
        campaign, lines, names = _load(db, actor, campaign_id, decisions, Action.DECIDE_REVIEW)
        if not names:
            for decision, line in zip(decisions, lines, strict=True):
                line.decided_note = _checked(campaign, decision, line)
                line.decided = decision.choice.value
                line.decided_items = _stored(decision.items_left)
                line.decided_at, line.decided_by = actor.now, actor.account_id
            events.write(
                db,
                actor,
                EventType.REVIEW_DECIDED,
                about=("campaign", campaign.id),
                keep=_whose(decisions, lines, Choice.KEEP),
                reduce=_whose(decisions, lines, Choice.REDUCE),
                suspend=_whose(decisions, lines, Choice.SUSPEND),
                cancel=_whose(decisions, lines, Choice.CANCEL),
            )
    if names:
        raise anew(names)


def _load(
    db: Session, actor: Actor, campaign_id: int, decisions: Sequence[Decision], action: Action
) -> tuple[ReviewCampaign, list[ReviewLine], list[str]]:
    """Return the campaign and its lines, locked and allowed, and whose accounts have changed."""
    campaign = load_campaign(db, actor, campaign_id, action, lock=True)
    ids = [decision.account_id for decision in decisions]
    if not 1 <= len(ids) <= _MOST_AT_ONCE or len(set(ids)) != len(ids):
        raise Invalid(f"請選取 1 至 {_MOST_AT_ONCE:,} 個帳號，每個帳號一次。")
    stored = select(ReviewLine).where(
        ReviewLine.campaign_id == campaign_id, ReviewLine.account_id.in_(ids)
    )
    found = {line.account_id: line for line in db.scalars(stored)}
    for decision in decisions:
        id_, line = decision.account_id, found.get(decision.account_id)
        place = {"unit_id": line.unit_id, "agency_id": campaign.agency_id} if line else {}
        permit(actor, action, **place)
        if line is None:
            raise NotFound("這次清查沒有這個帳號。")
        choice = decision.choice if action is Action.DECIDE_REVIEW else None
        if problem := authority_problem(actor, id_, Role(line.seen["role"]), choice):
            raise Refused(f"{label_of(line)}：{problem}")
    require_open(campaign)
    accounts: dict[int, Account] = locked_accounts(db, ids)
    lines = [found[id_] for id_ in ids]
    names = renew(db, actor, campaign, lines, accounts)
    if not names:
        _require_as_seen(decisions, lines)
    return campaign, lines, names


def _require_as_seen(decisions: Sequence[Decision], lines: Sequence[ReviewLine]) -> None:
    for decision, line in zip(decisions, lines, strict=True):
        if state_of(line) != decision.state:
            raise Conflict(f"{label_of(line)}的內容剛剛有變動；請重新檢視後再辦理。")


def _checked(campaign: ReviewCampaign, decision: Decision, line: ReviewLine) -> str:
    """Return the note as it counts; raise Invalid or Conflict when the account cannot be so decided."""
    who, choice = label_of(line), decision.choice
    status = AccountStatus(line.seen["status"])
    if line.seen["agency_id"] != campaign.agency_id and choice is not Choice.KEEP:
        raise Conflict(f"{who}已移至其他機關，由該機關管理；本次只能核定保留。")
    if status is AccountStatus.CANCELLED and choice is not Choice.CANCEL:
        raise Conflict(f"{who}已註銷，只能核定註銷。")
    if choice is Choice.SUSPEND and status is not AccountStatus.ACTIVE:
        raise Conflict(f"{who}已停權；請選擇保留（維持停權）或註銷。")
    held = {Item(item) for item in line.seen["items"]}
    if choice is Choice.REDUCE and not (
        decision.items_left is not None and decision.items_left < held
    ):
        raise Invalid(f"{who}：減列項目請指定留下的項目，須少於現有的項目。")
    if choice is not Choice.REDUCE and decision.items_left is not None:
        raise Invalid(f"{who}：只有減列項目才指定留下的項目。")
    note = tidy(decision.note)
    if len(note) > NOTE_MAX or (choice in _NEEDS_NOTE and len(note) < NOTE_MIN):
        raise Invalid(
            f"{who}：減列項目、停權或註銷請敘明原因（{NOTE_MIN} 至 {NOTE_MAX} 個字）；"
            f"保留可不填，最多 {NOTE_MAX} 個字。"
        )
    return note


def _stored(items: frozenset[Item] | None) -> list[str] | None:
    return None if items is None else [item.value for item in Item if item in items]


def _whose(decisions: Sequence[Decision], lines: Sequence[ReviewLine], choice: Choice) -> list[str]:
    pairs = zip(decisions, lines, strict=True)
    return [line.seen["username"] for decision, line in pairs if decision.choice is choice]
