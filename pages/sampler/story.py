"""The story around a record: the same person's other queries that day, the case's other uses."""

from typing import Any

import streamlit as st

from pages.shared.tables import plain_table, table_height, with_times
from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.audits.sheet import SheetRow
from services.audits.story import SHOWN, Related, record_story

_OPEN = "sampler.story"
_OF_DAY = {"時間": 58, "標的": 110, "案件號或原因": 140}
_OF_CASE = {"時間": 96, "使用者": 92, "標的": 120}
"""The columns that are shown at first, in pixels; the table's own menu has the others."""


def show_story(actor: Actor, audit_id: int, row: SheetRow) -> None:
    """Show what stands around a record, unless this person has put it away."""
    shown = st.toggle("同日查詢與同案使用", value=True, key=_OPEN, help="檢視他人紀錄會留下紀錄。")
    if not shown:
        return
    story = record_story(actor, audit_id, row.record_id)
    day = rocdate.roc_date(rocdate.local_date(row.occurred_at))
    st.markdown(f"**{plain(row.person)} {day}的其他查詢**（{story.same_day.count}）")
    _table(story.same_day, "day", with_person=False)
    st.markdown(
        f"**同一案件號或公文字號在本機關的其他使用**（{story.same_case.count}，"
        f"{story.same_case.people:,} 人）"
    )
    _table(story.same_case, "case", with_person=True)


def _table(related: Related, name: str, *, with_person: bool) -> None:
    if related.elsewhere:
        st.caption(f"其中 {related.elsewhere:,} 筆屬於您看不到的單位，請洽機關管理者。")
    if not related.lines:
        return
    if related.total - related.elsewhere > len(related.lines):
        st.caption(f"列出最近 {SHOWN} 筆。")
    lines = related.lines
    told: dict[str, list[Any]] = {
        "項目": [line.what for line in lines],
        "標的": [line.target for line in lines],
        "案件號或原因": [line.purpose for line in lines],
    }
    if with_person:
        who: dict[str, list[Any]] = {
            "使用者": [line.person for line in lines],
            "單位": [line.unit for line in lines],
        }
        cells = with_times({"時間": [line.occurred_at for line in lines]} | who | told)
    else:
        # All of one day: its date stands above, and hours and minutes sort as they read.
        hours = [f"{rocdate.taipei(line.occurred_at):%H:%M}" for line in lines]
        cells = plain_table({"時間": hours} | told)
    st.dataframe(
        cells,
        hide_index=True,
        height=table_height(len(related.lines), 220),
        # What fits beside the worksheet; the case is the same in all of its uses.
        column_order=list(_OF_CASE if with_person else _OF_DAY),
        column_config={
            name: st.column_config.Column(width=width)
            for name, width in (_OF_CASE if with_person else _OF_DAY).items()
        },
        key=f"story_{name}",
    )
