"""What the filters of 使用紀錄 are made of: keys, boxes, choices, and the record that is open beside them."""

import re
from collections.abc import Mapping
from functools import partial

import streamlit as st

from pages.shared import address

PAGE = "records"


def chosen_record() -> int | None:
    """Return the record that the address or a ticked row names."""
    given = str(st.session_state.get(key("record")) or "")
    return int(given) if re.fullmatch(r"[0-9]{1,15}", given) else None


def choose_record(record_id: int | None) -> None:
    """Show one record whole, or none."""
    st.session_state[key("record")] = None if record_id is None else str(record_id)


def key(name: str) -> str:
    """Return the widget key of a field."""
    return address.key(PAGE, name)


def text(name: str, label: str, example: str, width: int) -> str:
    """Show a box for what is typed, and return it; empty for nothing."""
    typed = st.text_input(
        label,
        value=None,
        placeholder=example,
        max_chars=80,
        width=width,
        key=key(name),
        on_change=partial(choose_record, None),
    )
    return typed or ""


def choice(
    name: str, label: str, labels: Mapping[str, str], width: int, nothing: str = "全部"
) -> str | None:
    """Show a choice by code, and return it; None for all."""
    return st.selectbox(
        label,
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        placeholder=nothing,
        width=width,
        key=key(name),
        # What was open belonged to the list before.
        on_change=partial(choose_record, None),
    )
