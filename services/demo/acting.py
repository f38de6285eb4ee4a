"""People of the demo city acting on a day that is past."""

from datetime import datetime

from data.engine import reading
from services.actor import Actor
from services.identity.people import as_actor, load_account


def acting(account_id: int, when: datetime) -> Actor:
    """Return somebody of the city as they act at ``when``."""
    with reading() as db:
        account = load_account(db, account_id)
        assert account is not None  # written by the same load
        return as_actor(account, when)
