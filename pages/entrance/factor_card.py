"""The part of 我的帳號 about the second factor."""

import streamlit as st

from services.identity.actor import Actor


def factor_card(actor: Actor) -> None:
    """Say how this person's sign-in is secured beside the password."""
    st.caption("雙因子驗證尚未設定。")
