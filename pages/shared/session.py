"""Who is at this screen: sign-in with streamlit-authenticator, the check on every rerun, sign-out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import jwt
import streamlit as st
import streamlit_authenticator as stauth
from streamlit_authenticator.models.cookie_model import CookieModel

from services import installation
from services.identity import signin
from services.identity.actor import Actor

COOKIE_NAME = "cadastre_session"
COOKIE_DAYS = 0.5
_SESSION, _REFRESH, _COOKIE_DUE = "sign_in_session", "refresh_actor", "cookie_due"

Clock = Callable[[], datetime]


class SessionCookie(CookieModel):  # type: ignore[misc]
    """The library's cookie, tied to a session row: an ended session makes every copy worthless."""

    def _token_encode(self) -> str:
        claims = {
            "username": st.session_state["username"],
            "exp_date": self.exp_date,
            "session": st.session_state[_SESSION],
        }
        return jwt.encode(claims, self.cookie_key, algorithm="HS256")

    def _token_decode(self) -> dict[str, Any] | bool:
        return _claims(self.token, self.cookie_key) or False


def _claims(token: str, key: str) -> dict[str, Any] | None:
    """Return what a cookie says, or None unless it is ours and its session row is still open."""
    try:
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=["HS256"])
    except jwt.PyJWTError:
        return None
    alive = signin.username_of_session(str(claims.get("session", ""))) is not None
    return claims if alive and "exp_date" in claims else None


def _authenticator(credentials: dict[str, Any]) -> Any:
    made = stauth.Authenticate(
        credentials,
        COOKIE_NAME,
        installation.cookie_key(),
        COOKIE_DAYS,
        auto_hash=False,
        login_sleep_time=0,
    )
    made.cookie_controller.cookie_model.__class__ = SessionCookie
    return made


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
    if actor is None and (session_id := _session_from_cookie(clock())):
        st.session_state[_SESSION] = session_id
        actor = refresh()
    if actor is not None:
        st.session_state[_REFRESH] = refresh
        if st.session_state.pop(_COOKIE_DUE, False):
            _authenticator({"usernames": {}}).cookie_controller.set_cookie()
    return actor


def _session_from_cookie(now: datetime) -> str:
    """Read the cookie without the library, which can build its cookie component once a run only."""
    token = st.context.cookies.get(COOKIE_NAME)
    claims = _claims(token, installation.cookie_key()) if token else None
    if claims is None or float(claims["exp_date"]) <= now.timestamp():
        return ""
    return str(claims["session"])


def sign_in(username: str, password: str, clock: Clock) -> bool:
    """Try a name and password; on success the session is open and the next run sets its cookie.

    The cookie is set by a component in the page, which a rerun in the same run would take away.
    """
    credentials = signin.find_credentials(username, password)
    authenticator = _authenticator(credentials)
    known = bool(credentials["usernames"])
    if not (known and authenticator.authentication_controller.login(username, password)):
        signin.record_failure(username, address(), clock())
        return False
    name = st.session_state["username"]
    st.session_state[_SESSION] = signin.start_session(name, address(), clock())
    st.session_state["logout"] = False
    st.session_state[_COOKIE_DUE] = True
    return True


def sign_out(clock: Clock) -> None:
    """End the session row, drop the cookie and everything this browser tab had in memory."""
    signin.end_session(st.session_state.get(_SESSION, ""), clock())
    _authenticator({"usernames": {}}).cookie_controller.delete_cookie()
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
