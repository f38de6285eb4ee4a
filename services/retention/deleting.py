"""The deletion itself: one transaction in which the tables that are only added to let go of rows, once."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from data import append_only
from data.engine import reading
from data.models import Base, Purge
from services import events
from services.actor import Actor
from services.errors import Conflict
from services.events import EventType
from services.installation import protection
from services.ledger import purges
from services.retention import archive
from services.retention.archive import Written
from services.retention.parts import PARTS, delete_rows
from services.retention.plan import Plan, make_plan

_RECORDS = Base.metadata.tables["usage_records"]
_TOUCHED = ("usage_records", *(part.name for part in PARTS))
_LIFTED = tuple(name for name in _TOUCHED if name in append_only.APPEND_ONLY)
_RUNS_AT_ONCE = 10_000
_PATIENCE = "60s"
_CHANGED = "準備期間稽核或事件有變動；沒有清除任何紀錄，請再執行一次。"


def require_possible() -> None:
    """Raise Conflict unless this database role may lift the protection, and it is as it should be."""
    if problems := protection.protection_problems():
        raise Conflict(problems[0])
    with reading() as db:
        foreign = append_only.not_owned(db.connection(), _TOUCHED)
    if foreign:
        raise Conflict(
            "這個資料庫帳號不是資料表的擁有者，不能清除紀錄（"
            f"{foreign[0]} 等 {len(foreign)} 個資料表）；請以擁有者（cadastre_owner）的 DATABASE_URL 執行。"
        )


def delete_all(
    db: Session, actor: Actor, plan: Plan, name: str, sha256: str, written: dict[str, Written]
) -> None:
    """Delete what was archived, and write down the purge and its event, in the caller's transaction.

    Raises Conflict when anything of it has changed since the archive was written.
    """
    connection = db.connection()
    _lock(db)
    if make_plan(db, plan.before) != plan or not archive.still_the_same(db, plan, written):
        raise Conflict(_CHANGED)
    with append_only.lifted(connection, _LIFTED):
        delete_rows(db, plan.going)
        _delete_records(db, plan)
    row = Purge(
        at=actor.now,
        before=plan.before,
        archive=name,
        archive_sha256=sha256,
        records=plan.records,
        audits=len(plan.going.audits),
        record_ids=plan.record_ids,
    )
    db.add(row)
    db.flush()
    events.write(
        db, actor, EventType.RECORDS_PURGED, about=("archive", row.id), **purges.about(row)
    )


def _lock(db: Session) -> None:
    """Keep everybody else out of the tables; SQLite's one writer has done so already."""
    if db.connection().dialect.name != "postgresql":
        return
    try:
        db.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
        db.execute(text(f"LOCK TABLE {', '.join(_TOUCHED)} IN ACCESS EXCLUSIVE MODE"))
    except OperationalError:
        raise Conflict(
            "資料表正在使用中，等不到；沒有清除任何紀錄，請在離峰時間再執行一次。"
        ) from None


def _delete_records(db: Session, plan: Plan) -> None:
    """Delete the usage records run by run; Conflict unless exactly those went."""
    before = _count(db)
    pairs = plan.runs.pairs()
    statement = delete(_RECORDS).where(
        _RECORDS.c.id.between(bindparam("from_id"), bindparam("to_id"))
    )
    for some in _portions(pairs):
        db.connection().execute(statement, some)
    if before - _count(db) != plan.records:
        raise Conflict(_CHANGED)


def _portions(pairs: Iterator[tuple[int, int]]) -> Iterator[list[dict[str, int]]]:
    while some := [
        {"from_id": first, "to_id": last} for first, last in islice(pairs, _RUNS_AT_ONCE)
    ]:
        yield some


def _count(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(_RECORDS)) or 0
