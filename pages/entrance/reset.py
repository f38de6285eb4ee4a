"""忘記密碼: asking for a reset link; and the password that a link leads to, new or first of all."""

import streamlit as st

from pages.entrance.frame import entrance_frame
from pages.entrance.new_password import ask_new_password
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import show_error
from pages.shared.session import Clock, address, forget
from services.errors import UserError
from services.identity import links

PARAMETER, _TOKEN, _DONE = "reset", "reset_token", "reset_done"
_DIALOG = "forgot_password"
_SENT = (
    "如果這個帳號未註銷並登記了電子郵件，重設密碼的連結幾分鐘內會寄到；請查看信箱，也看一下垃圾郵件匣。"
    "沒有收到時，請洽您的管理者。"
)


def take_token() -> bool:
    """Take a link's token out of the address at once; return whether one is being used."""
    if token := st.query_params.get(PARAMETER):
        st.query_params.clear()
        st.session_state[_TOKEN] = token
    return is_under_way()


def is_under_way() -> bool:
    """Whether a link's token is kept for the new password."""
    return _TOKEN in st.session_state


def use_token(token: str) -> None:
    """Go on to the new password that a link's token leads to, in the next run."""
    st.session_state[_TOKEN] = token


def reset_screen(clock: Clock) -> None:
    """Ask for the new password; afterwards the ordinary sign-in follows."""
    token: str = st.session_state[_TOKEN]
    with entrance_frame():
        if not links.is_good(token, clock()):
            show_error("連結無效、已用過或已逾時；請重新要求一個連結，或洽您的管理者。")
        else:
            _set_password(token, clock)
        if st.button("回到登入", icon=":material/arrow_back:", type="tertiary"):
            st.session_state.pop(_TOKEN)
            st.rerun()


def _set_password(token: str, clock: Clock) -> None:
    first = links.activates(token, clock())
    st.subheader("啟用帳號" if first else "重設密碼", anchor=False)
    st.markdown(
        "請設定您的密碼。完成後即可用它登入；密碼只有您知道，管理者看不到。"
        if first
        else "請設定新密碼。完成後，這個帳號原有的登入都會結束，請以新密碼登入。"
    )
    new = ask_new_password("reset_password", "設定密碼並啟用" if first else "設定新密碼")
    if new is not None and _reset(token, new, clock):
        forget()
        st.session_state[_DONE] = (
            "帳號已啟用，請以剛設定的密碼登入。" if first else "密碼已重設，請以新密碼登入。"
        )
        st.rerun()


def _reset(token: str, new: str, clock: Clock) -> bool:
    try:
        links.reset_password(token, new, address(), clock())
    except UserError as error:
        show_error(error)
        return False
    return True


def say_what_was_done() -> None:
    """Say above the sign-in form what a link has just done."""
    if said := st.session_state.pop(_DONE, ""):
        st.success(said, icon=":material/check_circle:")


def forgot_password(clock: Clock) -> None:
    """Offer 「忘記密碼」 under the sign-in form."""
    st.button(
        "忘記密碼", icon=":material/help:", type="tertiary", on_click=open_dialog, args=(_DIALOG,)
    )
    if opened(_DIALOG) is not None:
        _ask(clock)


@st.dialog("忘記密碼", icon=":material/lock_reset:", on_dismiss=close_dialog)
def _ask(clock: Clock) -> None:
    if not links.can_mail():
        st.info("本系統未設定寄信；請洽您的管理者或系統維運人員，由其提供重設密碼的連結。")
        return
    st.markdown("請輸入您的帳號；系統會把重設密碼的連結寄到該帳號登記的電子郵件。")
    username = st.text_input("帳號", key="forgot.username", max_chars=40)
    if st.button("寄送連結", type="primary", icon=":material/mail:", key="forgot.send"):
        if not username.strip():
            show_error("請輸入帳號。")
            return
        links.request_link(username, address(), clock())
        st.success(_SENT, icon=":material/mail:")
