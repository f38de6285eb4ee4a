"""How much the register is used, by month: what the charts show, read from the month sums only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from data.engine import reading
from services.actor import Actor
from services.errors import Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.regulation.periods import shift_month
from services.rocdate import local_month
from services.usage.filters import Filters, check, data_months
from services.usage.normality import HISTORY_MONTHS, Cue, unusual
from services.usage.sums import Breakdown, Counts, Sums, names_of, now_and_before


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


@dataclass(frozen=True)
class Overview:
    """All that the charts show, read at one moment."""

    totals: Totals
    points: list[MonthPoint]
    """Every month of every series, the largest series first; months without use count 0."""
    rankings: dict[Breakdown, list[RankRow]]
    """What drives the use, most records first; rows without use in the range stay out."""
    cues: list[Cue]
    """Units whose last finished month is unlike their year before, largest change first; the months of
    the filters do not matter to them: the question is always about the newest whole month."""


@guarded(Action.VIEW_USAGE)
def overview(
    actor: Actor,
    filters: Filters,
    by: Breakdown = Breakdown.NONE,
    ranked: Sequence[Breakdown] = (),
) -> Overview:
    """Return the range broken down ``by`` something, and ranked by what else is asked for."""
    if Breakdown.NONE in ranked:
        raise Invalid("排名需要一個分類；請選擇機關、單位、查詢項目、來源系統或作業別。")
    reached = reach(actor, Action.VIEW_USAGE)
    month = shift_month(local_month(actor.now), -1)
    with reading() as db:
        check(db, reached, filters)
        first_with_data, _ = data_months(db, reached)
        start = max(shift_month(month, -HISTORY_MONTHS), first_with_data or month)
        # Before there is a whole month there is nothing to be unlike.
        sums = Sums(db, reached, filters, also=(start, month) if start <= month else None)
        counts = sums.by_month(by)
        return Overview(
            totals=_totals(actor, filters, sums, first_with_data),
            points=_points(db, filters, by, counts),
            rankings={
                one: _ranking(
                    db,
                    one,
                    now_and_before(counts, filters.first_month) if one is by else sums.in_all(one),
                )
                for one in ranked
            },
            cues=_cues(db, sums.units, start, month),
        )


def _points(db: Session, filters: Filters, by: Breakdown, counts: Counts) -> list[MonthPoint]:
    months = filters.months
    shown = {value: [of.get(month, 0) for month in months] for value, of in counts.items()}
    if by is not Breakdown.NONE:
        shown = {value: records for value, records in shown.items() if any(records)}
    names = names_of(db, by, shown)
    ordered = sorted(shown, key=lambda value: (-sum(shown[value]), str(value)))
    return [
        MonthPoint(month, *names[value], records)
        for value in ordered
        for month, records in zip(months, shown[value], strict=True)
    ]


def _totals(actor: Actor, filters: Filters, sums: Sums, first_with_data: str | None) -> Totals:
    by_month = sums.by_month(Breakdown.NONE)[""]
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


def _ranking(db: Session, by: Breakdown, counts: dict[Any, tuple[int, int]]) -> list[RankRow]:
    names = names_of(db, by, counts)
    total = sum(now for now, _ in counts.values()) or 1
    found = [
        RankRow(*names[value], now, now / total, before)
        for value, (now, before) in counts.items()
        if now
    ]
    return sorted(found, key=lambda row: (-row.records, row.label))


def _cues(db: Session, units: Counts, start: str, month: str) -> list[Cue]:
    earlier = Filters(start, shift_month(month, -1)).months if start < month else []
    # Only those that had a record in the time that is compared.
    asked = {unit: of for unit, of in units.items() if any(start <= at <= month for at in of)}
    names = names_of(db, Breakdown.UNIT, asked)
    cues = [
        unusual(*names[unit_id], month, [seen.get(at, 0) for at in earlier], seen.get(month, 0))
        for unit_id, seen in asked.items()
    ]
    return sorted((c for c in cues if c), key=lambda cue: (-abs(cue.records - cue.usual), cue.key))
