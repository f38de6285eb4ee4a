"""The address of 稽核複核: the half-year, what is shown of its queue, and the package that is open."""

import re

import streamlit as st

from pages.review.words import PAGE
from pages.shared import address
from services.oversight.queue import Queue, QueueRow, QueueState
from services.regulation.periods import HalfYear


def fields(halves: tuple[HalfYear, ...], latest: HalfYear) -> dict[str, address.Field]:
    """Return what the address of the page may hold."""
    return {
        "half": address.Field([str(half) for half in halves], str(latest)),
        "state": address.Field([state.value for state in QueueState], many=True),
        "mine": address.Field(["yes"], many=True),
        "review": address.Field(address.AnyText()),
    }


def choose_half(halves: tuple[HalfYear, ...]) -> HalfYear:
    """Show the picker of half-years and return the chosen one."""
    code = st.selectbox(
        "半年別",
        [str(half) for half in halves],
        format_func=lambda text: HalfYear.parse(text).label,
        key=key("half"),
        on_change=choose,
        args=(None,),
        width=200,
    )
    return HalfYear.parse(code)


def kept(queue: Queue) -> list[QueueRow]:
    """Show the filters of the queue and return the rows that are kept."""
    counts = queue.counts
    with st.container(horizontal=True, vertical_alignment="bottom"):
        states = st.pills(
            "狀態",
            [state.value for state in QueueState],
            selection_mode="multi",
            format_func=lambda code: (
                f"{QueueState(code).label} {counts.get(QueueState(code), 0):,}"
            ),
            key=key("state"),
        )
        mine = st.pills(
            "承辦",
            ["yes"],
            selection_mode="multi",
            format_func=lambda _code: "由我承辦",
            key=key("mine"),
        )
    return [
        row
        for row in queue.rows
        if (not states or row.state.value in states) and (not mine or row.is_mine)
    ]


def chosen() -> int | None:
    """Return the review that the address or the table names."""
    given = st.session_state.get(key("review"))
    return int(given) if given and re.fullmatch(r"[0-9]{1,9}", given) else None


def choose(number: int | None) -> None:
    """Make this the review that is shown."""
    st.session_state[key("review")] = None if number is None else str(number)


def key(name: str) -> str:
    """Return the widget key of a field."""
    return address.key(PAGE, name)
