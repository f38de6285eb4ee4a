"""申請 before signing in: a new account is applied for (clause 5)."""

from datetime import timedelta

import streamlit as st

from pages.applications.form import new_account_form
from pages.entrance.followed import show_followed
from pages.entrance.frame import entrance_frame
from pages.shared.feedback import showing_errors
from pages.shared.session import Clock, address
from services.applications.applying import Submitted, apply_new
from services.identity.links import PAUSE, can_mail
from services.identity.organisation import open_units

PARAMETER = "follow"
_OPEN, _TOKEN, _SENT = "applying.open", "applying.token", "applying.sent"


def take_link() -> bool:
    """Take a link's token out of the address at once; return whether somebody is applying."""
    if token := st.query_params.get(PARAMETER):
        st.query_params.clear()
        st.session_state[_TOKEN], st.session_state[_OPEN] = token, True
    return is_open()


def is_open() -> bool:
    """Whether somebody is applying, or following an application."""
    return bool(st.session_state.get(_OPEN))


def is_under_way() -> bool:
    """Whether an application that was sent in is kept: its link's token, or its number."""
    return _TOKEN in st.session_state or _SENT in st.session_state


def apply_button() -> None:
    """Offer 「申請帳號」 under the sign-in form."""
    st.button("申請帳號", icon=":material/person_add:", type="tertiary", on_click=begin)


def begin() -> None:
    """Open the form of a new application, in the next run."""
    st.session_state[_OPEN] = True


def _leave() -> None:
    for key in [key for key in st.session_state if str(key).startswith(("apply", "correct"))]:
        del st.session_state[key]


def applying_screen(clock: Clock) -> None:
    """Show the form of a new application, or the application that the link leads to."""
    with entrance_frame():
        token: str | None = st.session_state.get(_TOKEN)
        sent: Submitted | None = st.session_state.get(_SENT)
        if token is not None:
            show_followed(token, clock, _leave)
        elif sent is not None:
            _thanks(sent)
        else:
            _new(clock)
        st.button("回到登入", icon=":material/arrow_back:", type="tertiary", on_click=_leave)


def _new(clock: Clock) -> None:
    st.subheader("申請帳號", anchor=False)
    link = (
        "進度由寄到您公務電子郵件的連結查看。"
        if can_mail()
        else "送出後會顯示一個網址，進度由它查看，請記下來。"
    )
    st.markdown(
        f"送出後由單位主管核可、管理者辦理；{link}"
        "停權的帳號請直接登入申請復權；使用中的帳號請登入後至「申請」辦理異動或註銷。"
    )
    typed = new_account_form(open_units())
    if typed is None:
        return
    with showing_errors():
        sent = apply_new(typed.person, typed.wanted, address(), clock())
        st.session_state[_TOKEN if sent.token else _SENT] = sent.token or sent
        st.rerun()


def _thanks(sent: Submitted) -> None:
    st.success(f"申請已送出，案號 **{sent.number}**。", icon=":material/mark_email_read:")
    st.markdown("請開啟剛才寄到您公務電子郵件的連結並按「確認」，申請才會開始辦理。")
    st.caption(
        f"沒有收到時，請查看垃圾郵件匣；{PAUSE // timedelta(minutes=1)} 分鐘後可以同一個電子郵件再送出申請，"
        "會另寄一個連結，以先確認的一案為準。"
    )
