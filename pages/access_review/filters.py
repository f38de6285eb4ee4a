"""The filters of the lines; they live in the address as codes."""

import re
from functools import partial

import streamlit as st

from pages.shared import address
from services.reviews.listing import LineFilters
from services.reviews.view import ReviewView

PAGE = "access_review"
MINE = "mine"
SHOWN = {MINE: "待我辦理", "undecided": "未核定", "forward": "建議處理"}


def fields(codes: list[str]) -> dict[str, address.Field]:
    """Return what the address of the page may hold; ``codes`` are the reviews within reach."""
    return {
        "campaign": address.Field(codes),
        "unit": address.Field(address.AnyText()),
        "show": address.Field(list(SHOWN), many=True),
        "text": address.Field(address.AnyText()),
        "account": address.Field(address.AnyText()),
    }


def line_filters(review: ReviewView, acts: bool) -> LineFilters:
    """Show the filters in one row and return what they say; ``acts``: something can be this person's to do."""
    units = {unit.code: unit for unit in review.units}
    forget = partial(choose_line, None)
    if st.session_state[key("unit")] not in units:
        st.session_state[key("unit")] = None
    offered = [code for code in SHOWN if acts or code != MINE]
    asked = st.session_state[key("show")] or []
    if not set(asked) <= set(offered):
        st.session_state[key("show")] = [code for code in asked if code in offered]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "搜尋",
            value=None,
            placeholder="姓名、帳號或員工編號",
            icon=":material/search:",
            key=key("text"),
            on_change=forget,
            max_chars=60,
            width=220,
        )
        unit = st.selectbox(
            "單位",
            list(units),
            index=None,
            format_func=lambda code: units[code].name,
            placeholder="全部",
            key=key("unit"),
            on_change=forget,
            width=190,
        )
        shown = st.pills(
            "只看",
            offered,
            selection_mode="multi",
            format_func=SHOWN.__getitem__,
            key=key("show"),
            on_change=forget,
        )
    return LineFilters(
        unit_id=units[unit].unit_id if unit else None,
        undecided="undecided" in shown,
        put_forward="forward" in shown,
        mine=MINE in shown,
        text=text or "",
    )


def chosen_line() -> int | None:
    """Return the account whose card the address or the table asks for."""
    given = st.session_state.get(key("account"))
    return int(given) if given and re.fullmatch(r"[0-9]{1,9}", given) else None


def choose_line(account_id: int | None) -> None:
    """Make this the account whose card is shown."""
    st.session_state[key("account")] = None if account_id is None else str(account_id)


def key(name: str) -> str:
    """Return the widget key of a field."""
    return address.key(PAGE, name)
