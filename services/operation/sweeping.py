"""Sweeping the store of files: what no row names after a day is removed (a transaction that failed left it)."""

from dataclasses import dataclass
from datetime import timedelta

from data import files
from data.engine import reading, transaction
from services import events
from services.actor import Actor
from services.documents import file_store
from services.errors import Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit

AGE = timedelta(days=1)
"""No transaction lasts that long: whatever is older belongs to none that has yet to commit."""
_AT_ONCE = 1_000


@dataclass(frozen=True)
class Sweep:
    """What a night's sweep found."""

    removed: int
    missing: int
    """Files that rows name and that are gone."""

    def as_dict(self) -> dict[str, int]:
        """Return it as ``nightly --json`` prints it."""
        return {"removed": self.removed, "missing": self.missing}

    @property
    def sentence(self) -> str:
        """What went wrong; empty when nothing did."""
        if not self.missing:
            return ""
        return (
            f"有 {self.missing} 個收存的檔案不在檔案資料夾 {files.folder()}，沒有清除任何檔案；"
            "請確認 FILES_DIR 與資料庫是同一套，或自備份還原。"
        )


@guarded(Action.CHANGE_SETTINGS)
def sweep_files(actor: Actor) -> Sweep:
    """Remove files older than a day that no row names. Only for the operator's nightly job.

    Where the folder lacks a file of this database, or the database names none, it may be another one's
    folder: then nothing is removed.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    if not actor.is_operator:
        raise Refused("這項作業只能由系統維運人員以 manage.py 辦理。")
    limit = (actor.now - AGE).timestamp()
    before = _named()
    there = dict(files.stored())
    named = _named()
    # Only what was named all the while: people keep and destroy documents meanwhile.
    if missing := len((before & named) - there.keys()):
        return Sweep(0, missing)
    old = [sha256 for sha256, written in there.items() if written < limit and sha256 not in named]
    removed = _remove(actor, old[:_AT_ONCE]) if named and old else 0
    files.remove_leftovers(limit)
    return Sweep(removed, 0)


def _named() -> set[str]:
    with reading() as db:
        return file_store.named(db)


def _remove(actor: Actor, hashes: list[str]) -> int:
    with transaction() as db:
        removed = sum(file_store.remove(db, sha256) for sha256 in hashes)
        if removed:
            events.write(db, actor, EventType.FILES_SWEPT, files=removed)
    return removed
