"""The second factor on the way in; until it can be given here, whoever needs one is not let in."""

import streamlit as st

from pages.shared.session import Clock
from services.identity.entering import Entering


def code_screen(entering: Entering, clock: Clock) -> bool:
    """Say that a second factor is needed; return True once it was given."""
    st.warning("這個帳號須以雙因子驗證登入；請洽系統管理者。", icon=":material/lock:")
    return False
