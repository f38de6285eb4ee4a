"""The step that asks for a new password: at the first sign-in, or when the present one is old."""

import streamlit as st

from pages.shared.feedback import show_error
from pages.shared.session import Clock, address
from services.errors import Invalid, UserError
from services.identity.entering import Entering
from services.identity.passwords import change_on_the_way_in, password_rules


def new_password_screen(entering: Entering, clock: Clock) -> Entering | None:
    """Show the form; return the way in with the new password once it is set."""
    st.subheader("變更密碼", anchor=False)
    st.markdown("密碼是別人替您設定的，或已超過使用期限；請先設定一個只有您知道的新密碼。")
    new = ask_new_password("new_password", "變更密碼並登入")
    if new is None:
        return None
    try:
        return change_on_the_way_in(entering, new, address(), clock())
    except UserError as error:
        show_error(error)
        return None


def ask_new_password(key: str, label: str) -> str | None:
    """Say the rules, ask twice, and return the password once both agree and 送出 was pressed."""
    show_rules()
    with st.form(key):
        first = st.text_input("新密碼", type="password", autocomplete="new-password")
        again = st.text_input("再輸入一次新密碼", type="password", autocomplete="new-password")
        pressed = st.form_submit_button(
            label, type="primary", icon=":material/lock_reset:", width="stretch"
        )
    try:
        return agreed(first, again) if pressed else None
    except Invalid as error:
        show_error(error)
        return None


def show_rules() -> None:
    """Say beforehand what a new password has to be."""
    st.caption("\n".join(f"- {rule}" for rule in password_rules()))


def agreed(first: str, again: str) -> str:
    """Return the password that was typed twice; raise Invalid when the two differ or are empty."""
    if not first:
        raise Invalid("請輸入新密碼。")
    if first != again:
        raise Invalid("兩次輸入的新密碼不同；請重新輸入。")
    return first
