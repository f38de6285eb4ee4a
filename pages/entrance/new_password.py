"""Choosing a new password on the way in; until this is settled nobody gets past it."""

import streamlit as st

from pages.shared.session import Clock
from services.identity.entering import Entering


def new_password_screen(entering: Entering, clock: Clock) -> bool:
    """Say that a password has to be changed first."""
    st.warning("密碼須先變更才能登入；請洽您的管理者。", icon=":material/lock_reset:")
    return False
