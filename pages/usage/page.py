"""使用統計: is use normal, who and what drives it. Reads the month sums, never the log as a whole."""

import streamlit as st

from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from pages.shared.text import plain
from pages.usage.filters import Asked, choose, choose_breakdown
from pages.usage.signals import show_notable, show_tiles
from pages.usage.tables import rankings_for, show_people, show_ranking
from pages.usage.trend import show_trend
from services.actor import Actor
from services.rocdate import roc_month
from services.usage.trends import overview


def show(actor: Actor, asked: Asked) -> None:
    """Show the charts for what was asked."""
    ranked = rankings_for(asked)
    found = overview(actor, asked.filters, asked.by, ranked)
    summed = found.totals
    show_tiles(actor, asked, summed)
    show_notable(actor, asked, found.cues)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**各月使用紀錄**　{plain(asked.unit.label) if asked.unit else '所選範圍'}")
        choose_breakdown(asked)
    if not summed.records:
        st.info(
            "所選的期間與條件沒有使用紀錄；請放寬條件，或按「重設」。", icon=":material/search_off:"
        )
        return
    if summed.unfinished:
        st.caption(f"{roc_month(asked.filters.last_month)}尚未結束，筆數還會增加。")
    show_trend(actor, asked.filters.months, found.points)
    columns = st.columns(2, gap="medium")
    for column, by in zip(columns, ranked, strict=False):
        with column:
            rows = found.rankings[by]
            show_ranking(actor, asked, by, rows, with_before=summed.change is not None)
    if asked.unit:
        with columns[1]:
            show_people(actor, asked)
    else:
        st.caption(":material/person_search: 選擇一個單位，就會列出該單位每個人的筆數。")


page_head("使用統計", "用量是否正常、由誰與什麼項目帶動；使用紀錄每一列為一筆。")
with showing_errors():
    acting = current_actor()
    if (chosen := choose(acting)) is not None:
        show(acting, chosen)
