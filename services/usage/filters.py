"""What a usage chart is about: the months and the filters, checked, and the choices a person has."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Unit, UsageMonthSum, UsageRecord, UsageSource
from services.actor import Actor
from services.errors import Invalid, NotFound
from services.identity.guard import guarded
from services.identity.organisation import UnitInfo, units_within
from services.identity.permissions import Action, Reach, reach
from services.identity.scoping import within
from services.regulation.items import Item, UsageAction
from services.regulation.periods import shift_month
from services.rocdate import roc_month

MOST_MONTHS = 120
_MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True)
class Filters:
    """Months (both included, ``YYYY-MM``) and what to keep; an empty tuple keeps everything."""

    first_month: str
    last_month: str
    agency_ids: tuple[int, ...] = ()
    unit_ids: tuple[int, ...] = ()
    items: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Codes of the systems, as in `UsageSource.code`."""
    actions: tuple[str, ...] = ()

    @property
    def months(self) -> list[str]:
        """Every month of the range in order."""
        found = [self.first_month]
        while found[-1] < self.last_month:
            found.append(shift_month(found[-1], 1))
        return found

    @property
    def before(self) -> tuple[str, str]:
        """The first and the last month of the range of the same length just before."""
        return shift_month(self.first_month, -len(self.months)), shift_month(self.first_month, -1)


@dataclass(frozen=True)
class Choices:
    """Everything the filter widgets offer one person."""

    units: tuple[UnitInfo, ...]
    sources: dict[str, str]
    first_month: str | None
    last_month: str | None
    """Months with records within reach; None when there is none yet."""


@guarded(Action.VIEW_USAGE)
def filter_choices(actor: Actor) -> Choices:
    """Return the units with their agencies, the systems and the months that ``actor`` may choose from."""
    reached = reach(actor, Action.VIEW_USAGE)
    with reading() as db:
        units = units_within(db, reached)
        sources = db.execute(
            select(UsageSource.code, UsageSource.name).order_by(UsageSource.id)
        ).all()
        first, last = data_months(db, reached)
        return Choices(
            units=units,
            sources={source.code: source.name for source in sources},
            first_month=first,
            last_month=last,
        )


def data_months(db: Session, reached: Reach) -> tuple[str | None, str | None]:
    """Return the first and the last month that has records within ``reached``."""
    inside = within(reached, unit=UsageMonthSum.unit_id, agency=UsageMonthSum.agency_id)
    # Two questions of one row each: asked together they would be answered from every row.
    first, last = db.execute(
        select(
            select(func.min(UsageMonthSum.local_month)).where(inside).scalar_subquery(),
            select(func.max(UsageMonthSum.local_month)).where(inside).scalar_subquery(),
        )
    ).one()
    return first, last


def check(db: Session, reached: Reach, filters: Filters) -> None:
    """Raise Invalid for filters that make no sense and NotFound for what is out of reach."""
    for month in (filters.first_month, filters.last_month):
        if not _MONTH.fullmatch(month):
            raise Invalid(f"月份「{month}」的寫法不正確；請用 2026-07 的形式。")
    if filters.first_month > filters.last_month:
        raise Invalid(
            f"起始月份（{roc_month(filters.first_month)}）晚於結束月份"
            f"（{roc_month(filters.last_month)}）；請把起始月份調早或結束月份調晚。"
        )
    if shift_month(filters.first_month, MOST_MONTHS) <= filters.last_month:
        raise Invalid(f"一次最多看 {MOST_MONTHS} 個月；請縮短起訖月份。")
    _known("查詢項目", filters.items, {item.value for item in Item})
    _known("作業別", filters.actions, {action.value for action in UsageAction})
    if filters.sources:
        _known("來源系統", filters.sources, set(db.scalars(select(UsageSource.code))))
    inside = within(reached, unit=Unit.id, agency=Unit.agency_id)
    for ids, column in ((filters.unit_ids, Unit.id), (filters.agency_ids, Unit.agency_id)):
        if ids and set(ids) - set(db.scalars(select(column).where(column.in_(ids), inside))):
            raise NotFound("查無此機關或單位，或不在您的權限範圍內。")


def _known(what: str, given: tuple[str, ...], known: set[str]) -> None:
    if unknown := sorted(set(given) - known):
        raise Invalid(f"沒有「{'、'.join(unknown)}」這種{what}；請重新選擇。")


def conditions(
    table: type[UsageMonthSum] | type[UsageRecord],
    reached: Reach,
    filters: Filters,
    months: tuple[str, str] | None = None,
) -> list[ColumnElement[bool]]:
    """Return the WHERE parts for ``filters``, over ``months`` (default: those of the filters)."""
    first, last = months or (filters.first_month, filters.last_month)
    parts: list[ColumnElement[bool]] = [
        table.local_month.between(first, last),
        within(reached, unit=table.unit_id, agency=table.agency_id),
    ]
    chosen: list[tuple[Any, tuple[Any, ...]]] = [
        (table.agency_id, filters.agency_ids),
        (table.unit_id, filters.unit_ids),
        (table.item, filters.items),
        (table.action, filters.actions),
    ]
    parts += [column.in_(values) for column, values in chosen if values]
    if filters.sources:
        codes = select(UsageSource.id).where(UsageSource.code.in_(filters.sources))
        parts.append(table.source_id.in_(codes))
    return parts
