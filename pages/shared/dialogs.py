"""Which dialog is open, kept in the session so that no rerun closes it before it is answered."""

from typing import Any

import streamlit as st

_OPEN = "dialog.open"


def open_dialog(name: str, *about: Any) -> None:
    """Open the dialog called ``name`` in the next run (for ``on_click``); ``about`` goes with it."""
    st.session_state[_OPEN] = (name, about)


def opened(name: str) -> tuple[Any, ...] | None:
    """Return what the dialog called ``name`` was opened about, or None while it is not open."""
    now, about = st.session_state.get(_OPEN, ("", ()))
    return about if now == name else None


def close_dialog() -> None:
    """Close whichever dialog is open (for ``on_dismiss``, and when it is done)."""
    st.session_state.pop(_OPEN, None)
