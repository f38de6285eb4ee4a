"""Proofs that single usage records are in the sealed log, and which checkpoint covers them."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import LedgerCheckpoint, LedgerTile
from services import rocdate
from services.errors import Conflict
from services.installation import keys
from services.ledger import checkpoints, naming, note, purges, rows, tiles, tree
from services.ledger.checkpoints import LedgerFault
from services.ledger.note import Checkpoint
from services.ledger.rows import Log
from services.ledger.tiles import WIDTH


@dataclass(frozen=True)
class CheckpointView:
    """A checkpoint as forms and screens show it."""

    number: int
    size: int
    root: str
    short: str
    sealed_at: datetime

    @property
    def sentence(self) -> str:
        """The checkpoint in words."""
        return (
            f"第 {self.number} 號檢查點（{self.size:,} 筆，根 {self.short}，"
            f"{rocdate.roc_time(self.sealed_at)}封存）"
        )

    def as_dict(self) -> dict[str, object]:
        """Return what a signature keeps of it."""
        return {
            "number": self.number,
            "size": self.size,
            "root": self.root,
            "sealed_at": self.sealed_at.isoformat(),
        }


@dataclass(frozen=True)
class Proof:
    """Where the leaf of one usage record is, and its path to the root of a checkpoint."""

    record_id: int
    index: int
    leaf: bytes
    path: list[bytes]


def covering(db: Session, record_id: int) -> CheckpointView | None:
    """Return the first checkpoint that covers usage records up to ``record_id``, or None."""
    row = db.scalar(
        select(LedgerCheckpoint)
        .where(LedgerCheckpoint.usage_through >= record_id)
        .order_by(LedgerCheckpoint.number)
        .limit(1)
    )
    return _view(row) if row else None


def newest(db: Session) -> CheckpointView | None:
    """Return the newest checkpoint, or None before the first seal."""
    row = db.scalar(select(LedgerCheckpoint).order_by(LedgerCheckpoint.number.desc()).limit(1))
    return _view(row) if row else None


def recall(kept: Mapping[str, Any] | None) -> CheckpointView | None:
    """Return a checkpoint from what a signature kept of it."""
    if not kept:
        return None
    root = bytes.fromhex(kept["root"])
    sealed_at = datetime.fromisoformat(kept["sealed_at"])
    return CheckpointView(kept["number"], kept["size"], kept["root"], note.short(root), sealed_at)


def note_of(db: Session, checkpoint: CheckpointView) -> str:
    """Return the signed note of a checkpoint."""
    return db.get_one(LedgerCheckpoint, checkpoint.number).note


def usage_through(db: Session, checkpoint: CheckpointView) -> int:
    """Return the highest number of a usage record under a checkpoint."""
    return db.get_one(LedgerCheckpoint, checkpoint.number).usage_through


def prove(db: Session, record_ids: Iterable[int], checkpoint: CheckpointView) -> list[Proof]:
    """Return proofs, in the order given, that these records are under ``checkpoint``.

    Every record is hashed as it is stored now, and every proof is checked. Raises LedgerFault,
    naming the record, when one is not what was sealed, and when the checkpoint is not signed by us;
    and Conflict, naming the archive, for a record that was purged.
    """
    wanted = list(record_ids)
    _refuse_purged(db, wanted)
    checkpoints.read_stored(
        db.get_one(LedgerCheckpoint, checkpoint.number), keys.ledger_public_key()
    )
    sealed = [note.read(row.note) for row in checkpoints.stored(db)][: checkpoint.number]
    fetch, root = tiles.fetch_from(db), bytes.fromhex(checkpoint.root)
    try:
        places = _places(db, wanted, sealed)
        now = {id_: tree.leaf_hash(c) for id_, c in rows.read_ids(db, Log.USAGE, wanted).items()}
        proofs = [
            Proof(
                id_,
                places[id_],
                now[id_],
                tree.inclusion_proof(
                    places[id_], checkpoint.size, lambda a, b: tiles.range_root(fetch, a, b)
                ),
            )
            for id_ in wanted
        ]
    except (ValueError, KeyError):
        raise LedgerFault("帳本的雜湊塊或紀錄不見了，無法證明紀錄已封存。") from None
    for proof in proofs:
        if not tree.includes(proof.leaf, proof.index, checkpoint.size, proof.path, root):
            raise LedgerFault(naming.differs(Log.USAGE, proof.record_id))
    return proofs


def _refuse_purged(db: Session, wanted: Sequence[int]) -> None:
    for row in purges.stored(db):
        gone = [
            record
            for record, is_gone in zip(wanted, purges.runs_of(row).among(wanted), strict=True)
            if is_gone
        ]
        if gone:
            raise Conflict(
                f"使用紀錄第 {gone[0]} 筆已於 {rocdate.roc_time(row.at)} 清除（逾保存年限），"
                f"內容在封存檔 {row.archive}；其雜湊值仍在帳本內。"
            )


def _places(db: Session, wanted: Sequence[int], sealed: Sequence[Checkpoint]) -> dict[int, int]:
    """Return the leaf numbers of usage records; KeyError for one that is not sealed."""
    through = [checkpoint.usage_through for checkpoint in sealed]
    by_step: dict[int, set[int]] = {}
    for id_ in wanted:
        by_step.setdefault(bisect_left(through, id_), set()).add(id_)
    found: dict[int, int] = {}
    for step, ids in by_step.items():
        if step < len(sealed):
            start = sealed[step - 1].size if step else 0
            found.update(_places_between(db, ids, start // WIDTH, (sealed[step].size - 1) // WIDTH))
    return {id_: found[id_] for id_ in wanted}


def _places_between(db: Session, ids: set[int], first: int, last: int) -> dict[int, int]:
    """Find records by the names that the leaf tiles from ``first`` to ``last`` give their rows."""
    named = db.execute(
        select(LedgerTile.number, LedgerTile.rows)
        .where(LedgerTile.level == 0, LedgerTile.number.between(first, last))
        .order_by(LedgerTile.number, LedgerTile.width)
    )
    found: dict[int, int] = {}
    for number, text in dict(named.all()).items():  # the widest of each number comes last
        index = number * WIDTH
        for run in tiles.read_runs(text):
            if run.log is Log.USAGE:
                found.update({i: index + i - run.first for i in ids if run.first <= i <= run.last})
            index += run.last - run.first + 1
    return found


def _view(row: LedgerCheckpoint) -> CheckpointView:
    short = note.short(bytes.fromhex(row.root))
    return CheckpointView(row.number, row.size, row.root, short, row.sealed_at)
