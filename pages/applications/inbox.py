"""The applications that concern a person: what waits for them first, and one of them whole."""

import re

import streamlit as st

from pages.accounts.filters import PAGE
from pages.applications.acts import act_buttons
from pages.applications.view import show_application
from pages.applications.words import waits_for
from pages.shared import address
from pages.shared.choice import choice_table
from pages.shared.feedback import showing_errors
from pages.shared.tables import table_height, with_times
from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.applications.listing import application_detail, list_applications
from services.applications.shown import ApplicationLine

FIELDS = {
    "application": address.Field(address.AnyText()),
    "closed": address.Field(["yes"]),
}
_CHOSEN, _CLOSED = address.key(PAGE, "application"), address.key(PAGE, "closed")


def inbox(actor: Actor) -> None:
    """Show the list and the application that is chosen."""
    closed = st.pills(
        "範圍",
        ["yes"],
        format_func=lambda _yes: "含已結案",
        key=_CLOSED,
        label_visibility="collapsed",
    )
    found = list_applications(actor, live_only=not closed)
    lines = found.lines
    if lines:
        _table(lines)
        if found.total > len(lines):
            st.caption(f"列出 {len(lines):,} 件，共 {found.total:,} 件；結案較早的未列出。")
    else:
        st.info("沒有辦理中的申請案；新的申請送出後會出現在這裡。", icon=":material/inbox:")
    if (application_id := _chosen()) is not None:
        with showing_errors():
            detail = application_detail(actor, application_id)
            with st.container(border=True):
                act_buttons(detail)
                _next_button(lines, detail.line)
                show_application(detail)


def _chosen() -> int | None:
    """Return the application that the address or the table names."""
    given = st.session_state.get(_CHOSEN)
    return int(given) if given and re.fullmatch(r"[0-9]{1,9}", given) else None


def _choose(application_id: int | None) -> None:
    st.session_state[_CHOSEN] = None if application_id is None else str(application_id)


def _next_button(lines: tuple[ApplicationLine, ...], shown: ApplicationLine) -> None:
    """Lead on from one that is done with to the next that waits for this person."""
    due = [line for line in lines if line.is_mine_to_do]
    if shown.is_mine_to_do or not due:
        return

    def go_on() -> None:
        st.session_state[_CHOSEN] = str(due[0].id)

    st.button(
        f"下一件待您辦理：{due[0].number} {plain(due[0].label)}",
        icon=":material/arrow_forward:",
        key="application.next",
        on_click=go_on,
    )


def _table(lines: tuple[ApplicationLine, ...]) -> None:
    one_agency = len({line.agency for line in lines}) == 1  # leaves room for the last column
    choice_table(
        with_times(
            [
                {
                    "待辦": "待您辦理" if line.is_mine_to_do else "",
                    "案號": line.number,
                    "申請": f"{line.role.label}{line.kind.label}",
                    "申請人": line.label,
                    "單位": line.unit if one_agency else f"{line.agency} {line.unit}",
                    "送出": rocdate.local_date(line.submitted_at),
                    "目前步驟": (
                        line.step.deed.label
                        if line.is_mine_to_do and line.step
                        else waits_for(line)
                    ),
                }
                for line in lines
            ]
        ),
        [line.id for line in lines],
        _chosen(),
        _choose,
        "inbox.table",
        height=table_height(len(lines), 330),
        alt="申請案清單",
    )
