"""The head of a unit's audit: where it stands, until when, and what the unit owes from before."""

import streamlit as st

from pages.sampler.context import STATUS_COLOURS
from pages.shared.text import plain
from services.actor import Actor
from services.audits.overview import AuditLine
from services.regulation.periods import Quarter
from services.schedule.board import open_quarters
from services.schedule.days import unit_audit_day
from services.schedule.words import due_words

_NAMED = 4
"""So many are named; the list has all of them."""


def show_headline(actor: Actor, line: AuditLine, quarter: Quarter) -> None:
    """Name the audit with its state and day, and the way to those that should have come before it."""
    waiting = open_quarters(actor, line.unit_id)
    late = next((one.days_late for one in waiting if one.quarter == quarter), 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(
            f"{plain(line.agency)} {plain(line.unit)}．{quarter.label}",
            anchor=False,
            width="content",
        )
        st.badge(line.status.label, color=STATUS_COLOURS[line.status])
        if late:
            st.badge(f"逾期 {late:,} 天", color="red")
        st.caption(due_words(unit_audit_day(quarter)))
    others = [one for one in waiting if one.quarter < quarter]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/assignment_late: 較早的 {len(others):,} 季尚未簽核", width="content"
        )
        for one in others[:_NAMED]:
            days = f"，逾期 {one.days_late:,} 天" if one.days_late else ""
            st.page_link(
                "pages/sampler/page.py",
                label=f"{one.quarter.label}（{one.status.label}{days}）",
                query_params={"unit": line.unit_code, "quarter": str(one.quarter)},
            )
