"""Writing the file of checkpoints anew from the database, when it was lost. An act on record."""

from data.engine import reading, transaction
from services import events
from services.actor import Actor
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.installation import keys
from services.ledger import checkpoints


@guarded(Action.OPERATE_LEDGER)
def write_file_anew(actor: Actor) -> None:
    """Write the file from the database's checkpoints, all of which must be signed.

    Raises Conflict while there is a file: then it is the file that must be kept and explained; and
    Unwritable when it cannot be written, wholly or not at all.
    """
    permit(actor, Action.OPERATE_LEDGER)
    path = checkpoints.file_path()
    with checkpoints.telling("重寫檢查點檔"), checkpoints.locked():
        if path.exists():
            raise Conflict(f"檢查點檔 {path} 還在；請先查明它與資料庫為何不同，並移到別處保存。")
        with reading() as db:
            stored = checkpoints.stored(db)
            for row in stored:
                checkpoints.read_stored(row, keys.ledger_public_key())
        with transaction() as db:
            events.write(
                db,
                actor,
                EventType.LEDGER_SEALED,
                about=("ledger", len(stored)),
                outcome="renewed",
                file=str(path),
            )
        checkpoints.write(checkpoints.bytes_of([row.note for row in stored]))
