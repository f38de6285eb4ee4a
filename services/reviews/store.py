"""Campaigns and lines as they are loaded, locked and recognised."""

import hashlib
import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Account, ReviewCampaign, ReviewLine, Unit
from services import events
from services.actor import Actor
from services.errors import Conflict, NotFound, Refused
from services.events import EventType
from services.identity.permissions import Action, permit, reach
from services.identity.scoping import within
from services.regulation.access_review import Choice
from services.regulation.roles import MANAGES, Role
from services.reviews.facts import account_part, accounts_with_all, changed, put_forward
from services.rocdate import local_date

ANEW = "下列帳號在清查期間已有異動，內容已更新並退回未核定，請重新檢視後再辦理："
_MOST_NAMED = 10


def load_campaign(
    db: Session, actor: Actor, campaign_id: int, action: Action, *, lock: bool = False
) -> ReviewCampaign:
    """Return the campaign if some unit of its agency lies within the person's reach, or refuse.

    One out of reach and one that does not exist get the same answer. Whoever changes something
    locks it: people who decide, prepare and close come one after the other.
    """
    options: dict[str, Any] = {"with_for_update": True} if lock else {}
    campaign = db.get(ReviewCampaign, campaign_id, **options)
    reached = reach(actor, action)
    near = campaign is not None and db.scalar(
        select(Unit.id)
        .where(Unit.agency_id == campaign.agency_id)
        .where(within(reached, unit=Unit.id, agency=Unit.agency_id))
        .limit(1)
    )
    if not near:
        permit(actor, action)
    if campaign is None:
        raise NotFound("查無此權限清查。")
    return campaign


def require_open(campaign: ReviewCampaign) -> None:
    """Raise Conflict when the review is closed: its signed record is never changed."""
    if campaign.closed_at is not None:
        raise Conflict("這次清查已結案，內容不能再變更；請於下次清查辦理。")


def require_agency_manager(person: Actor, agency_id: int | None) -> None:
    """Let only the agency's own manager open and close its review (clause 6.2), or refuse."""
    permit(person, Action.DECIDE_REVIEW, agency_id=agency_id)
    if person.role is not Role.AGENCY_MANAGER:
        raise Refused("權限清查由該機關的機關管理者發起及結案。")


def authority_problem(
    person: Actor, account_id: int, role: Role, choice: Choice | None = None
) -> str | None:
    """Return why the person cannot prepare or decide the line of this account; None when they can.

    Clauses 4.2 to 4.4 say whose accounts a manager acts on, and a decision acts on the account when
    the review closes. So an agency manager's line is a system manager's to decide. Keeping acts on
    nothing: there, another manager of the agency, whose review it is, may decide ``choice`` too, so
    that the line of the only system manager can be decided at all. Nobody decides their own.
    """
    if account_id == person.account_id:
        return "不能核定自己的帳號；請由管理您帳號的管理者辦理。"
    if person.role is not None and role in MANAGES[person.role]:
        return None
    if choice is Choice.KEEP and person.role is Role.AGENCY_MANAGER:
        return None
    deciders = "、".join(who.label for who, managed in MANAGES.items() if role in managed)
    return f"{role.label}的帳號由{deciders}辦理。"


def state_of(line: ReviewLine) -> str:
    """Return what stands on a line as a short hash: whoever acts on it must have seen just that."""
    stands = (
        *(line.seen, line.suggested, line.prepared, line.prepared_items, line.prepared_note),
        *(line.decided, line.decided_items, line.decided_note, line.decided_by),
        line.decided_at.isoformat() if line.decided_at else None,
    )
    return digest(stands)[:16]


def digest(content: Any) -> str:
    """Return the SHA-256 of content in one canonical JSON form."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def locked_accounts(db: Session, ids: Collection[int]) -> dict[int, Account]:
    """Return the accounts by id, locked one after the other in the order of their ids."""
    found = db.scalars(
        accounts_with_all()
        .where(Account.id.in_(ids))
        .order_by(Account.id)
        .with_for_update(of=Account, key_share=True)
        .execution_options(populate_existing=True)
    )
    return {account.id: account for account in found}


def renew(
    db: Session,
    actor: Actor,
    campaign: ReviewCampaign,
    lines: Sequence[ReviewLine],
    accounts: dict[int, Account],
) -> list[str]:
    """Bring the lines up to date whose accounts have changed, undecided again; return whose they are.

    The caller lets this be committed and then raises Conflict with the names. Use stays as summed
    when the review opened. An account that moved to another agency stays in its old unit's lines.
    """
    stale = [line for line in lines if changed(line, accounts[line.account_id], campaign)]
    for line in stale:
        account = accounts[line.account_id]
        now = account_part(account, campaign.opened_at, campaign.since)
        put_forward(line, line.seen | now, local_date(campaign.opened_at))
        if account.unit.agency_id == campaign.agency_id:
            line.unit_id = account.unit_id
        else:
            line.suggested, line.because = Choice.KEEP.value, "已移至其他機關，由該機關清查。"
        line.prepared, line.prepared_items, line.prepared_note = "", None, ""
        line.prepared_at = line.prepared_by = None
        line.decided, line.decided_items, line.decided_note = "", None, ""
        line.decided_at = line.decided_by = None
    names = [label_of(line) for line in stale]
    if stale:
        events.write(
            db,
            actor,
            EventType.REVIEW_LINES_RENEWED,
            about=("campaign", campaign.id),
            lines=[line.seen["username"] for line in stale],
        )
    return names


def anew(names: Sequence[str]) -> Conflict:
    """Return the error that names the lines which have to be looked at anew."""
    more = f"等 {len(names):,} 個帳號" if len(names) > _MOST_NAMED else ""
    return Conflict(f"{ANEW}{'、'.join(names[:_MOST_NAMED])}{more}。")


def label_of(line: ReviewLine) -> str:
    """姓名（帳號）."""
    return f"{line.seen['name']}（{line.seen['username']}）"
