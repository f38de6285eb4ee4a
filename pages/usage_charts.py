"""使用統計: is use normal, who and what drives it. Reads the month sums, never the log as a whole."""

import streamlit as st

from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from pages.shared.text import plain
from pages.usage.filters import Asked, choose
from pages.usage.signals import show_notable, show_tiles
from pages.usage.tables import show_people, show_ranking
from pages.usage.trend import show_trend
from services.identity.actor import Actor
from services.rocdate import roc_month
from services.usage.trends import Breakdown, monthly, totals


def show(actor: Actor, asked: Asked) -> None:
    """Show the charts for what was asked."""
    summed = totals(actor, asked.filters)
    show_tiles(actor, asked, summed)
    show_notable(actor, asked)
    if not summed.records:
        st.info(
            "所選的期間與條件沒有使用紀錄；請放寬條件，或按「重設」。", icon=":material/search_off:"
        )
        return
    whose = plain(asked.unit.label) if asked.unit else "所選範圍"
    kind = "" if asked.by is Breakdown.NONE else f"，依{asked.by.label}"
    st.markdown(f"**各月使用紀錄**　{whose}{kind}")
    if summed.unfinished:
        st.caption(f"{roc_month(asked.filters.last_month)}尚未結束，筆數還會增加。")
    show_trend(actor, asked.filters.months, monthly(actor, asked.filters, asked.by))
    left, right = st.columns(2, gap="medium")
    with left:
        show_ranking(actor, asked, with_before=summed.change is not None)
    with right:
        show_people(actor, asked)


page_head("使用統計", "用量是否正常、由誰與什麼項目帶動；使用紀錄每一列為一筆。")
with showing_errors():
    acting = current_actor()
    if (chosen := choose(acting)) is not None:
        show(acting, chosen)
