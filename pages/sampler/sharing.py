"""分派: records shared out among the auditors, and how far each of them is."""

import streamlit as st

from pages.sampler.share_dialog import share_dialog
from pages.shared.dialogs import open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.audits.desk import Desk
from services.audits.sharing import give_back, take
from services.audits.sheet import SheetRow

_SHARE = "sheet.share"


def show_effort(desk: Desk, audit_id: int, working: bool) -> None:
    """Say what is left, who has how much of it and how long that may take; offer to share it out."""
    effort = desk.effort
    if not effort.left:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(effort.sentence)
        if any(part.shared for part in effort.parts) and effort.unshared:
            st.caption(f"其中 {effort.unshared:,} 筆沒有分派。")
        if working and len(effort.people) > 1:
            st.button(
                "分派",
                icon=":material/group:",
                key="share",
                help="把未判定的紀錄平均、依筆數或依使用者分給稽核人員；自己的使用紀錄與依規定迴避的不會分給本人。",
                on_click=open_dialog,
                args=(_SHARE,),
            )
    for part in effort.parts:
        if part.shared:
            done = part.shared - part.left
            said = f"{plain(part.judge)}：分派 {part.shared:,} 筆，已判定 {done:,} 筆"
            st.progress(done / part.shared, f"{said}；{part.remaining}")
    if working and opened(_SHARE) is not None:
        share_dialog(audit_id, effort, desk.rows)


def offer_shares(audit_id: int, chosen: list[SheetRow]) -> None:
    """Offer to take the records on screen, or to give them back."""
    records = [row.record_id for row in chosen]
    with st.container(horizontal=True), showing_errors():
        if all(row.mine for row in chosen):
            if st.button("退回分派", icon=":material/undo:", key="give_back"):
                give_back(current_actor(), audit_id, records)
                notify(f"已退回 {len(records):,} 筆。")
                st.rerun()
        elif not any(row.assignee or not row.may_judge for row in chosen) and st.button(
            "由我查核", icon=":material/front_hand:", key="take"
        ):
            take(current_actor(), audit_id, records)
            notify(f"{len(records):,} 筆由您查核。")
            st.rerun()
