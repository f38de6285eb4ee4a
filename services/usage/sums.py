"""The month sums behind one look at the usage: each is read once and serves every chart that needs it."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from data.models import Agency, Unit, UsageMonthSum, UsageSource
from services.identity.permissions import Reach
from services.regulation.items import Item, UsageAction
from services.regulation.periods import shift_month
from services.usage.filters import Filters, conditions

Span = tuple[str, str]
"""A first and a last month, both included."""
Counts = dict[Any, dict[str, int]]
"""Records by the value of a column, and by month; months without use are left out."""


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


class Sums:
    """What one person may see of the month sums, within filters that were checked."""

    def __init__(self, db: Session, reached: Reach, filters: Filters, also: Span | None) -> None:
        """Read the range of ``filters`` with the time before it, and the months of ``also``, by unit."""
        self._db, self._reached, self._filters = db, reached, filters
        self.span = (filters.before[0], filters.last_month)
        units: Counts = defaultdict(dict)
        self._agencies: Counts = defaultdict(lambda: defaultdict(int))
        for span in joined_spans(self.span, also) if also else [self.span]:
            for unit_id, month, records, agency_id in self._by_unit(span):
                units[unit_id][month] = int(records)
                self._agencies[agency_id][month] += int(records)
        self.units = units

    def by_month(self, by: Breakdown) -> Counts:
        """Return the records of both ranges by month, of every value of a break-down."""
        if by is Breakdown.NONE:
            whole: dict[str, int] = defaultdict(int)
            for months in self._agencies.values():
                for month, records in months.items():
                    whole[month] += records
            return {"": _within(whole, self.span)}
        if by in (Breakdown.UNIT, Breakdown.AGENCY):
            counts = self.units if by is Breakdown.UNIT else self._agencies
            return _some({value: _within(months, self.span) for value, months in counts.items()})
        key = _key_column(by)
        found: Counts = defaultdict(dict)
        for month, value, records in self._db.execute(
            select(UsageMonthSum.local_month, key, func.sum(UsageMonthSum.records))
            .where(*conditions(UsageMonthSum, self._reached, self._filters, self.span))
            .group_by(UsageMonthSum.local_month, key)
        ):
            found[value][month] = int(records)
        return found

    def in_all(self, by: Breakdown) -> dict[Any, tuple[int, int]]:
        """Return the records of the range and of the time before, of every value of a break-down."""
        first = self._filters.first_month
        if by in (Breakdown.UNIT, Breakdown.AGENCY):
            return now_and_before(self.by_month(by), first)
        key = _key_column(by)
        now = case((UsageMonthSum.local_month >= first, UsageMonthSum.records), else_=0)
        rows = self._db.execute(
            select(key, func.sum(now), func.sum(UsageMonthSum.records))
            .where(*conditions(UsageMonthSum, self._reached, self._filters, self.span))
            .group_by(key)
        )
        return {value: (int(now), int(both) - int(now)) for value, now, both in rows}

    def _by_unit(self, span: Span) -> Any:
        # The table knows one agency of a unit's month. Grouping by it too would take twice as long:
        # month and unit are the beginning of the table's key, in whose order it is read.
        return self._db.execute(
            select(
                UsageMonthSum.unit_id,
                UsageMonthSum.local_month,
                func.sum(UsageMonthSum.records),
                func.max(UsageMonthSum.agency_id),
            )
            .where(*conditions(UsageMonthSum, self._reached, self._filters, span))
            .group_by(UsageMonthSum.local_month, UsageMonthSum.unit_id)
        )


def now_and_before(counts: Counts, first: str) -> dict[Any, tuple[int, int]]:
    """Return what was counted from the month ``first`` on, and before it."""
    found = {}
    for value, months in counts.items():
        now = sum(records for month, records in months.items() if month >= first)
        found[value] = now, sum(months.values()) - now
    return found


def joined_spans(one: Span, other: Span) -> list[Span]:
    """Return two spans as one where they touch: months that nobody asked for are not read."""
    earlier, later = sorted((one, other))
    if later[0] <= shift_month(earlier[1], 1):
        return [(earlier[0], max(earlier[1], later[1]))]
    return [earlier, later]


def _within(months: dict[str, int], span: Span) -> dict[str, int]:
    return {month: records for month, records in months.items() if span[0] <= month <= span[1]}


def _some(counts: Counts) -> Counts:
    """Leave out what has no record at all."""
    return {value: months for value, months in counts.items() if months}


def _key_column(by: Breakdown) -> Any:
    return {
        Breakdown.ITEM: UsageMonthSum.item,
        Breakdown.SOURCE: UsageMonthSum.source_id,
        Breakdown.ACTION: UsageMonthSum.action,
    }[by]


def names_of(db: Session, by: Breakdown, values: Iterable[Any]) -> dict[Any, tuple[str, str]]:
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
    db: Session, table: type[Agency] | type[UsageSource], ids: Iterable[int]
) -> dict[Any, tuple[str, str]]:
    rows = db.execute(select(table.id, table.code, table.name).where(table.id.in_(ids)))
    return {id_: (code, name) for id_, code, name in rows}


def _unit_names(db: Session, ids: Iterable[int]) -> dict[Any, tuple[str, str]]:
    rows = db.execute(
        select(Unit.id, Unit.code, Unit.name, Unit.agency_id, Agency.name.label("agency"))
        .join(Agency, Agency.id == Unit.agency_id)
        .where(Unit.id.in_(ids))
    ).all()
    # Names of units repeat between agencies (秘書室): the agency is left out only when it is one.
    alone = len({row.agency_id for row in rows}) <= 1
    return {row.id: (row.code, row.name if alone else f"{row.agency} {row.name}") for row in rows}
