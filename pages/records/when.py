"""When the records are of: a period or days, and a part of the day."""

from datetime import date, timedelta
from functools import partial

import streamlit as st

from pages.records.widgets import choice, choose_record, key, text
from pages.shared.period import typed_day
from services.regulation.periods import last_finished_quarter
from services.usage.office_hours import TimeOfUse

PERIODS = {
    "month": "近 30 日",
    "quarter": "上一季",
    "year": "近一年",
    "days": "自訂",
}
HOURS = [str(hour) for hour in range(24)]
_DAYS = {"month": 30, "year": 365}


def ask_period(today: date) -> tuple[date, date]:
    """Ask for the days, both included; raise Invalid for one that cannot be read."""
    # Whoever links here names the days alone.
    if st.session_state[key("from")] or st.session_state[key("to")]:
        st.session_state[key("period")] = "days"
    chosen = st.selectbox(
        "期間",
        list(PERIODS),
        format_func=PERIODS.__getitem__,
        key=key("period"),
        width=110,
        on_change=_leave_days,
    )
    if chosen == "quarter":
        quarter = last_finished_quarter(today)
        return quarter.first_day, quarter.last_day
    if chosen != "days":
        return today - timedelta(days=_DAYS[chosen or "month"] - 1), today
    first = typed_day("起日", text("from", "起日", "例如 115/11/1", 120))
    last = typed_day("迄日", text("to", "迄日", "例如 115/11/23", 120)) or today
    return first or last - timedelta(days=_DAYS["month"] - 1), last


def _leave_days() -> None:
    """The days belong to 自訂 alone."""
    for name in ("from", "to"):
        st.session_state[key(name)] = None
    choose_record(None)


def ask_time() -> tuple[str | None, tuple[int, int]]:
    """Ask for the part of the day, and for the hours where it is put together by hand."""
    labels = {part.value: part.label for part in TimeOfUse}
    chosen = choice("time", "時段", labels, 180)
    if chosen != TimeOfUse.HOURS:
        return chosen, (18, 8)
    first, last = (
        st.selectbox(
            label,
            HOURS,
            format_func=lambda hour: f"{hour} 時",
            key=key(name),
            width=90,
            on_change=partial(choose_record, None),
        )
        for name, label in (("hour_from", "自"), ("hour_to", "至（不含）"))
    )
    return chosen, (int(first), int(last))
