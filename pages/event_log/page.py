"""系統紀錄: who did what, when, from where, with what outcome; looking at it is recorded too."""

import streamlit as st

from pages.event_log.filters import FIELDS, PAGE, choose_event, chosen_event, event_filters
from pages.event_log.story import show_story
from pages.shared import address
from pages.shared.choice import choice_table
from pages.shared.export import file_button
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.paging import Pager
from pages.shared.session import current_actor
from pages.shared.tables import table_height, with_times
from services import rocdate
from services.actor import Actor
from services.event_log.listing import (
    EXPORT_NAME,
    MOST_COUNTED,
    EventPage,
    event_story,
    export_events,
    list_events,
)
from services.event_log.search import EventFilters

_SIZE = 50


def _head(actor: Actor, filters: EventFilters, page: EventPage) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        words = (
            f"超過 **{MOST_COUNTED:,}**"
            if page.counted > MOST_COUNTED
            else f"共 **{page.counted:,}**"
        )
        st.markdown(f"{words} 筆", width="content")
        if page.counted:
            file_button(
                actor, "匯出系統紀錄", EXPORT_NAME, lambda person: export_events(person, filters)
            )
        st.button(
            "清除條件",
            icon=":material/filter_alt_off:",
            type="tertiary",
            on_click=address.reset,
            args=(PAGE, FIELDS),
        )


def _table(page: EventPage) -> None:
    """Show the rows; choosing one opens its story."""
    choice_table(
        with_times(
            [
                {
                    "時間": row.at,
                    "事件": row.label,
                    "結果": row.outcome_label,
                    "人員": row.person,
                    "對象": row.about,
                    "內容": row.details,
                    "機關單位": row.unit,
                    "來源位址": row.address,
                }
                for row in page.rows
            ],
            words={"時間": rocdate.roc_second},
        ),
        [row.id for row in page.rows],
        chosen_event(),
        choose_event,
        "event_log.table",
        height=table_height(len(page.rows), 620),
        alt="系統紀錄清單",
    )


def _log(actor: Actor) -> None:
    filters = event_filters(actor.today)
    pager = Pager(PAGE, filters, _SIZE)
    page = list_events(actor, filters, pager.cursor, _SIZE)
    _head(actor, filters, page)
    event_id = chosen_event()
    left, right = st.columns([1.5, 1], gap="medium") if event_id else (st.container(), None)
    with left:
        if page.rows:
            _table(page)
            pager.controls(page.next_before, page.counted, MOST_COUNTED)
        else:
            st.info("沒有符合條件的紀錄；請放寬期間或條件。", icon=":material/search_off:")
    if event_id and right is not None:
        with right, showing_errors():
            show_story(event_story(actor, event_id))


acting = current_actor()
page_head(
    "系統紀錄",
    "登入、拒絕、查詢、檢視、匯出、異動與設定，逐筆留存且不能修改；檢視與匯出本身也會留下紀錄。",
)
if address.read(PAGE, FIELDS):
    st.warning("網址中有部分條件不存在，已略過。", icon=":material/filter_alt_off:")
with showing_errors():
    _log(acting)
address.write(PAGE, FIELDS)
