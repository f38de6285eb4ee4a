"""Facts about this installation: is its database ready, does it hold demo data."""

from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError, ProgrammingError

from data.engine import reading
from data.models import Account, Setting

DEMO_KEY = "demo_data"
DEMO_UNFINISHED_KEY = "demo_unfinished"
"""A setting that stands while the demo city's audits are being signed."""


def has_tables() -> bool:
    """Whether the database was ever prepared."""
    with reading() as db:
        return inspect(db.connection()).has_table(Account.__tablename__)


def is_ready() -> bool:
    """Whether the tables exist and at least one account does."""
    with reading() as db:
        try:
            return db.query(Account.id).first() is not None
        except (OperationalError, ProgrammingError):
            # Every run of a page asks: to look for the table first would cost more than the answer.
            db.rollback()
            if inspect(db.connection()).has_table(Account.__tablename__):
                raise
            return False


def demo_scale() -> str | None:
    """Return the scale of the demo data that is loaded, or None in earnest use."""
    return _setting(DEMO_KEY)


def demo_unfinished() -> bool:
    """Whether loading the demo city was cut off and has to be taken up again."""
    return _setting(DEMO_UNFINISHED_KEY) is not None


def _setting(key: str) -> str | None:
    with reading() as db:
        setting = db.get(Setting, key)
        return setting.value if setting else None
