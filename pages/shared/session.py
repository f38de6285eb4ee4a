"""Who is at this screen: sign-in with streamlit-authenticator, the check on every rerun, sign-out."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st
from streamlit_authenticator.controllers import AuthenticationController

from pages.shared.cookies import SessionCookie
from services import keys
from services.identity import signin
from services.identity.actor import Actor
from services.identity.entering import Entering, Method, begin

_SESSION, _REFRESH = "sign_in_session", "refresh_actor"

Clock = Callable[[], datetime]


def address() -> str:
    """The address the browser calls from; empty where Streamlit does not know it."""
    return st.context.ip_address or ""


def guard(clock: Clock) -> Actor | None:
    """Return the signed-in person of this rerun, or None after showing nothing.

    The session row, the account's status, role, duties and items are read anew every time.
    """

    def refresh() -> Actor | None:
        return signin.actor_of_session(session_id, clock(), where)

    where = address()
    session_id = st.session_state.get(_SESSION, "")
    actor = refresh()
    if actor is None and session_id:
        forget()
    cookie = SessionCookie(keys.cookie_key())
    if actor is None and (session_id := cookie.session_id(clock())):
        st.session_state[_SESSION] = session_id
        actor = refresh()
    if actor is not None:
        st.session_state[_REFRESH] = refresh
    return actor


def waiting_for_cookie() -> bool:
    """Send a new session's cookie and show nothing else until the browser has it.

    The browser's answer is a rerun; a page that it cut off would lose what it had just set up.
    """
    cookie = SessionCookie(keys.cookie_key())
    if not cookie.is_due():
        return False
    st.caption(":material/hourglass_top: 正在登入…")
    if st.button("繼續", help="畫面停在這裡時按此；重新整理後須再登入。", type="tertiary"):
        cookie.give_up()
        return False
    return True


def recognise(username: str, password: str, clock: Clock) -> Entering | None:
    """Try a name and password; when they are right, return their owner on the way in."""
    credentials = signin.find_credentials(username, password)
    checker = AuthenticationController(credentials, auto_hash=False)
    if not (credentials["usernames"] and checker.login(username, password)):
        signin.record_failure(username, address(), clock())
        return None
    return begin(st.session_state["username"], Method.PASSWORD, clock())


def open_session(entering: Entering, clock: Clock) -> None:
    """Open the session of somebody of whom nothing more is asked; the next run sends its cookie."""
    session_id = signin.open_session(entering, address(), clock())
    SessionCookie(keys.cookie_key()).issue(session_id)
    st.session_state[_SESSION] = session_id


def sign_out(clock: Clock) -> None:
    """End the session row, drop the cookie and everything this browser tab had in memory."""
    signin.end_session(st.session_state.get(_SESSION, ""), clock())
    SessionCookie(keys.cookie_key()).delete_cookie()
    forget()


def forget() -> None:
    """Clear the whole session state; the library would clear only its own keys."""
    st.session_state.clear()


def current_actor() -> Actor:
    """Return the person of this very moment; a page that is run without the router stops here."""
    refresh = st.session_state.get(_REFRESH)
    actor: Actor | None = refresh() if refresh else None
    if actor is None:
        st.error("請先登入。", icon=":material/lock:")
        st.stop()
    return actor


def actor_source() -> Callable[[], Actor | None]:
    """Return a function that reads the acting person anew outside a script run (downloads)."""
    refresh: Callable[[], Actor | None] = st.session_state[_REFRESH]
    return refresh
