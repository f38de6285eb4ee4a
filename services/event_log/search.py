"""Finding events in SQL: filters as conditions, what lies within reach, and walking the indexes."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select, tuple_, union
from sqlalchemy.orm import Session

from data.models import Account, Audit, Event, KeptDocument, Unit
from services import rocdate
from services.errors import Invalid
from services.event_log.groups import Group
from services.event_log.words import OBJECTS, OUTCOMES, types_of
from services.events import EventType
from services.identity.permissions import Reach
from services.identity.scoping import within
from services.regulation.purpose import tidy

MOST_PEOPLE = 100
LONGEST_TEXT = 80


@dataclass(frozen=True)
class EventFilters:
    """Days (both included, in Taipei) and what to keep; None and empty texts keep everything."""

    first_day: date
    last_day: date
    person: str = ""
    group: Group | None = None
    type: EventType | None = None
    outcome: str = ""
    object_type: str = ""
    object_id: str = ""
    address: str = ""

    @property
    def said(self) -> dict[str, str]:
        """What was asked for, as the event of the look keeps it."""
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: str(value.value if isinstance(value, Enum) else value)
            for name, value in asked.items()
            if value
        }

    @property
    def digest(self) -> str:
        """The same for the same filters: pages of one list are one look."""
        return hashlib.sha256(json.dumps(self.said, sort_keys=True).encode()).hexdigest()[:16]


def conditions_of(db: Session, filters: EventFilters) -> list[ColumnElement[bool]]:
    """Return the WHERE parts of the filters; raise Invalid for those that make no sense."""
    parts = [*_days(filters), *_kinds(filters)]
    # What nobody could have stored is not looked for: NUL is no text to PostgreSQL.
    object_id, address, person = (
        tidy(text)[:LONGEST_TEXT] for text in (filters.object_id, filters.address, filters.person)
    )
    if object_id:
        # With the kinds named the index of objects finds it.
        kinds = [filters.object_type] if filters.object_type else list(OBJECTS)
        parts += [Event.object_type.in_(kinds), Event.object_id == object_id]
    if address:
        parts.append(Event.address == address)
    if person:
        parts.append(_by(db, person))
    return parts


def _days(filters: EventFilters) -> list[ColumnElement[bool]]:
    if filters.first_day > filters.last_day:
        raise Invalid(
            f"起日（{rocdate.roc_date(filters.first_day)}）晚於迄日"
            f"（{rocdate.roc_date(filters.last_day)}）；請把起日調早或迄日調晚。"
        )
    return [
        Event.at >= rocdate.midnight(filters.first_day),
        Event.at < rocdate.midnight(filters.last_day) + timedelta(days=1),
    ]


def _kinds(filters: EventFilters) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if filters.type is not None:
        parts.append(Event.type == filters.type.value)
    elif filters.group is not None:
        parts.append(Event.type.in_([type_.value for type_ in types_of(filters.group)]))
    if filters.outcome:
        parts.append(Event.outcome == _known("結果", filters.outcome, OUTCOMES))
    if filters.object_type:
        parts.append(Event.object_type == _known("對象", filters.object_type, OBJECTS))
    return parts


def _known(what: str, given: str, known: dict[str, str]) -> str:
    if given not in known:
        raise Invalid(f"沒有「{given[:20]}」這種{what}；請重新選擇。")
    return given


def _by(db: Session, person: str) -> ColumnElement[bool]:
    """Who it was: accounts by name or account name, or whoever acted without an account."""
    # 王小明（wang） can be pasted whole: every word has to be found.
    words = [word for word in re.split(r"[\s()（）]+", person.lower()) if word]
    ids = db.scalars(
        select(Account.id).where(*(_called(word) for word in words)).limit(MOST_PEOPLE + 1)
    ).all()
    if len(ids) > MOST_PEOPLE:
        raise Invalid(
            f"名稱含「{person[:20]}」的帳號超過 {MOST_PEOPLE} 個；請輸入完整的姓名或帳號。"
        )
    if ids:
        return Event.account_id.in_(ids)
    return and_(Event.account_id.is_(None), Event.actor_name.contains(person, autoescape=True))


def _called(word: str) -> ColumnElement[bool]:
    names = (Account.name, Account.username)
    return or_(*(func.lower(name).contains(word, autoescape=True) for name in names))


def before(event_id: int) -> ColumnElement[bool]:
    """The condition that an event is older than the one named, in the order of the list."""
    moment = select(Event.at).where(Event.id == event_id).scalar_subquery()
    return tuple_(Event.at, Event.id) < tuple_(moment, event_id)


def matching(
    db: Session,
    reached: Reach,
    conditions: Sequence[ColumnElement[bool]],
    limit: int,
    *,
    oldest_first: bool = False,
) -> list[Event]:
    """Return the first ``limit`` matching events within reach, the newest first unless asked."""
    order: Any = (Event.at, Event.id)
    if not oldest_first:
        order = tuple(column.desc() for column in order)
    ids = _together(
        [
            select(Event.id).where(view, *conditions).order_by(*order).limit(limit)
            for view in _views(reached)
        ]
    )
    return list(db.scalars(select(Event).where(Event.id.in_(ids)).order_by(*order).limit(limit)))


def count(db: Session, reached: Reach, conditions: Sequence[ColumnElement[bool]], most: int) -> int:
    """Return how many events within reach match, counted no further than ``most``."""
    parts = [select(Event.id).where(view, *conditions).limit(most) for view in _views(reached)]
    counted = select(func.count()).select_from(_together(parts).limit(most).subquery())
    return db.scalar(counted) or 0


def _together(parts: list[Select[Any]]) -> Select[Any]:
    """One select of the ids of all parts; each part walks an index of its own."""
    if len(parts) == 1:
        return parts[0]
    return select(union(*(select(part.subquery()) for part in parts)).subquery())


def _views(reached: Reach) -> list[ColumnElement[bool]]:
    """What lies within reach: acts of the agency's people, and on its accounts, audits and documents."""
    own = [within(reached, unit=Event.unit_id, agency=Event.agency_id)]
    if reached.everything or not reached.agency_ids:
        return own
    here = Unit.agency_id.in_(reached.agency_ids)
    accounts = select(cast(Account.id, String)).join(Unit, Unit.id == Account.unit_id).where(here)
    names = select(Account.username).join(Unit, Unit.id == Account.unit_id).where(here)
    audits = select(cast(Audit.id, String)).where(Audit.agency_id.in_(reached.agency_ids))
    papers = select(cast(KeptDocument.id, String)).join(Unit, Unit.id == KeptDocument.unit_id)
    things = {
        "account": accounts,
        "username": names,
        "audit": audits,
        "document": papers.where(here),
    }
    return own + [
        and_(Event.object_type == kind, Event.object_id.in_(ids)) for kind, ids in things.items()
    ]
