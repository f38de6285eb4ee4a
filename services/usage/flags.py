"""What the machine noticed about a usage record: for somebody to look at, and no finding."""

from sqlalchemy import ColumnElement, literal, not_, or_

from data.models import UsageRecord
from services.regulation.purpose import FLAG_LABELS

ANY, NOT_AUTHORISED = "any", "item_unauthorised"
LABELS = {
    ANY: "有任何提示",
    **FLAG_LABELS,
    NOT_AUTHORISED: "項目不在授權範圍",
}
"""What a list of records can be narrowed to; the code is what an address holds."""


def noticed(record: UsageRecord) -> tuple[str, ...]:
    """Return what the machine noticed about a record, in words."""
    found = [FLAG_LABELS.get(flag, flag) for flag in record.flags.split()]
    if not record.item_authorised:
        found.append(LABELS[NOT_AUTHORISED])
    return tuple(found)


def flagged(code: str) -> ColumnElement[bool]:
    """Return the condition that a record carries one of `LABELS`."""
    if code == ANY:
        return or_(UsageRecord.flags != "", not_(UsageRecord.item_authorised))
    if code == NOT_AUTHORISED:
        return not_(UsageRecord.item_authorised)
    apart = literal(" ") + UsageRecord.flags + literal(" ")
    return apart.contains(f" {code} ", autoescape=True)
