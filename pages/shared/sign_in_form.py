"""The sign-in screen."""

import streamlit as st

from pages.shared.layout import APP_TITLE, demo_notice
from pages.shared.session import Clock, sign_in


def sign_in_screen(clock: Clock) -> None:
    """Show the form; when name and password are right, start the next run signed in."""
    _, middle, _ = st.columns([1, 1.4, 1])
    with middle:
        st.title(APP_TITLE, anchor=False)
        st.caption("依「臺北市政府各機關使用地籍資料管理作業規範」辦理，查詢均留存紀錄並接受稽核。")
        demo_notice()
        with st.form("sign_in"):
            username = st.text_input("帳號", autocomplete="username", max_chars=40)
            password = st.text_input("密碼", type="password", autocomplete="current-password")
            pressed = st.form_submit_button(
                "登入", type="primary", icon=":material/login:", width="stretch"
            )
        if pressed and sign_in(username, password, clock):
            st.rerun()
        if pressed:
            st.error("帳號或密碼不正確，或帳號已停用。", icon=":material/error:")
