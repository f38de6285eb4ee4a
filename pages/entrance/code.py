"""The second factor on the way in: a code of the authenticator app, or a recovery code."""

import streamlit as st

from pages.entrance.enrolment import code_input
from pages.entrance.kept import keep, kept
from pages.entrance.recovery_codes import show_codes
from pages.shared.feedback import show_error
from pages.shared.session import Clock, address
from services.errors import UserError
from services.identity.entering import Entering, Step
from services.identity.recovery_file import codes_file
from services.identity.second_factor import Passed, pass_code


def code_screen(entering: Entering, clock: Clock) -> Entering | None:
    """Ask for a code; return the way in with it once it was given and what it led to was read.

    Whoever has just set the factor up gave a right code a moment ago and reads the recovery codes.
    """
    match kept(entering):
        case Passed() as passed:
            return entering.after(Step.CODE) if _recovery_code_used(passed) else None
        case (str() as username, tuple() as codes):
            where = address()  # a download runs where nothing is known of the browser
            read = show_codes(username, codes, lambda: codes_file(entering, codes, where, clock()))
            return entering.after(Step.CODE) if read else None
    st.subheader("雙因子驗證", anchor=False)
    with st.form("code"):
        typed = code_input("驗證碼", "code.typed")
        st.caption("請輸入驗證器 App 目前顯示的 6 個數字；沒有手機時，輸入一組復原碼。")
        pressed = st.form_submit_button(
            "驗證", type="primary", icon=":material/verified_user:", width="stretch"
        )
    st.caption("手機與復原碼都不在時，請洽您的帳號管理者移除雙因子驗證，再重新設定。")
    given = _check(entering, typed, clock) if pressed else None
    if given is not None and given.by_recovery_code:
        keep(entering, given)
        st.rerun()
    return entering.after(Step.CODE) if given is not None else None


def _check(entering: Entering, typed: str, clock: Clock) -> Passed | None:
    try:
        return pass_code(entering, typed, address(), clock())
    except UserError as error:
        show_error(error)
        return None


def _recovery_code_used(passed: Passed) -> bool:
    """Say how many recovery codes are left, before it is forgotten."""
    st.subheader("已使用復原碼", anchor=False)
    st.warning(
        f"這組復原碼已失效，還剩 {passed.codes_left} 組。"
        "登入後請到「我的帳號」：換了手機請「更換驗證器」，復原碼快用完請「產生新的復原碼」。",
        icon=":material/key:",
    )
    return st.button("繼續登入", type="primary", icon=":material/arrow_forward:")
