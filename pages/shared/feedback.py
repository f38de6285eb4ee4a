"""How a page says that something went wrong: a sentence, or a reference number and a log entry."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shared.text import plain
from services.errors import UserError

log = logging.getLogger("cadastre")


@contextmanager
def showing_errors() -> Iterator[None]:
    """Show a service's sentence where the page stands; anything else goes on to `numbered_errors`."""
    try:
        yield
    except UserError as error:
        st.error(plain(error), icon=":material/error:")


@contextmanager
def numbered_errors() -> Iterator[None]:
    """Show an unexpected error as a reference number and log it whole.

    Streamlit's own rerun and stop signals are no ``Exception`` and pass through.
    """
    try:
        yield
    except UserError as error:
        st.error(plain(error), icon=":material/error:")
    except Exception:
        number = secrets.token_hex(4).upper()
        log.exception("reference %s", number)
        st.error(
            f"系統發生未預期的錯誤，您的資料沒有變動。請把編號 **{number}** 告訴系統管理者。",
            icon=":material/report:",
        )


def notify(sentence: str, icon: str = ":material/check_circle:") -> None:
    """Keep a short notice for the next run, so that it survives the rerun after an act."""
    st.session_state["notice"] = (sentence, icon)


def show_notice() -> None:
    """Show the notice left by `notify`, once."""
    if notice := st.session_state.pop("notice", None):
        sentence, icon = notice
        st.toast(plain(sentence), icon=icon)
