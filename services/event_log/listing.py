"""系統紀錄: the log of events within reach, newest first, a page at a time (附表十).

An agency sees what its people did, and what others did to its accounts and audits. Every look is
an event itself, written before anything is shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Event
from services import events, rocdate
from services.actor import Actor
from services.documents.tables import csv_bytes
from services.errors import Invalid, NotFound
from services.event_log.rows import EventRow, rows_of
from services.event_log.search import EventFilters, before, conditions_of, count, matching
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.permissions import Action, Reach, reach

MOST_COUNTED = 10_000
"""Beyond this many the page says 超過: counting a whole log would read it."""
MOST_EXPORTED = 100_000
EXPORT_NAME = "系統紀錄"
EXPORT_COLUMNS = (
    "編號", "時間", "事件", "結果", "人員", "機關單位", "來源位址", "登入代碼", "對象", "對象編號",
    "內容",
)  # fmt: skip
_EXPORT_CHUNK = 1000
_NEIGHBOURS = 10
_LONGEST_SESSION = timedelta(hours=24)


@dataclass(frozen=True)
class EventPage:
    """Some events, how many match (at most `MOST_COUNTED` + 1), and where the next page starts."""

    rows: tuple[EventRow, ...]
    counted: int
    next_before: int | None


@dataclass(frozen=True)
class EventStory:
    """One event, with what the same person did around it and what else befell its object."""

    row: EventRow
    in_session: tuple[EventRow, ...]
    about_object: tuple[EventRow, ...]


@guarded(Action.VIEW_EVENTS)
def list_events(
    actor: Actor, filters: EventFilters, before_id: int | None, limit: int
) -> EventPage:
    """Return the events within reach that match, before the one named; raise Invalid for wrong days."""
    reached = reach(actor, Action.VIEW_EVENTS)
    with reading() as db:
        conditions = conditions_of(db, filters)
    looks.record_look(
        EventType.EVENTS_VIEWED, actor, ("events", filters.digest), filter=filters.said
    )
    with reading() as db:
        page = conditions if before_id is None else [*conditions, before(before_id)]
        found = matching(db, reached, page, limit + 1)
        counted = count(db, reached, conditions, MOST_COUNTED + 1)
        rows = rows_of(db, found[:limit])
    return EventPage(rows, counted, rows[-1].id if len(found) > limit else None)


@guarded(Action.VIEW_EVENTS)
def event_story(actor: Actor, event_id: int) -> EventStory:
    """Return one event with its neighbours, all within reach; raise NotFound for any other."""
    reached = reach(actor, Action.VIEW_EVENTS)
    with reading() as db:
        if not matching(db, reached, [Event.id == event_id], 1):
            raise NotFound("找不到這筆系統紀錄，或不在您的權限範圍內。")
    looks.record_look(EventType.EVENTS_VIEWED, actor, ("event", event_id))
    with reading() as db:
        event = db.get_one(Event, event_id)
        return EventStory(
            row=rows_of(db, [event])[0],
            in_session=_around(db, reached, event, _same_session(event)),
            about_object=_around(db, reached, event, _same_object(event)),
        )


@guarded(Action.VIEW_EVENTS)
def export_events(actor: Actor, filters: EventFilters) -> bytes:
    """Return every matching event within reach as a CSV file, after the export is recorded.

    Raises Invalid when there are more than `MOST_EXPORTED`; no more than one chunk of rows is ever
    held as objects.
    """
    reached = reach(actor, Action.VIEW_EVENTS)
    with reading() as db:
        conditions = conditions_of(db, filters)
        total = count(db, reached, conditions, MOST_EXPORTED + 1)
        if total > MOST_EXPORTED:
            raise Invalid(
                f"符合條件的紀錄超過 {MOST_EXPORTED:,} 筆，一次匯不完；請縮短期間或增加條件，分次匯出。"
            )
        chunks = _every_row(db, reached, conditions)
        content = csv_bytes(EXPORT_COLUMNS, (_cells(row) for row in chunks), total)
    with transaction() as db:
        events.write(
            db,
            actor,
            EventType.TABLE_EXPORTED,
            about=("table", EXPORT_NAME),
            rows=total,
            total=total,
            filter=filters.said,
        )
    return content


def _every_row(
    db: Session, reached: Reach, conditions: Sequence[ColumnElement[bool]]
) -> Iterator[EventRow]:
    page = list(conditions)
    while found := matching(db, reached, page, _EXPORT_CHUNK):
        yield from rows_of(db, found)
        page = [*conditions, before(found[-1].id)]
        db.expunge_all()


def _cells(row: EventRow) -> tuple[object, ...]:
    return (
        row.id,
        rocdate.roc_second(row.at),
        row.label,
        row.outcome_label,
        row.person,
        row.unit,
        row.address,
        row.session,
        row.about,
        row.object_id,
        row.details,
    )


def _same_session(event: Event) -> list[ColumnElement[bool]]:
    if not event.session_id:
        return []
    return [
        Event.account_id == event.account_id,
        Event.at.between(event.at - _LONGEST_SESSION, event.at + _LONGEST_SESSION),
        Event.session_id == event.session_id,
    ]


def _same_object(event: Event) -> list[ColumnElement[bool]]:
    if not event.object_id or event.object_type == "action":
        return []
    return [Event.object_type == event.object_type, Event.object_id == event.object_id]


def _around(
    db: Session, reached: Reach, event: Event, same: list[ColumnElement[bool]]
) -> tuple[EventRow, ...]:
    """The events of ``same`` just before and after one, oldest first; none where nothing binds them."""
    if not same:
        return ()
    earlier = matching(db, reached, [*same, before(event.id)], _NEIGHBOURS)
    after = tuple_(Event.at, Event.id) > tuple_(event.at, event.id)
    later = matching(db, reached, [*same, after], _NEIGHBOURS, oldest_first=True)
    return rows_of(db, [*reversed(earlier), *later])
