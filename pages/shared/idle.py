"""Looks now and then whether time is up: warns before, and takes the page away after (clause 6.3.3).

The look is a fragment of its own that runs by itself. It reads the session without counting as
activity, so that an open page nobody sits at keeps nothing alive and shows nothing for long.
"""

from datetime import datetime, timedelta
from math import ceil

import streamlit as st

from pages.shared import session
from services.identity.presence import Present

LOOK_EVERY = timedelta(seconds=30)
WARN_BEFORE = timedelta(minutes=2)


def watch_time(clock: session.Clock) -> None:
    """Put the look at the bottom of the window, where it is seen wherever the page is scrolled to."""

    @st.fragment(run_every=LOOK_EVERY)
    def look() -> None:
        found = session.look(clock)
        if found is None:
            st.rerun()  # the whole page: what was on the screen goes, the reason comes
        _warn(found, clock())

    with st.bottom:
        look()


def _warn(found: Present, now: datetime) -> None:
    idle, longest = found.idle_until - now, found.ends_at - now
    if min(idle, longest) > WARN_BEFORE:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if longest <= idle:
            st.markdown(
                f":material/timer: 已接近最長登入時間，將於 **{_minutes(longest)} 分鐘**後自動登出；"
                "請先完成手邊的工作，再重新登入。"
            )
            return
        st.markdown(f":material/timer: 閒置將於 **{_minutes(idle)} 分鐘**後自動登出。")
        st.button(
            "繼續使用",
            type="primary",
            icon=":material/touch_app:",
            key="stay",
            on_click=session.stay,
        )


def _minutes(left: timedelta) -> int:
    return max(1, ceil(left / timedelta(minutes=1)))
