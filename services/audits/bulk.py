"""Many verdicts in one stroke (整批判定): asked for, marked for good, and none on what the machine has flagged."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import UsageRecord
from services.errors import Invalid

AT_ONCE = 10
"""So many records at once are judged as looked at; more are judged in bulk."""


def check(db: Session, records: Collection[int], flagged_too: Collection[int] | None) -> None:
    """Raise Invalid for many records that nobody was asked about, or with a flagged one among them.

    ``flagged_too`` are the flagged records that were chosen one by one; None before it was asked for.
    """
    if len(records) <= AT_ONCE:
        return
    flagged = set(
        db.scalars(
            select(UsageRecord.id).where(
                UsageRecord.id.in_(records),
                (UsageRecord.flags != "") | UsageRecord.item_authorised.is_(False),
            )
        )
    )
    if flagged_too is None:
        raise Invalid(
            f"一次判定 {len(records):,} 筆，其中 {len(flagged):,} 筆有系統提示；"
            f"超過 {AT_ONCE} 筆須先確認整批判定。"
        )
    if left := flagged - set(flagged_too):
        raise Invalid(
            f"紀錄 {min(left)} 有系統提示，整批判定時須逐筆選取才會列入；沒有判定任何一筆。"
        )
