"""Verifying: every sealed row is read and hashed again and held against tiles and checkpoints.

The first thing that is not as it was sealed is named: a row that was altered, is missing, was added or
moved; or else a tile or a checkpoint.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rfc3161_client import VerificationError
from sqlalchemy import func, select

from data.engine import reading, transaction
from data.models import Event, LedgerCheckpoint, LedgerTimestamp
from services import events
from services.actor import Actor
from services.errors import Invalid
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.installation import keys
from services.ledger import archived, checkpoints, purges, rows, stamping, tiles
from services.ledger.checkpoints import LedgerFault
from services.ledger.note import Checkpoint
from services.ledger.rehashing import Rehashing
from services.ledger.rows import Log
from services.ledger.sealing import report_fault

Progress = Callable[[float, str], None]
_TO_COMPLETE = (
    "封存在寫入檢查點檔時中斷：第 {number} 號檢查點在資料庫內，簽章與所有紀錄都相符，檔案卻還沒有（全部）寫入。"
    "紀錄沒有遭更動；請執行 manage.py seal，檔案就會補齊。"
)


@dataclass(frozen=True)
class Verified:
    """What was verified: sealed rows, checkpoints, the first fault, and what is not sealed yet."""

    records: int
    events: int
    checkpoints: int
    first_fault: str | None
    not_sealed: int
    stamped: int
    purged: int = 0
    """How many of ``records`` were purged lawfully since: of them the hashes are left."""
    to_complete: str | None = None
    """What a seal that was cut off has left for the next one to complete; never beside a fault."""

    @property
    def ok(self) -> bool:
        """Whether everything is as it was sealed, and the file whole."""
        return self.first_fault is None and self.to_complete is None

    def as_dict(self) -> dict[str, object]:
        """Return what ``manage.py verify-ledger --json`` prints."""
        answer: dict[str, object] = {
            "ok": self.ok,
            "records": self.records,
            "events": self.events,
            "checkpoints": self.checkpoints,
            "first_fault": self.first_fault,
        }
        return answer | ({"to_complete": self.to_complete} if self.to_complete else {})


@guarded(Action.OPERATE_LEDGER)
def verify_ledger(
    actor: Actor,
    *,
    file: Path | None = None,
    archive: Path | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Verify the whole ledger against the stored rows and the file outside the database.

    ``file`` is another copy of the file to hold it against, ``archive`` that of a purge, whose rows
    are hashed again too. Rows after the last checkpoint are counted, they are no fault. Nor is a last
    checkpoint that a seal, cut off, has not (wholly) written to the file, where all else is sound:
    that is to be completed. A copy is held to all of it: no seal completes a copy. The verification is
    an event; a fault is alerted. Raises Invalid when there is no such archive.
    """
    permit(actor, Action.OPERATE_LEDGER)
    if archive is not None and not archive.is_file():
        raise Invalid(f"找不到封存檔 {archive}；請指定清除時寫出的檔案。")
    found = _verify(actor, file, archive, progress or (lambda share, what: None))
    if found.first_fault is not None:
        report_fault(LedgerFault(found.first_fault), EventType.LEDGER_VERIFIED, actor)
    else:
        with transaction() as db:
            events.write(
                db,
                actor,
                EventType.LEDGER_VERIFIED,
                about=("ledger", found.checkpoints),
                outcome="incomplete" if found.to_complete else "done",
                records=found.records,
                events=found.events,
            )
    return found


def _verify(actor: Actor, file: Path | None, archive: Path | None, progress: Progress) -> Verified:
    key = keys.ledger_public_key()
    # No seal between the database's and the file's.
    with checkpoints.telling("驗證帳本"), checkpoints.locked(), reading() as db:
        stored = checkpoints.stored(db)
        hashes_stored = tiles.count_stored(db)
        purged = purges.purged_ids(db)
        content = checkpoints.read_file(file or checkpoints.file_path())
        notes = [row.note for row in stored]
        cut_off = checkpoints.missing(db, notes, content) if file is None else b""
    known, fault = _known(stored, key)
    last = known[-1] if known else None
    sealed = {Log.USAGE: last.usage_through, Log.EVENTS: last.event_through} if last else {}
    rehashing = Rehashing(known, purged)
    first = (
        rehashing.run(progress)
        or _in_the_file(notes, content + cut_off, key)
        or fault
        or _of_the_purges(actor, known)
        or rehashing.tile_fault
        or _of_the_purged(rehashing, len(purged))
        or _of_the_stamps()
        or _of_the_ids()
        or _of_the_events(len(known), hashes_stored)
        or _of_the_stamped()
        or (archived.fault_of(archive) if archive is not None else None)
    )
    with reading() as db:
        return Verified(
            last.usage_count if last else 0,
            last.event_count if last else 0,
            len(known),
            first,
            sum(rows.count_after(db, log, sealed.get(log, 0)) for log in Log),
            db.scalar(select(func.count()).select_from(LedgerTimestamp)) or 0,
            rehashing.purged,
            _TO_COMPLETE.format(number=len(known)) if cut_off and first is None else None,
        )


def _known(
    stored: Sequence[LedgerCheckpoint], key: Ed25519PublicKey
) -> tuple[list[Checkpoint], str | None]:
    """Return the stored checkpoints up to the first that is not what was signed, and its fault."""
    known: list[Checkpoint] = []
    for row in stored:
        try:
            checkpoint = checkpoints.read_stored(row, key)
        except LedgerFault as fault:
            return known, str(fault)
        before = known[-1] if known else None
        if checkpoint.number != len(known) + 1 or (before and checkpoint.size <= before.size):
            return known, f"資料庫的第 {len(known) + 1} 號檢查點不見了，或順序被更動。"
        known.append(checkpoint)
    return known, None


def _in_the_file(notes: Sequence[str], content: bytes, key: Ed25519PublicKey) -> str | None:
    try:
        checkpoints.compare(notes, content, key)
    except LedgerFault as fault:
        return str(fault)
    return None


def _of_the_purges(actor: Actor, known: Sequence[Checkpoint]) -> str | None:
    with reading() as db:
        return purges.fault_of(db, known, actor.now)


def _of_the_purged(rehashing: Rehashing, purged: int) -> str | None:
    """Name a purge of rows that no tile names: they were never sealed, so nobody knows of them."""
    if rehashing.purged != purged:
        return f"清除紀錄共列 {purged:,} 筆使用紀錄，帳本內只有其中 {rehashing.purged:,} 筆。"
    return None


def _of_the_stamps() -> str | None:
    """Name the first time stamp that does not stand for its checkpoint."""
    with reading() as db:
        stamps = db.execute(
            select(LedgerTimestamp, LedgerCheckpoint.note)
            .join(LedgerCheckpoint)
            .order_by(LedgerTimestamp.checkpoint_number)
        ).all()
    for stamp, note in stamps:
        label = f"第 {stamp.checkpoint_number} 號檢查點的時戳"
        try:
            if stamping.verify(stamp.answer, note.encode()) != stamp.stamped_at:
                return f"{label}與所記的時間不同，已遭更動。"
        except (VerificationError, ValueError):
            return f"{label}驗證不過，已遭更動，或不是 TSA_ROOTS 的憑證所簽。"
        except OSError:
            return f"{label}無法驗證：請以 TSA_ROOTS 指明時戳機構的根憑證檔。"
    return None


def _of_the_ids() -> str | None:
    """Name a row that no seal ever comes by, because seals go upwards from 1."""
    with reading() as db:
        for log in Log:
            if (id_ := rows.never_given(db, log)) is not None:
                return f"{log.label}多出第 {id_} 筆；編號從 1 起，沒有這樣的一筆。"
    return None


def _of_the_events(known: int, hashes_stored: int) -> str | None:
    """Name what shows that there were more checkpoints once, or a ledger at all."""
    with reading() as db:
        sealed = db.scalars(
            select(Event.object_id).where(
                Event.type == EventType.LEDGER_SEALED.value, Event.outcome.in_(("done", "stamped"))
            )
        ).all()
    if not known and (hashes_stored or sealed):
        return "資料庫沒有檢查點，但曾經封存過；檢查點已遭刪除。"
    newest = max((int(number) for number in sealed if number.isdecimal()), default=0)
    if newest > known:
        return (
            f"系統紀錄有第 {newest} 號檢查點的封存，資料庫卻只有 {known} 號；較新的檢查點已遭刪除。"
        )
    return None


def _of_the_stamped() -> str | None:
    """Name the first stamp that was obtained, which its event says, and is gone or another's since.

    A stamp is what defeats whoever seals everything anew with the key: taking it away must not go unseen.
    """
    with reading() as db:
        obtained = db.execute(
            select(Event.object_id, Event.detail)
            .where(Event.type == EventType.LEDGER_SEALED.value, Event.outcome == "stamped")
            .order_by(Event.id)
        ).all()
        kept = {
            str(number): stamped_at.isoformat()
            for number, stamped_at in db.execute(
                select(LedgerTimestamp.checkpoint_number, LedgerTimestamp.stamped_at)
            )
        }
    for number, detail in obtained:
        if number not in kept:
            return f"系統紀錄有第 {number} 號檢查點的時戳，資料庫卻沒有；時戳已遭刪除。"
        if kept[number] != detail.get("stamped_at"):
            return f"第 {number} 號檢查點的時戳與系統紀錄所載的時間不同，已遭更換。"
    return None
