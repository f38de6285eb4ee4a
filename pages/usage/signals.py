"""Is use normal: the tiles and the units that are unlike their year before."""

import streamlit as st

from pages.shared.text import plain
from pages.usage.filters import Asked, set_filter
from services.actor import Actor
from services.regulation.periods import shift_month
from services.rocdate import local_month, roc_month
from services.usage.filters import Filters
from services.usage.normality import RULE_TEXT, Cue
from services.usage.people import active_people
from services.usage.sums import Breakdown
from services.usage.trends import Totals

AT_FIRST = 4


def show_tiles(actor: Actor, asked: Asked, totals: Totals) -> None:
    """Show the range in four numbers."""
    tiles = st.columns(4)
    tiles[0].metric("使用紀錄", f"{totals.records:,} 筆", border=True, height="stretch")
    with tiles[1]:
        _change(asked.filters, totals)
    tiles[2].metric(
        "最忙的月份",
        roc_month(totals.busiest_month) if totals.busiest_month else "－",
        delta=f"{totals.busiest_records:,} 筆",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
    )
    months = len(asked.filters.months)
    if asked.unit is None:
        average = round(totals.records / months)
        tiles[3].metric("平均每月", f"{average:,} 筆", border=True, height="stretch")
        return
    people = active_people(actor, asked.filters)
    tiles[3].metric(
        "每月使用人數",
        f"{round(sum(people.values()) / months):,} 人",
        delta=f"最多 {max(people.values()):,} 人",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
    )


def _change(filters: Filters, totals: Totals) -> None:
    first, last = (roc_month(month) for month in filters.before)
    span = first if first == last else f"{first}至{last}"
    if totals.change is None:
        st.metric(
            "與前期相比",
            "－",
            delta="所選期間尚未結束" if totals.unfinished else "前期沒有完整的紀錄",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help=f"前期為{span}。",
        )
        return
    st.metric(
        "與前期相比",
        f"{totals.change:+.1%}",
        delta=f"前期 {totals.before:,} 筆",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=f"前期為{span}，與所選期間同樣長。",
    )


def show_notable(actor: Actor, asked: Asked, cues: list[Cue]) -> None:
    """Name the units whose last finished month is unlike their year before."""
    several = asked.unit is None
    with st.container(border=True):
        st.markdown("**值得留意**", help=RULE_TEXT)
        if not cues:
            month = roc_month(shift_month(local_month(actor.now), -1))
            verdict = "沒有單位超出平常的範圍" if several else "沒有超出平常的範圍"
            st.markdown(f":material/check: {month}{verdict}。")
        for cue in cues[:AT_FIRST]:
            _show_cue(cue, several)
        if more := cues[AT_FIRST:]:
            with st.expander(f"另有 {len(more):,} 個單位"):
                for cue in more:
                    _show_cue(cue, several)


def _show_cue(cue: Cue, several: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        rising = cue.records > cue.usual
        icon = ":material/trending_up:" if rising else ":material/trending_down:"
        st.markdown(f"{icon} {plain(cue.sentence)}", width="content")
        if several:
            st.button(
                "看這個單位",
                key=f"usage_cue_{cue.key}",
                type="tertiary",
                icon=":material/zoom_in:",
                on_click=set_filter,
                args=("unit", cue.key, Breakdown.ITEM),
            )
