"""What the session cookie says, read without the sign-in library: the server itself asks too."""

from datetime import datetime
from typing import Any

import jwt

COOKIE_NAME = "cadastre_session"


def claims_of(token: str, key: str) -> dict[str, Any]:
    """Return the claims of a cookie that was signed with ``key``, or none."""
    try:
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=["HS256"])
    except jwt.PyJWTError:
        return {}
    return claims


def session_in(token: str, key: str, now: datetime) -> str:
    """Return the session that a cookie names if we signed it and its time is not up, or nothing."""
    claims = claims_of(token, key)
    end, session_id = claims.get("exp_date"), claims.get("session")
    good = isinstance(end, int | float) and end > now.timestamp()
    return session_id if good and isinstance(session_id, str) else ""
