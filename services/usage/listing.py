"""使用紀錄: who looked what up, when and why, within reach, a page at a time (7.1, 7.2.1).

They are other people's usage records: every look is an event, written before anything is handed out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import UsageRecord, UsageSource
from services import events, rocdate
from services.actor import Actor
from services.documents.tables import csv_bytes
from services.errors import Invalid, NotFound
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.permissions import Action, Reach, permit, reach
from services.identity.scoping import within
from services.regulation.items import Item, UsageAction
from services.usage.flags import noticed
from services.usage.office_hours import outside_words
from services.usage.search import RecordFilters, before, conditions_of, count, matching, said

MOST_COUNTED = 10_000
"""Beyond this many the page says 超過: counting them all would read them."""
MOST_EXPORTED = 100_000
EXPORT_NAME = "使用紀錄"
EXPORT_COLUMNS = (
    "紀錄編號", "時間", "時段", "使用者", "單位", "來源系統", "作業", "項目", "查詢標的", "案件號",
    "公文號", "查詢原因", "來源位址", "系統提示",
)  # fmt: skip
_EXPORT_CHUNK = 1000


@dataclass(frozen=True)
class RecordRow:
    """One 筆 as those see it who look after it."""

    id: int
    occurred_at: datetime
    outside: str
    """假日 or 非上班時間; empty within office hours."""
    person_key: str
    person: str
    unit_id: int
    unit: str
    source: str
    action: str
    item: str
    target: str
    case_no: str
    document_no: str
    reason: str
    address: str
    noticed: tuple[str, ...]

    @property
    def purpose(self) -> str:
        """The stated purpose in one line."""
        return "；".join(part for part in (self.case_no, self.document_no, self.reason) if part)


@dataclass(frozen=True)
class RecordPage:
    """Some records, how many match (at most `MOST_COUNTED` + 1), and where the next page starts."""

    rows: tuple[RecordRow, ...]
    counted: int
    next_before: int | None
    person: str
    """姓名（帳號） of the one person asked for; empty where nobody was, or nothing is within reach."""


@guarded(Action.VIEW_RECORDS)
def list_records(
    actor: Actor, filters: RecordFilters, before_id: int | None, limit: int
) -> RecordPage:
    """Return the records within reach that match, before the one named, the newest first.

    Raises Invalid for filters that make no sense, NotFound for a unit that is not within reach.
    """
    reached = reach(actor, Action.VIEW_RECORDS)
    with reading() as db:
        conditions = conditions_of(db, reached, filters)
    record_list_look(actor, filters)
    with reading() as db:
        page = conditions if before_id is None else [*conditions, before(before_id)]
        found = matching(db, page, limit + 1)
        counted = count(db, conditions, MOST_COUNTED + 1)
        rows = rows_of(db, found[:limit])
        person = _person(db, reached, filters.person_key) if filters.person_key else ""
    return RecordPage(rows, counted, rows[-1].id if len(found) > limit else None, person)


@guarded(Action.VIEW_RECORDS)
def view_record(actor: Actor, record_id: int) -> RecordRow:
    """Return one record; raise NotFound or Refused for one that is not within reach."""
    with reading() as db:
        record = db.get(UsageRecord, record_id)
        if record is None:
            raise NotFound("找不到這筆使用紀錄，或您沒有它的權限。")
        permit(actor, Action.VIEW_RECORDS, unit_id=record.unit_id, agency_id=record.agency_id)
        row = rows_of(db, [record])[0]
    looks.record_look(EventType.RECORDS_VIEWED, actor, ("usage_record", record_id))
    return row


@guarded(Action.VIEW_RECORDS)
def export_records(actor: Actor, filters: RecordFilters) -> bytes:
    """Return every matching record within reach as a CSV file, after the export is recorded.

    Raises Invalid when there are more than `MOST_EXPORTED`.
    """
    reached = reach(actor, Action.VIEW_RECORDS)
    with reading() as db:
        conditions = conditions_of(db, reached, filters)
        total = count(db, conditions, MOST_EXPORTED + 1)
        if total > MOST_EXPORTED:
            raise Invalid(
                f"符合條件的紀錄超過 {MOST_EXPORTED:,} 筆，一次匯不完；請縮短期間或增加條件，分次匯出。"
            )
        asked = said(db, filters)
        rows = (_cells(row) for row in _every_row(db, conditions))
        content = csv_bytes(EXPORT_COLUMNS, rows, total)
    with transaction() as db:
        events.write(
            db,
            actor,
            EventType.TABLE_EXPORTED,
            about=("table", EXPORT_NAME),
            rows=total,
            total=total,
            filter=asked,
        )
    return content


def record_list_look(person: Actor, filters: RecordFilters) -> None:
    """Write that somebody looks at the records that ``filters`` keep, once a look."""
    with reading() as db:
        asked = said(db, filters)
    about = ("usage_records", filters.digest)
    looks.record_look(EventType.RECORDS_VIEWED, person, about, filter=asked)


def rows_of(db: Session, found: Sequence[UsageRecord]) -> tuple[RecordRow, ...]:
    """Return records in words."""
    sources: dict[int, str] = dict(db.execute(select(UsageSource.id, UsageSource.name)).all())
    return tuple(_row(record, sources[record.source_id]) for record in found)


def _row(record: UsageRecord, source: str) -> RecordRow:
    return RecordRow(
        id=record.id,
        occurred_at=record.occurred_at,
        outside=outside_words(record.occurred_at),
        person_key=record.person_key,
        person=f"{record.person_name}（{record.username}）",
        unit_id=record.unit_id,
        unit=record.unit_name,
        source=source,
        action=UsageAction(record.action).label,
        item=Item(record.item).label,
        target=record.target,
        case_no=record.case_no,
        document_no=record.document_no,
        reason=record.reason,
        address=record.address,
        noticed=noticed(record),
    )


def _person(db: Session, reached: Reach, person_key: str) -> str:
    """Name the person as the newest record within reach does."""
    named = db.execute(
        select(UsageRecord.person_name, UsageRecord.username)
        .where(
            UsageRecord.person_key == person_key,
            within(reached, unit=UsageRecord.unit_id, agency=UsageRecord.agency_id),
        )
        .order_by(UsageRecord.occurred_at.desc())
        .limit(1)
    ).one_or_none()
    return f"{named.person_name}（{named.username}）" if named else ""


def _every_row(db: Session, conditions: Sequence[ColumnElement[bool]]) -> Iterator[RecordRow]:
    page = list(conditions)
    while found := matching(db, page, _EXPORT_CHUNK):
        yield from rows_of(db, found)
        page = [*conditions, before(found[-1].id)]
        db.expunge_all()


def _cells(row: RecordRow) -> tuple[object, ...]:
    return (
        row.id,
        rocdate.roc_second(row.occurred_at),
        row.outside,
        row.person,
        row.unit,
        row.source,
        row.action,
        row.item,
        row.target,
        row.case_no,
        row.document_no,
        row.reason,
        row.address,
        "、".join(row.noticed),
    )
