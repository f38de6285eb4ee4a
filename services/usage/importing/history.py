"""Past imports: who stored which file of which system, when, and how many rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, UsageImport, UsageSource
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.rocdate import roc_time


@dataclass(frozen=True)
class PastImport:
    """One import that was carried out."""

    id: int
    imported_at: datetime
    imported_by: str
    source_name: str
    file_name: str
    read: int
    stored: int
    duplicates: int
    rejected: int

    @property
    def sentence(self) -> str:
        """Who imported the file, when, as which source, and what came of it."""
        return (
            f"{roc_time(self.imported_at)} 由 {self.imported_by} 以「{self.source_name}」匯入，"
            f"當時存入 {self.stored:,} 列。"
        )


_SHOWN = 5


@guarded(Action.IMPORT_USAGE)
def list_imports(actor: Actor, before_id: int | None = None, limit: int = 50) -> list[PastImport]:
    """Return imports, the newest first; ``before_id`` continues an earlier list."""
    permit(actor, Action.IMPORT_USAGE)
    query = _newest_first().limit(limit)
    if before_id is not None:
        query = query.where(UsageImport.id < before_id)
    with reading() as db:
        return _past(db, query)


@guarded(Action.IMPORT_USAGE)
def imports_of_file(actor: Actor, sha256: str) -> list[PastImport]:
    """Return who imported the very same file before, of whichever source, the newest first."""
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        return _past(db, _newest_first().where(UsageImport.file_sha256 == sha256).limit(_SHOWN))


def _newest_first() -> Select[UsageImport, str, str, str]:
    return (
        select(UsageImport, UsageSource.name, Account.name, Account.username)
        .join(UsageSource, UsageImport.source_id == UsageSource.id)
        .outerjoin(Account, UsageImport.imported_by == Account.id)
        .order_by(UsageImport.id.desc())
    )


def _past(db: Session, query: Select[UsageImport, str, str, str]) -> list[PastImport]:
    return [
        PastImport(
            id=row.id,
            imported_at=row.imported_at,
            imported_by=f"{name}（{username}）" if username else "系統維運（manage.py）",
            source_name=source_name,
            file_name=row.file_name,
            read=row.rows_read,
            stored=row.rows_stored,
            duplicates=row.rows_duplicate,
            rejected=row.rows_rejected,
        )
        for row, source_name, name, username in db.execute(query)
    ]


@guarded(Action.IMPORT_USAGE)
def count_imports(actor: Actor) -> int:
    """Return how many imports there are in all."""
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        return db.scalar(select(func.count()).select_from(UsageImport)) or 0
