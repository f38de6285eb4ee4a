"""A person's own usage records, newest first, a page at a time (clause 6.3.2: kept for audit)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, tuple_

from data.engine import reading
from data.models import UsageRecord, UsageSource
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.items import Item, UsageAction
from services.regulation.purpose import tidy


@dataclass(frozen=True)
class OwnRecord:
    """One 筆 as its own author sees it."""

    id: int
    occurred_at: datetime
    person: str
    source: str
    item: str
    action: str
    target: str
    case_no: str
    document_no: str
    reason: str

    @property
    def purpose(self) -> str:
        """The stated purpose in one line."""
        return "；".join(part for part in (self.case_no, self.document_no, self.reason) if part)


@dataclass(frozen=True)
class OwnPage:
    """Some records, how many there are in all, and where the next page starts."""

    rows: tuple[OwnRecord, ...]
    total: int
    next_before: int | None


@guarded(Action.QUERY_PARCEL)
def my_usage(actor: Actor, month: str | None, before_id: int | None, limit: int) -> OwnPage:
    """Return ``actor``'s own records of ``month`` (``YYYY-MM``; None: all) before one of them."""
    permit(actor, Action.QUERY_PARCEL, account_id=actor.account_id)
    mine = [UsageRecord.account_id == actor.account_id]
    if month is not None:
        mine.append(UsageRecord.local_month == tidy(month))
    page = (
        select(UsageRecord, UsageSource.name)
        .join(UsageSource, UsageSource.id == UsageRecord.source_id)
        .where(*mine)
        .order_by(UsageRecord.occurred_at.desc(), UsageRecord.id.desc())
        .limit(limit + 1)
    )
    if before_id is not None:
        moment = select(UsageRecord.occurred_at).where(UsageRecord.id == before_id)
        page = page.where(
            tuple_(UsageRecord.occurred_at, UsageRecord.id)
            < tuple_(moment.scalar_subquery(), before_id)
        )
    with reading() as db:
        total = db.scalar(select(func.count()).select_from(UsageRecord).where(*mine)) or 0
        found = db.execute(page).all()
    rows = tuple(_own(record, source) for record, source in found[:limit])
    return OwnPage(rows, total, rows[-1].id if len(found) > limit else None)


@guarded(Action.QUERY_PARCEL)
def my_months(actor: Actor) -> list[str]:
    """Return the months in which ``actor`` has records, newest first."""
    permit(actor, Action.QUERY_PARCEL, account_id=actor.account_id)
    with reading() as db:
        return list(
            db.scalars(
                select(UsageRecord.local_month)
                .where(UsageRecord.account_id == actor.account_id)
                .distinct()
                .order_by(UsageRecord.local_month.desc())
            )
        )


def _own(record: UsageRecord, source: str) -> OwnRecord:
    return OwnRecord(
        id=record.id,
        occurred_at=record.occurred_at,
        person=f"{record.person_name}（{record.username}）",
        source=source,
        item=Item(record.item).label,
        action=UsageAction(record.action).label,
        target=record.target,
        case_no=record.case_no,
        document_no=record.document_no,
        reason=record.reason,
    )
