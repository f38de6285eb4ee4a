"""One line where an audit's findings are shown: how many of its incidents are open."""

import streamlit as st

from services.actor import Actor
from services.identity.permissions import Action, reach
from services.incidents.listing import open_incidents_of


def show_open_incidents(actor: Actor, audit_id: int) -> None:
    """Say how many incidents of the audit are open; they do not keep it from being signed."""
    if not (count := open_incidents_of(actor, audit_id)):
        return
    st.warning(
        f"本件稽核有 {count:,} 個事件處理中；不影響簽核，請依規定提報、通報與補救。",
        icon=":material/report:",
    )
    if reach(actor, Action.VIEW_INCIDENTS):
        st.page_link("pages/incidents/page.py", label="看異常與事件", icon=":material/report:")
