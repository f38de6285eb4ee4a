"""Setting up the second factor on the way in, for whoever must have one and has none yet."""

import streamlit as st

from pages.entrance.enrolment import code_input, show_enrolment
from pages.entrance.kept import keep, kept
from pages.shared.feedback import showing_errors
from pages.shared.session import Clock, address
from services.identity.entering import Entering
from services.identity.factor_setup import begin_enrolment, confirm_enrolment
from services.identity.totp import Enrolment


def enrol_screen(entering: Entering, clock: Clock) -> None:
    """Lead through the set-up. The first right code makes the next step `Step.CODE`.

    There `code_screen` finds the recovery codes kept here and shows them.
    """
    st.subheader("設定雙因子驗證", anchor=False)
    enrolment = kept(entering)
    if not isinstance(enrolment, Enrolment):
        _offer(entering, clock)
        return
    show_enrolment(enrolment)
    with st.form("enrol", border=False):
        typed = code_input("驗證碼（6 個數字）", "enrol.code")
        pressed = st.form_submit_button("完成設定", type="primary", icon=":material/check:")
    if pressed:
        with showing_errors():
            codes = confirm_enrolment(entering, enrolment, typed, address(), clock())
            keep(entering, (enrolment.username, codes))
            st.rerun()


def _offer(entering: Entering, clock: Clock) -> None:
    st.markdown(
        "您的角色或職務須使用雙因子驗證：登入時除密碼外，還要輸入手機驗證器 App 的 6 位數驗證碼。"
        "請準備手機，設定約需 2 分鐘，只需一次。"
    )
    if st.button("開始設定", type="primary", icon=":material/qr_code_2:"):
        with showing_errors():
            keep(entering, begin_enrolment(entering, clock()))
            st.rerun()
