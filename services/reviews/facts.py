"""What a review sees of an account: summed in SQL when it opens, and held against the account later."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from data.models import Account, ReviewCampaign, ReviewLine, SignInSession, Unit, UsageRecord
from services.identity.terms import is_held
from services.regulation.access_review import Facts, suggest
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Duty
from services.rocdate import local_date, midnight

COMPARED = ("agency_id", "unit_id", "role", "status", "items", "leaving_on", "restored_on")
"""What must still be as it was seen when a decision is made and when it is acted on.

``restored_on``: who was suspended, or cancelled, and is back looks as before, and was decided about.
"""


def lines_for(db: Session, campaign: ReviewCampaign) -> list[ReviewLine]:
    """Return a line for every account of the agency that is not cancelled, not yet stored.

    Usage is summed by account and item in the database; no record is loaded.
    """
    opened = local_date(campaign.opened_at)
    here = select(Account.id).join(Unit, Unit.id == Account.unit_id)
    here = here.where(
        Unit.agency_id == campaign.agency_id, Account.status != AccountStatus.CANCELLED.value
    )
    accounts = db.scalars(
        accounts_with_all().where(Account.id.in_(here)).order_by(Account.id)
    ).all()
    used = _usage(db, here, campaign.since, opened)
    last = _last_uses(db, here)
    lines = []
    for account in accounts:
        seen = account_part(account, campaign.opened_at, campaign.since)
        seen |= used.get(account.id, _NO_USE) | {"last_used_on": _day(last[account.id])}
        line = ReviewLine(campaign_id=campaign.id, account_id=account.id, unit_id=account.unit_id)
        put_forward(line, seen, opened)
        lines.append(line)
    return lines


def accounts_with_all() -> Select[Account]:
    """Return the accounts with what `account_part` reads, in three statements whatever their number."""
    return (
        select(Account)
        .join(Unit, Unit.id == Account.unit_id)
        .options(
            contains_eager(Account.unit),
            selectinload(Account.items),
            selectinload(Account.duties),
        )
    )


def account_part(account: Account, opened_at: datetime, since: date) -> dict[str, Any]:
    """Return what is seen of the account itself, as a line stores it."""
    held = {row.item: row.granted_at for row in account.items}
    duties = {row.duty for row in account.duties if is_held(row, opened_at)}
    return {
        "name": account.name,
        "username": account.username,
        "staff_no": account.staff_no,
        "agency_id": account.unit.agency_id,
        "unit_id": account.unit_id,
        "unit": account.unit.name,
        "role": account.role,
        "status": account.status,
        "duties": [duty.value for duty in Duty if duty.value in duties],
        "items": [item.value for item in Item if item.value in held],
        "recent_items": [
            item.value
            for item in Item
            if item.value in held and local_date(held[item.value]) >= since
        ],
        "created_on": local_date(account.created_at).isoformat(),
        "restored_on": _day(account.restored_at),
        "leaving_on": account.leaving_on.isoformat() if account.leaving_on else None,
    }


def put_forward(line: ReviewLine, seen: dict[str, Any], opened: date) -> None:
    """Store on the line what is seen, and what is suggested for it."""
    suggestion = suggest(facts_of(seen), opened)
    line.seen, line.suggested, line.because = seen, suggestion.choice.value, suggestion.because


def facts_of(seen: dict[str, Any]) -> Facts:
    """Read what a line stores as facts for the rule."""
    return Facts(
        status=AccountStatus(seen["status"]),
        created_on=date.fromisoformat(seen["created_on"]),
        last_used_on=as_day(seen["last_used_on"]),
        uses=seen["uses"],
        items=_items(seen["items"]),
        used_items=_items(seen["used"]),
        recent_items=_items(seen["recent_items"]),
        leaving_on=as_day(seen["leaving_on"]),
        restored_on=as_day(seen["restored_on"]),
        not_authorised=seen["not_authorised"],
        weak_purpose=seen["weak_purpose"],
    )


def changed(line: ReviewLine, account: Account, campaign: ReviewCampaign) -> bool:
    """Whether the account is no longer what the line saw of it."""
    now = account_part(account, campaign.opened_at, campaign.since)
    return any(now[key] != line.seen[key] for key in COMPARED)


def as_day(text: str | None) -> date | None:
    """Read a stored day."""
    return date.fromisoformat(text) if text else None


def _items(codes: Iterable[str]) -> frozenset[Item]:
    return frozenset(Item(code) for code in codes if code in set(Item))


_NO_USE: dict[str, Any] = {"uses": 0, "used": {}, "not_authorised": 0, "weak_purpose": 0}


def _usage(
    db: Session, accounts: Select[int], since: date, opened: date
) -> dict[int, dict[str, Any]]:
    """Return the sums of the period: from the first day to the day before the opening."""
    rows = db.execute(
        select(
            UsageRecord.account_id,
            UsageRecord.item,
            func.count(),
            func.sum(case((UsageRecord.item_authorised.is_(False), 1), else_=0)),
            func.sum(case((UsageRecord.flags != "", 1), else_=0)),
        )
        .where(
            UsageRecord.account_id.in_(accounts),
            UsageRecord.occurred_at >= midnight(since),
            UsageRecord.occurred_at < midnight(opened),
        )
        .group_by(UsageRecord.account_id, UsageRecord.item)
        .order_by(UsageRecord.account_id, UsageRecord.item)
    )
    found: dict[int, dict[str, Any]] = {}
    for account_id, item, records, not_authorised, weak in rows:
        sums = found.setdefault(account_id, _NO_USE | {"used": {}})
        sums["used"][item] = records
        sums["uses"] += records
        sums["not_authorised"] += int(not_authorised)
        sums["weak_purpose"] += int(weak)
    return found


def _last_uses(db: Session, accounts: Select[int]) -> dict[int, datetime | None]:
    """Return when each account was last used: a query here, a record from elsewhere, a sign-in."""
    record = select(func.max(UsageRecord.occurred_at)).where(UsageRecord.account_id == Account.id)
    session = select(func.max(SignInSession.last_seen_at)).where(
        SignInSession.account_id == Account.id
    )
    rows = db.execute(
        select(
            Account.id,
            Account.last_used_at,
            record.correlate(Account).scalar_subquery(),
            session.correlate(Account).scalar_subquery(),
        ).where(Account.id.in_(accounts))
    )
    return {id_: max((m for m in moments if m), default=None) for id_, *moments in rows}


def _day(moment: datetime | None) -> str | None:
    return local_date(moment).isoformat() if moment else None
