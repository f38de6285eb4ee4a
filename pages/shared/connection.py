"""Whether the browser at the other end is the one that a tab's memory belongs to.

Streamlit hands a tab's memory to any connection that names the tab's id. That id is no secret of
ours: it stands in the addresses of uploads, and so in the logs of proxies. The memory therefore
belongs to the connection that made it. Once somebody is signed in, another one may go on that brings
the cookie of this very session, as the browser does when its connection was lost. On the way in
there is no cookie yet, and nobody else goes on: who loses the connection there starts over.
"""

from datetime import datetime

import streamlit as st

from pages.shared.cookies import SessionCookie
from services.installation import keys

_CONNECTION = "connection"


def may_go_on(session_id: str, now: datetime) -> bool:
    """Whether this connection may go on with the tab's memory, which then belongs to it.

    ``session_id`` is the session that the memory holds, empty for none.
    """
    this = _this_one()
    if st.session_state.get(_CONNECTION) == this:
        return True
    if session_id:
        may = SessionCookie(keys.cookie_key()).session_id(now) == session_id
    else:
        may = _CONNECTION not in st.session_state  # a new tab, in which nothing is kept yet
    if may:
        # The connection that was looked at: by now it may be another one.
        st.session_state[_CONNECTION] = this
    return may


def clear_memory() -> None:
    """Clear all that the tab keeps but whose it is: what is kept next is for the same person."""
    mine = {_CONNECTION: st.session_state[_CONNECTION]} if _CONNECTION in st.session_state else {}
    st.session_state.clear()
    st.session_state.update(mine)


def hand_over() -> None:
    """Clear all that the tab keeps, whose it was too; it is the tab of whoever is there now."""
    st.session_state.clear()
    st.session_state[_CONNECTION] = _this_one()


def _this_one() -> str | None:
    """What tells this websocket from every other one."""
    return st.context.headers.get("Sec-Websocket-Key")
