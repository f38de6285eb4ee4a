"""Finding usage records in SQL: filters as conditions, checked, and walking the indexes."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from data.models import Unit, UsageRecord, UsageSource
from services import rocdate
from services.errors import Invalid, NotFound
from services.identity.permissions import Reach
from services.identity.scoping import within
from services.regulation.items import Item, UsageAction
from services.regulation.purpose import tidy
from services.usage.flags import LABELS, flagged
from services.usage.office_hours import TimeOfUse, within_time

MOST_DAYS = 1_100
"""Three years, for which records are kept at least (7.1.5), and a little."""
MOST_WORDS = 5
LONGEST_TEXT = 80


@dataclass(frozen=True)
class RecordFilters:
    """Days (both included, in Taipei) and what to keep; None and empty texts keep everything.

    A unit or a person has to be named: no list is of everybody's records.
    """

    first_day: date
    last_day: date
    unit_id: int | None = None
    person_key: str = ""
    name: str = ""
    """A part of somebody's name or user name."""
    item: str = ""
    action: str = ""
    source: str = ""
    """The code of a system, as in `UsageSource.code`."""
    time: TimeOfUse | None = None
    hours: tuple[int, int] = (18, 8)
    """From which hour to before which, for `TimeOfUse.HOURS`."""
    words: str = ""
    """Words of the purpose, all of which have to stand in it."""
    flag: str = ""

    @property
    def digest(self) -> str:
        """The same for the same filters: pages of one list are one look."""
        said = json.dumps([str(part) for part in astuple(self)])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def said(db: Session, filters: RecordFilters) -> dict[str, str]:
    """Return what was asked for as events keep it: whose records, when, and what of them.

    What was typed can name anybody, so that only its being there is kept.
    """
    unit = db.get(Unit, filters.unit_id) if filters.unit_id is not None else None
    hours = "-".join(map(str, filters.hours)) if filters.time is TimeOfUse.HOURS else ""
    parts = {
        "first_day": filters.first_day.isoformat(),
        "last_day": filters.last_day.isoformat(),
        "unit": unit.code if unit else "",
        "person": filters.person_key,
        "item": filters.item,
        "action": filters.action,
        "source": filters.source,
        "time": filters.time.value if filters.time else "",
        "hours": hours,
        "name": "有" if filters.name else "",
        "words": "有" if filters.words else "",
        "flag": filters.flag,
    }
    return {name: value for name, value in parts.items() if value}


def conditions_of(db: Session, reached: Reach, filters: RecordFilters) -> list[ColumnElement[bool]]:
    """Return the WHERE parts of the filters; raise Invalid or NotFound for those that cannot be."""
    _check(db, reached, filters)
    parts = [
        UsageRecord.occurred_at >= rocdate.midnight(filters.first_day),
        UsageRecord.occurred_at < rocdate.midnight(filters.last_day + timedelta(days=1)),
        within(reached, unit=UsageRecord.unit_id, agency=UsageRecord.agency_id),
    ]
    same: list[tuple[Any, Any]] = [
        (UsageRecord.unit_id, filters.unit_id),
        (UsageRecord.person_key, filters.person_key),
        (UsageRecord.item, filters.item),
        (UsageRecord.action, filters.action),
    ]
    parts += [column == value for column, value in same if value]
    if filters.source:
        parts.append(UsageRecord.source_id == _source_id(db, filters.source))
    if filters.time:
        days = filters.first_day, filters.last_day
        parts.append(within_time(db, filters.time, days, filters.hours))
    if filters.flag:
        parts.append(flagged(filters.flag))
    names = (UsageRecord.person_name, UsageRecord.username)
    purposes = (UsageRecord.case_no, UsageRecord.document_no, UsageRecord.reason)
    parts += [_holds(names, word) for word in _words(filters.name)]
    parts += [_holds(purposes, word) for word in _words(filters.words)]
    return parts


def _check(db: Session, reached: Reach, filters: RecordFilters) -> None:
    if filters.first_day > filters.last_day:
        raise Invalid(
            f"起日（{rocdate.roc_date(filters.first_day)}）晚於迄日"
            f"（{rocdate.roc_date(filters.last_day)}）；請把起日調早或迄日調晚。"
        )
    if (filters.last_day - filters.first_day).days >= MOST_DAYS:
        raise Invalid("一次最多看三年的使用紀錄；請縮短期間。")
    if filters.unit_id is None and not filters.person_key:
        raise Invalid("請先選擇一個單位；使用紀錄一次看一個單位或一個人。")
    if filters.unit_id is not None:
        inside = within(reached, unit=Unit.id, agency=Unit.agency_id)
        if db.scalar(select(Unit.id).where(Unit.id == filters.unit_id, inside)) is None:
            raise NotFound("查無此單位，或不在您的權限範圍內。")
    _known("項目", filters.item, {item.value for item in Item})
    _known("作業", filters.action, {action.value for action in UsageAction})
    _known("提示", filters.flag, set(LABELS))
    if not all(0 <= hour <= 23 for hour in filters.hours):
        raise Invalid("時刻請用 0 至 23 的整點。")


def _known(what: str, given: str, known: set[str]) -> None:
    if given and given not in known:
        raise Invalid(f"沒有「{given[:20]}」這種{what}；請重新選擇。")


def _source_id(db: Session, code: str) -> int:
    found = db.scalar(select(UsageSource.id).where(UsageSource.code == tidy(code)))
    if found is None:
        raise Invalid(f"沒有「{code[:20]}」這種來源系統；請重新選擇。")
    return found


def _words(typed: str) -> list[str]:
    """王小明（wang） can be pasted whole: every word has to be found."""
    bare = tidy(typed)[:LONGEST_TEXT].lower()
    for sign in "()（）":
        bare = bare.replace(sign, " ")
    return bare.split()[:MOST_WORDS]


def _holds(columns: Sequence[Any], word: str) -> ColumnElement[bool]:
    return or_(*(func.lower(column).contains(word, autoescape=True) for column in columns))


def before(record_id: int) -> ColumnElement[bool]:
    """The condition that a record is older than the one named, in the order of the list."""
    moment = select(UsageRecord.occurred_at).where(UsageRecord.id == record_id).scalar_subquery()
    return tuple_(UsageRecord.occurred_at, UsageRecord.id) < tuple_(moment, record_id)


def matching(
    db: Session, conditions: Sequence[ColumnElement[bool]], limit: int
) -> Sequence[UsageRecord]:
    """Return the first ``limit`` matching records, the newest first."""
    return db.scalars(
        select(UsageRecord)
        .where(*conditions)
        .order_by(UsageRecord.occurred_at.desc(), UsageRecord.id.desc())
        .limit(limit)
    ).all()


def count(db: Session, conditions: Sequence[ColumnElement[bool]], most: int) -> int:
    """Return how many records match, counted no further than ``most``."""
    some = select(UsageRecord.id).where(*conditions).limit(most).subquery()
    return db.scalar(select(func.count()).select_from(some)) or 0
