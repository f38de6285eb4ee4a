"""One event whole, with what its person did around it and what else befell the same thing."""

import streamlit as st

from pages.event_log.filters import choose_event
from pages.shared.badges import Colour
from pages.shared.text import plain
from services import rocdate
from services.event_log.listing import EventStory
from services.event_log.rows import EventRow

OUTCOME_COLOURS: dict[str, Colour] = {"done": "green", "refused": "orange"}


def show_story(story: EventStory) -> None:
    """Show the event and, below it, its neighbours."""
    row = story.row
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(row.label), anchor=False, width="content")
            st.badge(plain(row.outcome_label), color=OUTCOME_COLOURS.get(row.outcome, "gray"))
            st.button(
                "關閉",
                icon=":material/close:",
                type="tertiary",
                on_click=choose_event,
                args=(None,),
            )
        facts = {
            "編號": str(row.id),
            "時間": rocdate.roc_second(row.at),
            "人員": row.person,
            "機關單位": row.unit or "－",
            "來源位址": row.address or "－",
            "登入代碼": row.session or "－",
            "對象": row.about or "－",
            **dict(row.detail),
        }
        with st.container(gap="xxsmall"):
            for name, value in facts.items():
                st.markdown(f":gray[{plain(name)}]　{plain(value)}")
        _neighbours("同一次登入的前後", story.in_session, row)
        _neighbours("同一對象的其他紀錄", story.about_object, row)


def _neighbours(title: str, rows: tuple[EventRow, ...], here: EventRow) -> None:
    if not rows:
        return
    st.markdown(f"**{title}**")
    lines = sorted([*rows, here], key=lambda row: (row.at, row.id))
    for row in lines:
        mark = "**" if row.id == here.id else ""
        st.caption(
            f"{mark}{rocdate.roc_second(row.at)}　{plain(row.label)}{mark}　"
            f"{plain(row.person)}　{plain(row.about)}"
        )
