"""The access review (權限清查; clause 6.2): when it is due, what counts as unused, what is suggested.

Days are Taipei dates. A suggestion decides nothing: a person does, and says why.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.regulation.figures import REVIEW_MONTHS
from services.regulation.items import Item
from services.regulation.roles import AccountStatus

OPENED_DAYS_BEFORE = 14
"""So many days before a review is due the system opens it by itself (our figure, not the rule's)."""


class Choice(StrEnum):
    """What can be decided about an account."""

    KEEP = "keep"
    REDUCE = "reduce"
    SUSPEND = "suspend"
    CANCEL = "cancel"

    @property
    def label(self) -> str:
        return {"keep": "保留", "reduce": "減列項目", "suspend": "停權", "cancel": "註銷"}[
            self.value
        ]


class Flag(StrEnum):
    """What about an account catches the eye."""

    NEVER_USED = "never_used"
    UNUSED = "unused"
    LEAVING = "leaving"
    LEFT = "left"
    NOT_AUTHORISED = "not_authorised"
    WEAK_PURPOSE = "weak_purpose"

    @property
    def label(self) -> str:
        return FLAG_LABELS[self]


FLAG_LABELS = {
    Flag.NEVER_USED: "從未使用",
    Flag.UNUSED: "久未使用",
    Flag.LEAVING: "將離職",
    Flag.LEFT: "離職日已過",
    Flag.NOT_AUTHORISED: "有授權外項目的紀錄",
    Flag.WEAK_PURPOSE: "有用途待查的紀錄",
}


@dataclass(frozen=True)
class Facts:
    """What is known of one account on the day the review opens."""

    status: AccountStatus
    created_on: date
    last_used_on: date | None
    """The last time it was signed in with or left a usage record; None is never."""
    uses: int
    """Usage records in the period."""
    items: frozenset[Item]
    used_items: frozenset[Item]
    recent_items: frozenset[Item]
    """Granted within the period: too new to be called unused."""
    leaving_on: date | None = None
    restored_on: date | None = None
    """When it was last restored or, after a cancellation, applied for anew."""
    not_authorised: int = 0
    """Records in the period about items that the account did not hold."""
    weak_purpose: int = 0
    """Records in the period whose purpose was flagged."""

    @property
    def counted_from(self) -> date:
        """From when it is unused: its last use or, where that is later, its creation or restoring."""
        return max(self.last_used_on or self.created_on, self.restored_on or self.created_on)

    @property
    def unused_items(self) -> frozenset[Item]:
        """Items held through the whole period without a record of their own."""
        return self.items - self.used_items - self.recent_items


@dataclass(frozen=True)
class Suggestion:
    """What is put forward for one account, with the reason in words."""

    choice: Choice
    because: str
    items_left: frozenset[Item] | None = None
    """Of a reduction: the items that stay."""


def months_after(day: date, months: int) -> date:
    """Return the same day ``months`` later, or the last day of that month when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def review_due(last: date) -> date:
    """Return the last day for the next review after one that was opened on ``last`` (clause 6.2).

    An agency that never had one counts from the creation of its first account.
    """
    return months_after(last, _months(last))


def opened_by_itself_on(due: date) -> date:
    """Return the day from which the system opens a review by itself."""
    return due - timedelta(days=OPENED_DAYS_BEFORE)


def first_day_of_use(opened: date) -> date:
    """Return the first day whose use is looked at: a use then is not yet too long ago on ``opened``."""
    year, month = divmod(opened.year * 12 + opened.month - 1 - _months(opened), 12)
    if opened.day <= monthrange(year, month + 1)[1]:
        return date(year, month + 1, opened.day)
    return months_after(date(year, month + 1, 1), 1)


def is_unused(facts: Facts, today: date) -> bool:
    """Whether an account is unused for more than six months on ``today`` (clause 6.2).

    One never used counts from its creation, one restored since from that day. Exactly six months
    are not more.
    """
    return today > months_after(facts.counted_from, _months(today))


def flags_of(facts: Facts, today: date) -> tuple[Flag, ...]:
    """Return what catches the eye, worst first as they are listed."""
    leaving = facts.leaving_on
    unused = is_unused(facts, today)
    holds = {
        Flag.NEVER_USED: facts.last_used_on is None,
        Flag.UNUSED: unused and facts.last_used_on is not None,
        Flag.LEAVING: leaving is not None and leaving >= today,
        Flag.LEFT: leaving is not None and leaving < today,
        Flag.NOT_AUTHORISED: facts.not_authorised > 0,
        Flag.WEAK_PURPOSE: facts.weak_purpose > 0,
    }
    return tuple(flag for flag, held in holds.items() if held)


def suggest(facts: Facts, today: date) -> Suggestion:
    """Return what to put forward for an account, and why.

    The rule puts unused accounts forward for suspension or cancellation and leaves which open. Our
    reading: never used, or unused for twice the time, is cancelled; otherwise suspended.
    """
    if facts.status is AccountStatus.CANCELLED:
        return Suggestion(Choice.CANCEL, "帳號已註銷。")
    if facts.leaving_on is not None and facts.leaving_on < today:
        return Suggestion(Choice.CANCEL, f"預定離職日 {_roc(facts.leaving_on)} 已過，帳號仍在。")
    if is_unused(facts, today):
        return _of_unused(facts, today)
    if facts.status is AccountStatus.SUSPENDED:
        return Suggestion(Choice.KEEP, f"停權中，未逾{_months(today)}個月；維持停權。")
    leaving = f"；預定 {_roc(facts.leaving_on)} 離職，應於該日前申請" if facts.leaving_on else ""
    if facts.unused_items:
        left = facts.items - facts.unused_items
        stays = f"只留{item_words(left)}" if left else "全部取消"
        because = f"期間內未使用{item_words(facts.unused_items)}，建議{stays}{leaving}。"
        return Suggestion(Choice.REDUCE, because, left)
    return Suggestion(Choice.KEEP, f"{_why_keep(facts)}{leaving}。")


def _of_unused(facts: Facts, today: date) -> Suggestion:
    months = _months(today)
    begun = facts.counted_from
    if facts.last_used_on is None and begun == facts.created_on:
        return Suggestion(Choice.CANCEL, f"{_roc(begun)} 建立後從未使用，已逾{months}個月。")
    last = f"最近使用 {_roc(begun)}" if begun == facts.last_used_on else f"{_roc(begun)} 恢復使用後"
    if today > months_after(begun, 2 * months):
        return Suggestion(Choice.CANCEL, f"{last}，已逾{2 * months}個月未使用。")
    if facts.status is AccountStatus.SUSPENDED:
        return Suggestion(Choice.CANCEL, f"停權中，{last}，已逾{months}個月未使用。")
    return Suggestion(Choice.SUSPEND, f"{last}，已逾{months}個月未使用。")


def _why_keep(facts: Facts) -> str:
    if facts.restored_on and facts.restored_on > (facts.last_used_on or facts.created_on):
        return f"{_roc(facts.restored_on)} 恢復使用，尚未使用"
    if facts.last_used_on is None:
        return f"{_roc(facts.created_on)} 建立，尚未使用"
    if not facts.items:
        return f"沒有授權項目，最近使用 {_roc(facts.last_used_on)}"
    new = facts.items & facts.recent_items - facts.used_items
    rest = f"；{item_words(new)}為期間內新增" if new else "，授權項目均有使用"
    return f"期間內使用 {facts.uses:,} 筆{rest}"


def item_words(items: Iterable[Item]) -> str:
    """Return the items' names in their usual order."""
    held = set(items)
    return "、".join(item.label for item in Item if item in held)


def _months(day: date) -> int:
    return int(REVIEW_MONTHS.on(day))


def _roc(day: date) -> str:
    return f"{day.year - 1911}年{day.month}月{day.day}日"
