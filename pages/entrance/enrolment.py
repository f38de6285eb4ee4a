"""Getting a new secret into somebody's authenticator app: the QR code, and the same as text."""

import streamlit as st

from services.identity.totp import Enrolment


def show_enrolment(enrolment: Enrolment) -> None:
    """Show what the app has to take up."""
    st.markdown("**1. 用驗證器 App 掃描**")
    with st.container(horizontal=True, vertical_alignment="center"):
        # An SVG stays within the page: it gets no address from which it could be fetched again.
        st.image(enrolment.qr_code, width=220, alt="驗證器設定用的 QR 碼")
        with st.container(width=250):
            st.markdown(
                "在手機的驗證器 App（例如 Google Authenticator、Microsoft Authenticator）新增帳號，"
                "掃描 QR 碼。"
            )
            st.caption("不能掃描時，選「手動輸入」，類型選「以時間為準」，輸入這組金鑰：")
            st.code(enrolment.typed_secret, language=None, wrap_lines=True)
    st.markdown("**2. 輸入 App 顯示的驗證碼**")


def code_input(label: str, key: str) -> str:
    """Ask for a code of an app, or a recovery code."""
    return st.text_input(label, max_chars=40, autocomplete="one-time-code", key=key)
