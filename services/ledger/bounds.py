"""How far the logs can be sealed: no row at or below a bound can still appear.

SQLite has one writer at a time, who numbers and commits rows in one go. PostgreSQL gives numbers
before the commit, so a lower number can still appear after a higher one. No lock is taken that a writer
would wait for: the bound is read, and then those are waited for who were writing at that moment.
"""

import time
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from data.engine import reading
from services.ledger import rows
from services.ledger.rows import Log


@dataclass(frozen=True)
class Bounds:
    """The highest ids that can be sealed; ``complete`` unless a writer was still at work."""

    upto: dict[Log, int]
    complete: bool = True


# Whoever writes a row holds this lock of the table, and of the sequence of its numbers, from
# before the number is given until after the commit.
_WRITERS = text(
    "SELECT DISTINCT virtualtransaction FROM pg_locks WHERE locktype = 'relation' "
    "AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', "
    "'AccessExclusiveLock') AND database = (SELECT oid FROM pg_database WHERE datname = "
    "current_database()) AND relation IN ('usage_records'::regclass, 'events'::regclass, "
    "pg_get_serial_sequence('usage_records', 'id')::regclass, "
    "pg_get_serial_sequence('events', 'id')::regclass)"
)
_LIVING = text("SELECT DISTINCT virtualtransaction FROM pg_locks")
_PAUSE = 0.05


def find(sealed: dict[Log, int], patience: float) -> Bounds:
    """Return how far the logs can be sealed; ``sealed`` is how far they are.

    Waits at most ``patience`` seconds for those who are writing. Whoever takes longer (a large
    import) is not waited for: then the bound is the last row before the first number that is missing.
    """
    with reading() as db:
        upto = {log: rows.highest_id(db, log) for log in Log}
        if db.get_bind().dialect.name == "sqlite":
            return Bounds(upto)
        writing = set(db.scalars(_WRITERS))
    until = time.monotonic() + patience
    while writing:
        with reading() as db:
            writing &= set(db.scalars(_LIVING))
        if writing and time.monotonic() >= until:
            with reading() as db:
                return Bounds(
                    {log: _gapless(db, log, sealed[log], upto[log]) for log in Log}, False
                )
        if writing:
            time.sleep(_PAUSE)
    return Bounds(upto)


def _gapless(db: Session, log: Log, after: int, upto: int) -> int:
    """Return the last id before the first gap above ``after``."""
    id_ = rows.id_column(log)
    numbered = (
        select(id_.label("id"), func.lag(id_, 1, after).over(order_by=id_).label("before"))
        .where(id_ > after, id_ <= upto)
        .subquery()
    )
    beyond = db.scalar(
        select(func.min(numbered.c.id)).where(numbered.c.id != numbered.c.before + 1)
    )
    if beyond is None:
        return upto
    return max(db.scalar(select(func.max(id_)).where(id_ < beyond)) or 0, after)
