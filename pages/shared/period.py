"""Pickers of quarters and months in ROC years; Streamlit's own date picker has English months."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from services import rocdate
from services.errors import Invalid
from services.regulation.periods import Quarter
from services.rocdate import roc_month


def quarter_picker(
    label: str, quarters: Sequence[Quarter], key: str, *, help: str | None = None
) -> Quarter | None:
    """Let one of ``quarters`` be chosen as 115年第3季; the first is chosen at the start."""
    return st.selectbox(
        label,
        quarters,
        format_func=lambda quarter: quarter.label,
        key=key,
        help=help,
        placeholder="沒有可選的季別",
    )


def month_range_picker(months: Sequence[str], first_key: str, last_key: str) -> tuple[str, str]:
    """Let a first and a last month be chosen side by side as 115年7月 (values ``YYYY-MM``)."""
    left, right = st.columns(2)
    first = left.selectbox("起始月份", months, format_func=roc_month, key=first_key)
    last = right.selectbox("結束月份", months, format_func=roc_month, key=last_key)
    return str(first), str(last)


def ask_day(label: str, today: date, key: str = "dialog.day", *, help: str | None = None) -> str:
    """Ask for a day, today's at first, as people type it; read it with `needed_day` when it is acted on."""
    return st.text_input(label, value=rocdate.roc_date(today), max_chars=20, key=key, help=help)


def needed_day(label: str, text: str) -> date:
    """Return the day that somebody typed; raise Invalid with a sentence, also for an empty box."""
    if (day := typed_day(label, text)) is None:
        raise Invalid(f"請填{label}，例如 115/11/20。")
    return day


def typed_day(label: str, text: str) -> date | None:
    """Return a day that somebody typed, None for an empty box; raise Invalid with a sentence."""
    if not text.strip():
        return None
    try:
        return rocdate.parse_date(text)
    except ValueError as error:
        raise Invalid(f"{label}：{error}") from None
