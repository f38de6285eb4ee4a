"""One record's story beside it: the same person's day, and what else its case was used for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import JudgementPick, SampleItem, UsageRecord
from services import rocdate
from services.actor import Actor
from services.audits import store
from services.errors import Invalid
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.regulation.items import Item, UsageAction

_TOLD = (
    UsageRecord.id,
    UsageRecord.occurred_at,
    UsageRecord.person_name,
    UsageRecord.username,
    UsageRecord.unit_name,
    UsageRecord.item,
    UsageRecord.action,
    UsageRecord.target,
    UsageRecord.case_no,
    UsageRecord.document_no,
    UsageRecord.reason,
)
_Record = Row[*tuple[Any, ...]]
SHOWN = 20
COUNTED = 1_000
"""Further ones are not counted: a number that everybody writes is found a million times."""


@dataclass(frozen=True)
class StoryLine:
    """A usage record told beside another one."""

    record_id: int
    occurred_at: datetime
    person: str
    unit: str
    what: str
    target: str
    purpose: str


@dataclass(frozen=True)
class Related:
    """The newest related records, and how many there are."""

    lines: tuple[StoryLine, ...]
    total: int
    capped: bool = False
    """Whether there are more than `COUNTED`."""
    people: int = 0
    """Of those counted, by how many people."""
    elsewhere: int = 0
    """How many of those counted are of units that this person does not see."""

    @property
    def count(self) -> str:
        return f"{self.total:,} 筆以上" if self.capped else f"{self.total:,} 筆"


@dataclass(frozen=True)
class Story:
    """What stands around a record."""

    same_day: Related
    same_case: Related


@guarded(Action.VIEW_AUDIT)
def record_story(actor: Actor, audit_id: int, record_id: int) -> Story:
    """Return what the same person looked up that day, and the agency's other uses of the case.

    Only records within reach are shown; of the others it is said that they are there. All of them
    are other people's usage records: the look is recorded before anything is handed out.
    """
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        if not _is_audited(db, audit.id, record_id):
            raise Invalid(f"紀錄 {record_id} 不在這件稽核的樣本內。")
        record = db.execute(
            select(*_TOLD, UsageRecord.person_key, UsageRecord.agency_id).where(
                UsageRecord.id == record_id
            )
        ).one()
        story = Story(
            _related(db, actor, record, _that_day(record)),
            _related(db, actor, record, _same_case(record)),
        )
    looks.record_look(EventType.WORKSHEET_VIEWED, actor, ("usage_record", record_id))
    return story


def _is_audited(db: Session, audit_id: int, record_id: int) -> bool:
    """Whether a record was ever drawn or picked for the audit."""
    found = union_all(
        *(
            select(table.record_id).where(table.audit_id == audit_id, table.record_id == record_id)
            for table in (SampleItem, JudgementPick)
        )
    )
    return db.execute(found.limit(1)).first() is not None


def _that_day(record: _Record) -> ColumnElement[bool]:
    day = rocdate.local_date(record.occurred_at)
    return and_(
        UsageRecord.person_key == record.person_key,
        UsageRecord.occurred_at >= rocdate.midnight(day),
        UsageRecord.occurred_at < rocdate.midnight(day + timedelta(days=1)),
    )


def _same_case(record: _Record | UsageRecord) -> ColumnElement[bool]:
    """Return the condition that a record of the agency names the same case or document."""
    columns: tuple[tuple[Any, str], ...] = (
        (UsageRecord.case_no, record.case_no),
        (UsageRecord.document_no, record.document_no),
    )
    same = [
        # Written out, so that the databases see that their partial indexes hold all of it.
        and_(
            UsageRecord.agency_id == record.agency_id,
            column == number,
            column != literal_column("''"),
        )
        for column, number in columns
        if number
    ]
    return or_(*same) if same else false()


def _related(
    db: Session, person: Actor, record: _Record, condition: ColumnElement[bool]
) -> Related:
    others = and_(condition, UsageRecord.id != record.id)
    seen = within(
        reach(person, Action.VIEW_AUDIT), unit=UsageRecord.unit_id, agency=UsageRecord.agency_id
    )
    some = (
        select(UsageRecord.person_key, seen.label("seen"))
        .where(others)
        .limit(COUNTED + 1)
        .subquery()
    )
    total, people, visible = db.execute(
        select(
            func.count(),
            func.count(some.c.person_key.distinct()),
            func.count().filter(some.c.seen),
        ).select_from(some)
    ).one()
    capped = total > COUNTED
    rows = _newest(db, others, seen, few=not capped) if visible or capped else ()
    return Related(
        tuple(_line(row) for row in rows),
        min(total, COUNTED),
        capped,
        people,
        total - visible,
    )


def _newest(
    db: Session, others: ColumnElement[bool], seen: ColumnElement[bool], *, few: bool
) -> Sequence[_Record]:
    """Return the newest of the related records within reach.

    Where the units are asked for as such, SQLite walks through all that they ever used in the order of
    time, which finds twenty soon only where there are many: of few it is asked in a way no index has.
    """
    return db.execute(
        select(*_TOLD)
        .where(others, case((seen, 1), else_=0) == 1 if few else seen)
        .order_by(UsageRecord.occurred_at.desc(), UsageRecord.id.desc())
        .limit(SHOWN)
    ).all()


def _line(row: _Record) -> StoryLine:
    return StoryLine(
        row.id,
        row.occurred_at,
        f"{row.person_name}（{row.username}）",
        row.unit_name,
        f"{Item(row.item).label}．{UsageAction(row.action).label}",
        row.target,
        "／".join(part for part in (row.case_no, row.document_no, row.reason) if part),
    )
