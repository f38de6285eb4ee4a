"""Bringing the database's tables up to date, on record (every administrator's act is an event)."""

from sqlalchemy.orm import Session

from data import append_only, files, migrate
from data.engine import transaction
from services import events
from services.actor import Actor
from services.documents import file_store
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit


@guarded(Action.CHANGE_SETTINGS)
def upgrade(actor: Actor) -> list[str]:
    """Create the tables or bring them up to date; an upgrade is an event in the same transaction.

    Returns the tables whose append-only triggers had gone and were made anew, which is an event too.
    Raises Conflict where files that move out of the database cannot be written; then nothing has changed.
    """
    permit(actor, Action.CHANGE_SETTINGS)

    def record(db: Session, before: str, after: str) -> None:
        events.write(
            db,
            actor,
            EventType.SCHEMA_UPGRADED,
            about=("schema", after),
            before=before,
            after=after,
        )

    try:
        migrate.upgrade(record, file_store.is_sound)
    except OSError as error:
        raise Conflict(
            f"無法把檔案寫入 {files.folder()}（FILES_DIR，{error.strerror}）；資料庫沒有任何變更。"
        ) from error
    with transaction() as db:
        if restored := append_only.unprotected(db.connection()):
            for table in restored:
                append_only.unprotect(db.connection(), table)
                append_only.protect(db.connection(), table)
            events.write(db, actor, EventType.PROTECTION_RESTORED, tables=restored)
    return restored
