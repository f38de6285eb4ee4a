"""Looks now and then whether time is up: warns before, and takes the page away after (clause 6.3.3).

The look is a fragment of its own that runs by itself. It reads the session without counting as
activity, so that an open page nobody sits at keeps nothing alive and shows nothing for long.
"""

import os
from datetime import datetime, timedelta
from math import ceil

import streamlit as st

from pages.shared import session
from services.identity.presence import Present

LONGEST_BETWEEN_LOOKS = 30
"""Seconds; ``IDLE_LOOK_SECONDS`` can make it look oftener, never more rarely."""
WARN_BEFORE = timedelta(minutes=2)


def look_every() -> timedelta:
    """Return how long it waits between two looks."""
    named = os.environ.get("IDLE_LOOK_SECONDS", "")
    seconds = int(named) if named.isdecimal() else LONGEST_BETWEEN_LOOKS
    return timedelta(seconds=min(max(seconds, 1), LONGEST_BETWEEN_LOOKS))


def watch_time(clock: session.Clock) -> None:
    """Put the look into the sidebar, which stays in sight wherever the page is scrolled to."""

    @st.fragment(run_every=look_every())
    def look() -> None:
        found = session.look(clock)
        if found is None:
            st.rerun()  # the whole page: what was on the screen goes, the reason comes
        _warn(found, clock())

    with st.sidebar:
        look()


def _warn(found: Present, now: datetime) -> None:
    idle, longest = found.idle_until - now, found.ends_at - now
    if min(idle, longest) > WARN_BEFORE:
        return
    if longest <= idle:
        sentence = (
            f"已接近最長登入時間，將於 {_minutes(longest)} 分鐘後自動登出；請先完成手邊的工作。"
        )
        st.warning(sentence, icon=":material/timer:")
    else:
        sentence = (
            f"閒置將於 {_minutes(idle)} 分鐘後自動登出；要繼續請按「繼續使用」或操作任何功能。"
        )
        with st.container(border=True):
            st.markdown(f":material/timer: 閒置將於 **{_minutes(idle)} 分鐘**後自動登出。")
            st.button(
                "繼續使用",
                type="primary",
                icon=":material/touch_app:",
                width="stretch",
                key="stay",
                on_click=session.stay,
            )
    st.toast(sentence, icon=":material/timer:", duration=_shown_seconds())


def _shown_seconds() -> int:
    """Return how long a warning stands over the page: nearly until the next look."""
    return ceil(look_every() / timedelta(seconds=1) * 5 / 6)


def _minutes(left: timedelta) -> int:
    return max(1, ceil(left / timedelta(minutes=1)))
