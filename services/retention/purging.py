"""Purging what is older than it must be kept (7.1.5): archived, verified, and only then deleted."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from data.engine import ROOT, reading, transaction
from services import rocdate
from services.actor import Actor
from services.documents import file_store
from services.errors import Conflict, Invalid, Refused
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.ledger.checkpoints import LedgerFault
from services.ledger.verification import verify_ledger
from services.regulation.retention import earliest_purge, purgeable_from
from services.retention import archive as archives
from services.retention.deleting import delete_all, require_possible
from services.retention.parts import hashes
from services.retention.plan import Plan, make_plan

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Purging:
    """What a purge took away, or would."""

    before: date
    dry_run: bool
    records: int
    audits: int
    incidents: int
    kept: int
    """Usage records that are old enough, but belong to an audit or incident that stays."""
    waiting: int
    """Usage records that are old enough by their own dates, but were sealed too lately to show it."""
    archive: str = ""
    archive_sha256: str = ""

    @property
    def sentences(self) -> list[str]:
        """The same in words."""
        what = (
            f"早於 {rocdate.roc_date(self.before)} 的使用紀錄 {self.records:,} 筆、"
            f"稽核 {self.audits:,} 件、事件 {self.incidents:,} 件"
        )
        said = [f"可清除{what}。" if self.dry_run else f"已清除{what}。"]
        if self.kept:
            said.append(f"另有 {self.kept:,} 筆屬於仍須保存的稽核或事件，保留不清除。")
        if self.waiting:
            said.append(f"另有 {self.waiting:,} 筆封存入帳本還未滿保存年限，保留不清除。")
        if self.archive:
            said.append(f"封存檔：{self.archive}（SHA-256 {self.archive_sha256}）")
        return said

    def as_dict(self) -> dict[str, object]:
        """Return what ``manage.py purge --json`` prints."""
        return asdict(self) | {"before": self.before.isoformat()}


@guarded(Action.OPERATE_LEDGER)
def purge(
    actor: Actor,
    before: date,
    *,
    archive: Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Purging:
    """Take usage records and whole audits older than ``before`` out of the database.

    Only the operator at the command line can. ``archive`` is a new file, or a folder for one; nothing is
    deleted before it is written and verified. Any failure leaves everything as it was. Raises Invalid,
    naming the first date, for what must still be kept; Conflict for a database role that may not, a file
    that is there already, or anything that goes wrong; LedgerFault when the ledger is not intact.
    """
    permit(actor, Action.OPERATE_LEDGER)
    if not actor.is_operator:
        raise Refused("清除紀錄只能由維運人員在主機上以 manage.py purge 執行。")
    _require_allowed(before, actor.today)
    with reading() as db:
        plan = make_plan(db, before)
    result = Purging(
        before,
        dry_run,
        plan.records,
        len(plan.going.audits),
        len(plan.going.incidents),
        plan.kept,
        plan.waiting,
    )
    if dry_run or plan.is_empty:
        return result
    require_possible()
    path = _path_of(archive, plan, actor)
    # What is deleted cannot be held against the ledger afterwards, so all of it is now.
    verified = verify_ledger(actor, progress=progress)
    if verified.first_fault is not None:
        raise LedgerFault(f"帳本不符，不能清除：{verified.first_fault}")
    if verified.to_complete is not None:
        raise Conflict(verified.to_complete)
    digest = _archive_and_delete(actor, path, plan)
    return replace(result, archive=str(path), archive_sha256=digest)


def _require_allowed(before: date, today: date) -> None:
    latest = earliest_purge(today)
    if before > latest:
        raise Invalid(
            f"早於 {rocdate.roc_date(before)} 的紀錄還未全部滿保存年限（第七點（一）5），最早 "
            f"{rocdate.roc_date(purgeable_from(before, today))} 才能清除；"
            f"今天最晚可用 --before {latest.isoformat()}（{rocdate.roc_date(latest)}）。"
        )


def _path_of(given: Path | None, plan: Plan, actor: Actor) -> Path:
    """Return the file to write; a folder gets one named after the date and the moment."""
    folder = ROOT / "var" / "archives"
    if given is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif given.is_dir():
        folder = given
    elif not given.parent.is_dir():
        raise Invalid(f"沒有 {given.parent} 這個資料夾；請先建立，或改用別的資料夾。")
    else:
        return given
    return folder / f"purge-before-{plan.before.isoformat()}-{actor.now:%Y%m%dT%H%M%SZ}.zip"


def _archive_and_delete(actor: Actor, path: Path, plan: Plan) -> str:
    """Write, verify, delete; whatever fails before the commit leaves neither file nor change."""
    file = archives.create(path)
    committing = False
    try:
        with file, reading() as db:
            written = archives.write(db, file, plan, actor.now)
        _settle(path.parent)
        with reading() as db:
            digest = archives.verify(db, path, plan, written)
        with transaction() as db:
            evidence = hashes(db, plan.going)
            delete_all(db, actor, plan, path.name, digest, written)
            committing = True
    except BaseException as error:
        if committing:
            # Nobody knows whether it was committed: then the archive can be all that is left.
            raise Conflict(
                f"資料庫沒有回報清除是否完成；請保留封存檔 {path}，並執行 manage.py verify-ledger 查明。"
            ) from error
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Conflict(
                f"封存檔 {path} 寫不進去或讀不回來（{error.strerror}）；沒有清除任何紀錄。"
            ) from error
        raise
    file_store.let_go(evidence)
    return digest


def _settle(folder: Path) -> None:
    """Wait until the new file's name is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
