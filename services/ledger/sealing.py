"""Sealing: what was written since the last checkpoint goes into the tree, and its root is signed.

Every step of at most `STEP` rows is a checkpoint of its own, stored in one short transaction, and
then written to the file. A step that is cut off leaves nothing, or a checkpoint that the next seal
completes in the file.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import LedgerTile
from services import events
from services.actor import Actor, operator
from services.errors import Conflict, Held
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.installation import keys
from services.installation.alerts import alert
from services.ledger import bounds, checkpoints, note, rows, stamping, tiles, tree
from services.ledger.bounds import Bounds
from services.ledger.checkpoints import LedgerFault, Unwritable
from services.ledger.note import Checkpoint
from services.ledger.rows import Log
from services.ledger.tiles import Run, Tile

STEP = 1 << 18
"""Rows a checkpoint: some 60 MB while it is made, and 8 MB of tiles in one transaction."""
PATIENCE = 60.0
"""Seconds that a seal waits for writers; see `bounds`."""
_CLOCK_TOLERANCE = timedelta(minutes=10)
_NOTHING = Checkpoint(0, 0, tree.EMPTY_ROOT, 0, 0, 0, 0, datetime.fromtimestamp(0, UTC))
"""What stands before the first checkpoint."""

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Sealed:
    """What a seal did, and where the ledger stands after it."""

    sealed: int
    checkpoints: int
    number: int
    size: int
    root: str
    left: int
    """Rows that a writer still at work kept from being sealed."""
    stamped: bool


@guarded(Action.OPERATE_LEDGER)
def seal(
    actor: Actor,
    *,
    patience: float = PATIENCE,
    stamp: bool = True,
    progress: Progress | None = None,
) -> Sealed:
    """Seal everything that was written so far; the seal is an event, sealed by the next one.

    Raises Conflict without a signing key or when another seal does not end; LedgerFault, after an event
    and an alert and without signing anything, when the ledger is not intact; Unwritable, after an alert,
    when the file cannot be written, and Held when the database cannot.
    """
    permit(actor, Action.OPERATE_LEDGER)
    key = keys.ledger_key()
    if key is None:
        raise Conflict("這裡只有驗證用的公鑰，沒有封存用的私鑰（LEDGER_KEY），不能封存。")
    try:
        with checkpoints.telling("封存帳本"), checkpoints.locked():
            result = _seal(actor, key, patience, progress or (lambda share, what: None))
    except LedgerFault as fault:
        report_fault(fault, EventType.LEDGER_SEALED, actor)
        raise
    except IntegrityError:
        raise Conflict("另一台主機剛剛封存了同樣的紀錄；請再執行一次。") from None
    stamped = stamp and stamping.stamp_newest(actor.now)
    return replace(result, stamped=stamped)


def seal_aside(now: datetime, patience: float = 3.0) -> None:
    """Seal as the system itself, for an act that must not fail with it: whatever goes wrong is alerted.

    Does nothing where there is no signing key.
    """
    try:
        if keys.ledger_key() is not None:
            # The authority is left to the nightly seal: nobody waits for another house here.
            seal(operator(now), patience=patience, stamp=False)
    except (LedgerFault, Unwritable, Held):
        return  # alerted where it was found
    except Exception as error:
        alert("封存帳本失敗，請執行 manage.py seal 查明。", cause=type(error).__name__)


def report_fault(fault: LedgerFault, type_: EventType, actor: Actor) -> None:
    """Write the event of a fault in a transaction of its own, and alert the operator."""
    alert(f"帳本不符：{fault}")
    with transaction() as db:
        events.write(db, actor, type_, about=("ledger", ""), outcome="fault", sentence=str(fault))


def _seal(actor: Actor, key: Ed25519PrivateKey, patience: float, progress: Progress) -> Sealed:
    start = last = _settled(key)
    if last.sealed_at - actor.now > _CLOCK_TOLERANCE:
        raise Conflict("現在的時間早於上一個檢查點；請先校正主機的時鐘。")
    sealed = {Log.USAGE: last.usage_through, Log.EVENTS: last.event_through}
    found = bounds.find(sealed, patience)
    with reading() as db:
        total = sum(rows.count_after(db, log, sealed[log]) for log in Log)
    while (made := _step(actor, key, last, found)) is not None:
        last = made
        progress(min((last.size - start.size) / max(total, 1), 1.0), "封存")
    left = 0 if found.complete else max(total - (last.size - start.size), 0)
    return Sealed(
        last.size - start.size,
        last.number - start.number,
        last.number,
        last.size,
        last.root.hex(),
        left,
        stamped=False,
    )


def _settled(key: Ed25519PrivateKey) -> Checkpoint:
    """Return the last checkpoint, once database and file agree on all of them."""
    public = key.public_key()
    with reading() as db:
        stored = checkpoints.stored(db)
        last = checkpoints.read_stored(stored[-1], public) if stored else None
        if last is None and db.scalar(select(LedgerTile.level).limit(1)) is not None:
            raise LedgerFault("資料庫有帳本的雜湊，卻沒有檢查點；檢查點已遭刪除。")
        notes = [row.note for row in stored]
        path = checkpoints.file_path()
        more = checkpoints.missing(db, notes, checkpoints.read_file(path))
    if more:
        checkpoints.append(more)
    checkpoints.compare(notes, checkpoints.read_file(path), public)
    if last is None:
        return _NOTHING
    if [row.number for row in stored] != list(range(1, len(stored) + 1)):
        raise LedgerFault("資料庫的檢查點編號不連續，已遭更動。")
    return last


@dataclass(frozen=True)
class _Batch:
    """Rows that become leaves, usage records first."""

    hashes: list[bytes]
    runs: list[Run]
    count: dict[Log, int]
    through: dict[Log, int]


def _step(
    actor: Actor, key: Ed25519PrivateKey, last: Checkpoint, found: Bounds
) -> Checkpoint | None:
    """Seal one step and return its checkpoint, or None when there is nothing left to seal."""
    batch = _read(last, found)
    if not batch.hashes:
        return None
    # A flipped bit on the way here must not be signed: the rows are read and hashed once more.
    if _read(last, found) != batch:
        raise LedgerFault(
            f"封存時兩次讀到的紀錄不同（{Log.USAGE.label}第 {last.usage_through + 1} 筆或"
            f"{Log.EVENTS.label}第 {last.event_through + 1} 筆以後）；主機的記憶體或磁碟可能有問題。"
        )
    with reading() as db:
        made, checkpoint = _grow(db, actor, last, batch)
    text = note.sign(checkpoint, key)
    with transaction() as db:
        db.add_all(tiles.stored_row(tile) for tile in made)
        db.add(checkpoints.row_of(checkpoint, text))
        events.write(
            db,
            actor,
            EventType.LEDGER_SEALED,
            about=("ledger", checkpoint.number),
            size=checkpoint.size,
            root=checkpoint.root.hex(),
        )
    checkpoints.append(checkpoints.bytes_of([text]))
    return checkpoint


def _read(last: Checkpoint, found: Bounds) -> _Batch:
    """Read and hash the rows of the next step, in chunks so that their texts are not held."""
    after = {Log.USAGE: last.usage_through, Log.EVENTS: last.event_through}
    batch = _Batch([], [], dict.fromkeys(Log, 0), after)
    for log in Log:
        while len(batch.hashes) < STEP and batch.through[log] < found.upto[log]:
            limit = min(1 << 13, STEP - len(batch.hashes))
            try:
                with reading() as db:
                    chunk = rows.read(db, log, batch.through[log], found.upto[log], limit)
            except rows.UnreadableError:
                raise LedgerFault(
                    f"{log.label}第 {batch.through[log] + 1} 筆以後有讀不出內容的紀錄，已遭更動。"
                ) from None
            if not chunk:
                break
            batch.hashes.extend(tree.leaf_hashes(content for _, content in chunk))
            batch.runs.extend(tiles.runs_of(log, (id_ for id_, _ in chunk)))
            batch.count[log] += len(chunk)
            batch.through[log] = chunk[-1][0]
    return batch


def _grow(
    db: Session, actor: Actor, last: Checkpoint, batch: _Batch
) -> tuple[list[Tile], Checkpoint]:
    """Return the new tiles and the checkpoint over them, proved to go on from the last one."""
    stored = tiles.fetch_from(db)
    size = last.size + len(batch.hashes)
    try:
        if last.size and tiles.range_root(stored, 0, last.size) != last.root:
            raise LedgerFault(f"資料庫的雜湊與第 {last.number} 號檢查點的根不符，已遭更動。")
        made = tiles.grow(last.size, stored, batch.hashes, batch.runs)
        fetch = tiles.over(made, stored)
        root = tiles.range_root(fetch, 0, size)
        if last.size:
            path = tree.consistency_proof(
                last.size, size, lambda a, b: tiles.range_root(fetch, a, b)
            )
            if not tree.is_consistent(last.size, size, last.root, root, path):
                raise LedgerFault(f"新的樹不是由第 {last.number} 號檢查點的樹接續而成，不能簽章。")
    except ValueError:
        raise LedgerFault(
            f"第 {last.number} 號檢查點的雜湊塊不見或殘缺，已遭更動，不能接續封存。"
        ) from None
    return made, Checkpoint(
        last.number + 1,
        size,
        root,
        last.usage_count + batch.count[Log.USAGE],
        batch.through[Log.USAGE],
        last.event_count + batch.count[Log.EVENTS],
        batch.through[Log.EVENTS],
        # Another seal may have ended while this one, asked for earlier, was waiting for it.
        max(actor.now, last.sealed_at),
    )
