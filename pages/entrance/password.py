"""The first screen: name and password, checked by streamlit-authenticator."""

import streamlit as st
from streamlit_authenticator.controllers import AuthenticationController

from pages.shared.feedback import show_error, showing_errors
from pages.shared.session import Clock, address
from pages.shared.told import reason_read
from services.identity import lockout, signin
from services.identity.entering import Entering, Method, begin


def password_screen(clock: Clock) -> Entering | None:
    """Show the form; return who is on the way in once name and password are right."""
    with st.form("sign_in"):
        username = st.text_input("帳號", autocomplete="username", max_chars=40)
        password = st.text_input("密碼", type="password", autocomplete="current-password")
        pressed = st.form_submit_button(
            "登入", type="primary", icon=":material/login:", width="stretch"
        )
    if not pressed:
        return None
    if not username.strip() or not password:
        show_error("請輸入帳號與密碼。")  # nothing was tried, so nothing is counted
        return None
    with showing_errors():
        if entering := recognise(username, password, clock):
            return entering
        show_error("帳號或密碼不正確，或帳號已停用。")
    return None


def recognise(username: str, password: str, clock: Clock) -> Entering | None:
    """Try a name and password; when they are right, return their owner on the way in.

    The attempt is counted first. Raises Locked while the name or the address is locked.
    """
    reason_read()
    attempt = lockout.take(username, address(), clock())
    credentials = signin.find_credentials(attempt.name, password)
    checker = AuthenticationController(credentials, auto_hash=False)
    if not (credentials["usernames"] and checker.login(attempt.name, password)):
        lockout.failed(attempt)
        return None
    lockout.passed(attempt)
    # The hash that was compared, not the one stored by now: the owner may have changed it meanwhile.
    verified = credentials["usernames"][attempt.name]["password"]
    return begin(attempt.name, Method.PASSWORD, clock(), verified)
