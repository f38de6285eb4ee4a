"""Open sessions for tests, without going through the screens."""

from datetime import datetime

from sqlalchemy import select

from data.engine import reading
from data.models import Account
from services.identity import sessions
from services.identity.entering import Entering, Method, begin
from services.identity.sessions import Opened
from tests.world import NOW


def sign_in(who: str, address: str = "10.1.1.1", now: datetime = NOW) -> Opened:
    """Open a session of the account called ``who``, recognised elsewhere: no further step is asked."""
    return sessions.open_session(begin(who, Method.OIDC, now), address, now)


def by_password(who: str, now: datetime = NOW) -> Entering:
    """Return the way in of ``who``, whose present password has just been right."""
    with reading() as db:
        stored = db.scalars(select(Account.password_hash).where(Account.username == who)).one()
    return begin(who, Method.PASSWORD, now, stored)


def session_of(who: str, address: str = "10.1.1.1", now: datetime = NOW) -> str:
    """Return the id of a new session of ``who``."""
    return sign_in(who, address, now).id
