"""How much the register is used, by month: sums for the charts, read from the month sums only."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Agency, Unit, UsageMonthSum, UsageSource
from services.actor import Actor
from services.errors import Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.regulation.items import Item, UsageAction
from services.regulation.periods import shift_month
from services.rocdate import local_month
from services.usage.filters import Filters, check, conditions, data_months
from services.usage.normality import HISTORY_MONTHS, Cue, unusual


class Breakdown(StrEnum):
    """By what a chart is broken down; the value is what the page's address holds."""

    NONE = "none"
    AGENCY = "agency"
    UNIT = "unit"
    ITEM = "item"
    SOURCE = "source"
    ACTION = "action"

    @property
    def label(self) -> str:
        return {
            "none": "不分",
            "agency": "機關",
            "unit": "單位",
            "item": "查詢項目",
            "source": "來源系統",
            "action": "作業別",
        }[self.value]


@dataclass(frozen=True)
class MonthPoint:
    """The records of one series in one month; the key is the code of the unit, item, …"""

    month: str
    key: str
    label: str
    records: int


@dataclass(frozen=True)
class Totals:
    """The range in a few numbers, beside the range of the same length before."""

    records: int
    before: int
    change: float | None
    """Relative change; None when the time before is not whole here or the range is not over."""
    busiest_month: str | None
    busiest_records: int
    unfinished: bool
    """Whether the range holds a month that is not over, so that its numbers will still grow."""


@dataclass(frozen=True)
class RankRow:
    """One unit, item, … with its records, its share, and its records in the time before."""

    key: str
    label: str
    records: int
    share: float
    before: int


@guarded(Action.VIEW_USAGE)
def monthly(actor: Actor, filters: Filters, by: Breakdown = Breakdown.NONE) -> list[MonthPoint]:
    """Return every month of every series, the largest series first; months without use count 0."""
    reached = reach(actor, Action.VIEW_USAGE)
    with reading() as db:
        check(db, reached, filters)
        key = _key_column(by)
        rows = db.execute(
            select(UsageMonthSum.local_month, key, func.sum(UsageMonthSum.records))
            .where(*conditions(UsageMonthSum, reached, filters))
            .group_by(UsageMonthSum.local_month, *([key] if by is not Breakdown.NONE else []))
        ).all()
        counts: dict[Any, dict[str, int]] = defaultdict(dict)
        if by is Breakdown.NONE:
            counts[""] = {}
        for month, value, records in rows:
            counts[value][month] = int(records)
        names = _names(db, by, list(counts))
    ordered = sorted(counts, key=lambda value: (-sum(counts[value].values()), str(value)))
    return [
        MonthPoint(month, *names[value], counts[value].get(month, 0))
        for value in ordered
        for month in filters.months
    ]


@guarded(Action.VIEW_USAGE)
def totals(actor: Actor, filters: Filters) -> Totals:
    """Return the sum of the range, its busiest month, and the change against the time before."""
    reached = reach(actor, Action.VIEW_USAGE)
    with reading() as db:
        check(db, reached, filters)
        by_month: dict[str, int] = {
            month: int(records)
            for month, records in db.execute(
                select(UsageMonthSum.local_month, func.sum(UsageMonthSum.records))
                .where(*_both_ranges(reached, filters))
                .group_by(UsageMonthSum.local_month)
            )
        }
        first_with_data, _ = data_months(db, reached)
    now = {month: n for month, n in by_month.items() if month >= filters.first_month}
    records, before = sum(now.values()), sum(by_month.values()) - sum(now.values())
    whole = first_with_data is not None and first_with_data <= filters.before[0]
    # A month that is still running beside a whole one would look like a collapse.
    unfinished = filters.last_month >= local_month(actor.now)
    # Of equally busy months the latest is named.
    busiest = max(now, key=lambda month: (now[month], month), default=None)
    return Totals(
        records=records,
        before=before,
        change=(records - before) / before if whole and before and not unfinished else None,
        busiest_month=busiest,
        busiest_records=now[busiest] if busiest else 0,
        unfinished=unfinished,
    )


@guarded(Action.VIEW_USAGE)
def ranking(actor: Actor, filters: Filters, by: Breakdown) -> list[RankRow]:
    """Return what drives the use, most records first; rows without use in the range stay out."""
    if by is Breakdown.NONE:
        raise Invalid("排名需要一個分類；請選擇機關、單位、查詢項目、來源系統或作業別。")
    reached = reach(actor, Action.VIEW_USAGE)
    key = _key_column(by)
    in_range = case(
        (UsageMonthSum.local_month >= filters.first_month, UsageMonthSum.records), else_=0
    )
    with reading() as db:
        check(db, reached, filters)
        rows = db.execute(
            select(key, func.sum(in_range), func.sum(UsageMonthSum.records))
            .where(*_both_ranges(reached, filters))
            .group_by(key)
        ).all()
        names = _names(db, by, [row[0] for row in rows])
    total = sum(int(row[1]) for row in rows) or 1
    found = [
        RankRow(*names[value], int(now), int(now) / total, int(both) - int(now))
        for value, now, both in rows
        if now
    ]
    return sorted(found, key=lambda row: (-row.records, row.label))


@guarded(Action.VIEW_USAGE)
def notable_changes(actor: Actor, filters: Filters) -> list[Cue]:
    """Return the units whose last finished month is unlike their year before, largest change first.

    The months of ``filters`` do not matter: the question is always about the newest whole month.
    """
    reached = reach(actor, Action.VIEW_USAGE)
    month = shift_month(local_month(actor.now), -1)
    with reading() as db:
        check(db, reached, filters)
        first_with_data, _ = data_months(db, reached)
        start = max(shift_month(month, -HISTORY_MONTHS), first_with_data or month)
        counts: dict[int, dict[str, int]] = defaultdict(dict)
        for unit_id, at, records in db.execute(
            select(
                UsageMonthSum.unit_id, UsageMonthSum.local_month, func.sum(UsageMonthSum.records)
            )
            .where(*conditions(UsageMonthSum, reached, filters, (start, month)))
            .group_by(UsageMonthSum.unit_id, UsageMonthSum.local_month)
        ):
            counts[unit_id][at] = int(records)
        names = _names(db, Breakdown.UNIT, list(counts))
    earlier = Filters(start, shift_month(month, -1)).months if start < month else []
    cues = [
        unusual(*names[unit_id], month, [seen.get(m, 0) for m in earlier], seen.get(month, 0))
        for unit_id, seen in counts.items()
    ]
    return sorted((c for c in cues if c), key=lambda cue: (-abs(cue.records - cue.usual), cue.key))


def _both_ranges(reached: Any, filters: Filters) -> list[Any]:
    months = (filters.before[0], filters.last_month)
    return conditions(UsageMonthSum, reached, filters, months)


def _key_column(by: Breakdown) -> Any:
    return {
        Breakdown.NONE: literal(""),
        Breakdown.AGENCY: UsageMonthSum.agency_id,
        Breakdown.UNIT: UsageMonthSum.unit_id,
        Breakdown.ITEM: UsageMonthSum.item,
        Breakdown.SOURCE: UsageMonthSum.source_id,
        Breakdown.ACTION: UsageMonthSum.action,
    }[by]


def _names(db: Session, by: Breakdown, values: list[Any]) -> dict[Any, tuple[str, str]]:
    """Return the code and the label of every value of the break-down column."""
    if by is Breakdown.NONE:
        return {"": ("", "使用紀錄")}
    if by is Breakdown.ITEM:
        return {value: (value, Item(value).label) for value in values}
    if by is Breakdown.ACTION:
        return {value: (value, UsageAction(value).label) for value in values}
    if by is Breakdown.UNIT:
        return _unit_names(db, values)
    if by is Breakdown.AGENCY:
        return _coded(db, Agency, values)
    return _coded(db, UsageSource, values)


def _coded(
    db: Session, table: type[Agency] | type[UsageSource], ids: list[int]
) -> dict[Any, tuple[str, str]]:
    rows = db.execute(select(table.id, table.code, table.name).where(table.id.in_(ids)))
    return {id_: (code, name) for id_, code, name in rows}


def _unit_names(db: Session, ids: list[int]) -> dict[Any, tuple[str, str]]:
    rows = db.execute(
        select(Unit.id, Unit.code, Unit.name, Unit.agency_id, Agency.name.label("agency"))
        .join(Agency, Agency.id == Unit.agency_id)
        .where(Unit.id.in_(ids))
    ).all()
    # Names of units repeat between agencies (秘書室): the agency is left out only when it is one.
    alone = len({row.agency_id for row in rows}) <= 1
    return {row.id: (row.code, row.name if alone else f"{row.agency} {row.name}") for row in rows}
