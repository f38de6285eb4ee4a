"""使用紀錄: what was looked up by whom, when and why, within reach; looking at it is recorded too."""

import streamlit as st

from pages.records.card import show_record
from pages.records.filters import VIEWS, choose_person, chosen_person, fields, record_filters
from pages.records.lists import people_table, records_table
from pages.records.widgets import PAGE, chosen_record, key
from pages.shared import address
from pages.shared.export import file_button
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.paging import Pager
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.actor import Actor
from services.usage.filters import filter_choices
from services.usage.listing import (
    EXPORT_NAME,
    MOST_COUNTED,
    RecordPage,
    export_records,
    list_records,
)
from services.usage.search import RecordFilters

_SIZE = 50


def _person_line(page: RecordPage) -> None:
    """Say that only one person's records are listed, with the way back to everybody's."""
    if not chosen_person():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/person: 只列 **{plain(page.person or '（查無此人）')}** 的紀錄",
            width="content",
        )
        st.button(
            "看全部的人",
            icon=":material/close:",
            type="tertiary",
            on_click=choose_person,
            args=(None,),
        )


def _head(actor: Actor, filters: RecordFilters, page: RecordPage) -> None:
    beyond = page.counted > MOST_COUNTED
    words = f"超過 **{MOST_COUNTED:,}**" if beyond else f"共 **{page.counted:,}**"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{words} 筆", width="content")
        if page.counted:
            file_button(
                actor, "匯出使用紀錄", EXPORT_NAME, lambda person: export_records(person, filters)
            )


def _records(actor: Actor, filters: RecordFilters) -> None:
    pager = Pager(PAGE, filters, _SIZE)
    page = list_records(actor, filters, pager.cursor, _SIZE)
    _person_line(page)
    _head(actor, filters, page)
    record_id = chosen_record()
    left, right = st.columns([1.6, 1], gap="medium") if record_id else (st.container(), None)
    with left:
        if page.rows:
            records_table(page, pager, wide=right is None)
        else:
            st.info("沒有符合條件的紀錄；請放寬期間或條件。", icon=":material/search_off:")
    if record_id and right is not None:
        with right, showing_errors():
            show_record(actor, record_id)


def _show(actor: Actor) -> None:
    choices = filter_choices(actor)
    known = fields(choices)
    if ignored := address.read(PAGE, known):
        st.warning(
            f"網址中的「{plain('、'.join(ignored))}」不存在或不在您的權限範圍內，已略過。",
            icon=":material/link_off:",
        )
    with showing_errors():
        filters = record_filters(actor.today, choices)
        with st.container(horizontal=True, vertical_alignment="center"):
            view = st.segmented_control(
                "檢視",
                list(VIEWS),
                format_func=VIEWS.__getitem__,
                key=key("view"),
                required=True,
                label_visibility="collapsed",
            )
            st.button(
                "清除條件",
                icon=":material/filter_alt_off:",
                type="tertiary",
                on_click=address.reset,
                args=(PAGE, known),
            )
        if filters.unit_id is None and not filters.person_key:
            st.info("請選擇一個單位。", icon=":material/arrow_upward:")
        elif view == "people" and not filters.person_key:
            people_table(actor, filters)
        else:
            _records(actor, filters)
    address.write(PAGE, known)


page_head(
    "使用紀錄",
    "誰、何時、為了什麼查詢了什麼；只能檢視，不能更改。每次檢視都會留下紀錄。",
)
_show(current_actor())
