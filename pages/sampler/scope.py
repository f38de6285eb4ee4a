"""Step ① 範圍: the frame's picture and the floors in words."""

import streamlit as st

from pages.sampler.auditors import show_auditors
from pages.sampler.context import COUNTING, UnitContext, go_to
from pages.shared.charts import month_bars, person_bars
from pages.shared.drawn import show_chart
from pages.shared.text import plain
from services import rocdate
from services.audits.freezing import preview_frame
from services.audits.pictures import FramePicture
from services.regulation.periods import Period


def show(context: UnitContext) -> None:
    """Show what would be audited, or what was frozen."""
    frozen = context.audit.frame if context.audit else None
    if frozen:
        picture = frozen.picture
        st.caption(f"以下為 {rocdate.roc_time(frozen.frozen_at)} 凍結的母體。")
    else:
        with st.spinner(COUNTING):
            picture = preview_frame(context.actor, context.line.unit_id, context.quarter)
        if not context.quarter.ended(context.actor.today):
            st.warning(
                f"{context.quarter.label}到 {rocdate.roc_date(context.quarter.last_day)} 才結束，"
                "以下為目前的數字，尚不能凍結。",
                icon=":material/hourglass_top:",
            )
    show_picture(picture, context.quarter)
    show_auditors(context)
    ready = frozen is None and context.quarter.ended(context.actor.today)
    if (
        ready
        and context.may_conduct
        and st.button("下一步：凍結", type="primary", icon=":material/arrow_forward:")
    ):
        go_to("freeze")


def show_picture(picture: FramePicture, period: Period, clause: str = "第七點（一）1.") -> None:
    """Show the counts of a frame, the floors in words, and its months and people."""
    tiles = st.columns(4)
    tiles[0].metric("使用紀錄", f"{picture.records:,} 筆", border=True)
    tiles[1].metric("使用人數", f"{picture.people:,} 人", border=True)
    tiles[2].metric("有紀錄的月份", f"{picture.months} 個月", border=True)
    tiles[3].metric("樣本至少", f"{picture.floors.at_least:,} 筆", border=True)
    if picture.records == 0:
        st.info(
            f"{period.this}沒有使用紀錄：凍結後直接到「簽核」，簽核無使用紀錄的稽核紀錄。",
            icon=":material/info:",
        )
        return
    months, people = st.columns([1, 1.25], gap="medium")
    with months:
        show_floors(picture, clause)
        st.markdown("**各月筆數**")
        show_chart(
            month_bars(list(picture.by_month), list(picture.by_month.values())),
            key="frame_months",
        )
    with people:
        st.markdown(f"**各人筆數**（{picture.people:,} 人）")
        show_chart(
            person_bars(
                [name for _, name, _ in picture.by_person],
                [count for _, _, count in picture.by_person],
            ),
            key="frame_people",
        )


def show_floors(picture: FramePicture, clause: str) -> None:
    """Show the arithmetic of the clause in words."""
    with st.container(border=True):
        st.markdown(f"**應稽核多少**（規範{clause}）")
        for sentence in picture.explanation:
            st.markdown(f"- {plain(sentence)}")
        st.caption(f"解讀：{plain(picture.reading)}。")
