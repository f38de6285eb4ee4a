"""The sign-in library's cookie, tied to a session row, and written without asking for reruns."""

from datetime import UTC, datetime
from typing import Any

import extra_streamlit_components as stx
import jwt
import streamlit as st
from extra_streamlit_components.CookieManager import _component_func as cookie_component
from streamlit.runtime import get_instance
from streamlit_authenticator.models.cookie_model import CookieModel

from pages.shared.session_token import COOKIE_NAME, claims_of, session_in

COOKIE_DAYS = 0.5
_TOKEN = "cookie_token"  # nosec B105  # a word of ours, no password


def announce_component() -> None:
    """Tell the server of the component that writes; it hears by itself only of what a script imports."""
    get_instance().component_registry.register_component(cookie_component)


class CookieWriter(stx.CookieManager):  # type: ignore[misc]
    """The library's cookie component without the part that reads.

    Reading mounts a component that asks for a rerun as soon as it is there, and that rerun would
    cut off the very run in which somebody signs in. Streamlit itself tells us the cookies.
    """

    def __init__(self) -> None:
        self.cookies: dict[str, Any] = {}
        self.done = False
        """Whether the browser has said that the last ``set`` took place."""

    def set(
        self, cookie: str, val: str, expires_at: datetime | None = None, **_ignored: Any
    ) -> None:
        """Write the cookie: strict, and over TLS only where the page itself came over TLS."""
        # The library gives the server's local time without saying so; the browser would take it for
        # its own.
        expires = {"expires": expires_at.astimezone(UTC).isoformat()} if expires_at else {}
        secure = str(st.context.url or "").startswith("https://")
        self.done = bool(
            cookie_component(
                method="set",
                cookie=cookie,
                value=val,
                options={"path": "/", "sameSite": "strict", "secure": secure} | expires,
                key="set_cookie",
                default=False,
            )
        )

    def delete(self, cookie: str, **_ignored: Any) -> None:
        """Take the cookie away; its session row is ended before this, so a copy is worthless."""
        cookie_component(method="delete", cookie=cookie, key="delete_cookie", default=False)


class SessionCookie(CookieModel):  # type: ignore[misc]
    """The library's signed cookie with the session's id: an ended session ends every copy."""

    def __init__(self, key: str) -> None:
        self.cookie_name = COOKIE_NAME
        self.cookie_key = key
        self.cookie_expiry_days = COOKIE_DAYS
        self.cookie_manager = CookieWriter()
        self.token: str | None = None
        self.exp_date: float | None = None

    def issue(self, session_id: str) -> None:
        """Sign the cookie of a session that has just begun; `is_due` sends it."""
        claims = {"exp_date": self._set_exp_date(), "session": session_id}
        st.session_state[_TOKEN] = jwt.encode(claims, self.cookie_key, algorithm="HS256")

    def is_due(self) -> bool:
        """Send an issued cookie; return True until the browser has confirmed it."""
        if _TOKEN not in st.session_state:
            return False
        self.set_cookie()
        if self.cookie_manager.done:
            self.give_up()
        return not self.cookie_manager.done

    def give_up(self) -> None:
        """Do without the cookie: the session then lives as long as this browser tab."""
        st.session_state.pop(_TOKEN, None)

    def session_id(self, now: datetime) -> str:
        """Return the session that the browser's cookie names; whether it is open is asked of its row."""
        self.token = st.context.cookies.get(COOKIE_NAME)
        return session_in(self.token or "", self.cookie_key, now)

    def _token_encode(self) -> str:
        return str(st.session_state[_TOKEN])

    def _token_decode(self) -> dict[str, Any] | bool:
        return claims_of(self.token or "", self.cookie_key) or False
