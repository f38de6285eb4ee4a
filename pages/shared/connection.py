"""Whether the browser at the other end is the one that a tab's memory belongs to.

Streamlit hands a tab's memory to any connection that names the tab's id. That id is no secret of
ours: it stands in the addresses of uploads, and so in the logs of proxies. A connection other than
the one that signed in therefore has to bring the cookie of this very session.
"""

from datetime import datetime

import streamlit as st

from pages.shared.cookies import SessionCookie
from services import keys

_CONNECTION = "connection"


def remember() -> None:
    """Note which connection the signed-in person has."""
    st.session_state[_CONNECTION] = _this_one()


def may_go_on(session_id: str, now: datetime) -> bool:
    """Whether this connection may go on with a session that the tab's memory holds."""
    if not session_id or st.session_state.get(_CONNECTION) == _this_one():
        return True
    return SessionCookie(keys.cookie_key()).session_id(now) == session_id


def _this_one() -> str | None:
    """What tells this websocket from every other one."""
    return st.context.headers.get("Sec-Websocket-Key")
