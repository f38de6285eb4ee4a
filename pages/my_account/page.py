"""我的帳號: one's own password, second factor and sessions."""

import streamlit as st

from pages.entrance.new_password import agreed, show_rules
from pages.my_account.factor_card import factor_card
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from pages.shared.tables import with_times
from services.identity.own_sessions import SessionLine, own_sessions, sign_out_everywhere
from services.identity.passwords import change_own_password

_EVERYWHERE = "sign_out_everywhere"


def password_card() -> None:
    """Offer to change the password; the form is emptied once that is done."""
    st.subheader("變更密碼", anchor=False)
    show_rules()
    with st.form("own_password", clear_on_submit=True, border=False):
        present = st.text_input("目前的密碼", type="password", autocomplete="current-password")
        first = st.text_input("新密碼", type="password", autocomplete="new-password")
        again = st.text_input("再輸入一次新密碼", type="password", autocomplete="new-password")
        pressed = st.form_submit_button("變更密碼", type="primary", icon=":material/lock_reset:")
    st.caption("變更後，這個帳號在別處的登入會結束，這裡不受影響。")
    if pressed:
        with showing_errors():
            change_own_password(current_actor(), present, agreed(first, again))
            notify("密碼已變更。")
            st.rerun()


def sessions_card(lines: tuple[SessionLine, ...]) -> None:
    """Show where and when one is or was signed in."""
    st.subheader("登入紀錄", anchor=False)
    st.caption("同一帳號同時只能有一個登入。有不是您本人的登入時，請立即變更密碼並告知管理者。")
    st.dataframe(
        with_times(
            [
                {
                    "狀態": _state(line),
                    "登入時間": line.started_at,
                    "最後使用": line.last_seen_at,
                    "來源": line.place,
                    "方式": line.method.label,
                }
                for line in lines
            ]
        ),
        hide_index=True,
        alt="登入紀錄",
    )
    st.button("全部登出", icon=":material/devices_off:", on_click=open_dialog, args=(_EVERYWHERE,))
    if opened(_EVERYWHERE) is not None:
        ask_everywhere()


def _state(line: SessionLine) -> str:
    if line.end is not None:
        return f"已結束（{line.end.label}）"
    return "使用中（這裡）" if line.is_this else "使用中"


@st.dialog("全部登出", icon=":material/devices_off:", on_dismiss=close_dialog)
def ask_everywhere() -> None:
    """Say what will happen, and do it."""
    st.markdown("這個帳號的所有登入都會結束，包括這裡；之後須重新登入。")
    if st.button("全部登出", type="primary", key="everywhere.do"):
        with showing_errors():
            sign_out_everywhere(current_actor())
            st.rerun()


actor = current_actor()
page_head("我的帳號", "您的密碼、雙因子驗證，以及在哪裡登入過。")
left, right = st.columns(2, gap="large")
with left, st.container(border=True):
    password_card()
with right:
    factor_card(actor)
with st.container(border=True):
    sessions_card(own_sessions(actor))
