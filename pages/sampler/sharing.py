"""分派: records shared out among the auditors, and how far each of them is."""

import streamlit as st

from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.actor import Actor
from services.audits.effort import Effort, view_effort
from services.audits.sharing import give_back, share_out, take
from services.audits.sheet import SheetRow

_SHARE = "sheet.share"


def show_effort(actor: Actor, audit_id: int, working: bool) -> None:
    """Say what is left and who has how much of it; offer to share it out."""
    effort = view_effort(actor, audit_id)
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
                help="把未判定的紀錄平均分給稽核人員；自己的使用紀錄不會分給本人。",
                on_click=open_dialog,
                args=(_SHARE,),
            )
    for part in effort.parts:
        if part.shared:
            done = part.shared - part.left
            said = f"{plain(part.judge)}：分派 {part.shared:,} 筆，已判定 {done:,} 筆"
            st.progress(done / part.shared, said)
    if working and opened(_SHARE) is not None:
        _share(audit_id, effort)


@st.dialog("分派查核紀錄", on_dismiss=close_dialog)
def _share(audit_id: int, effort: Effort) -> None:
    st.markdown(
        f"把未判定的 **{effort.left:,} 筆**重新平均分給選取的人，同一使用者的紀錄儘量分給同一人。"
        "分派只說明由誰查核，其他稽核人員仍可判定。"
    )
    names = {one.account_id: one.label for one in effort.people}
    people = st.multiselect(
        "查核人",
        list(names),
        default=list(names),
        format_func=lambda one: names[one],
        placeholder="選擇查核人",
        key="share.people",
    )
    with showing_errors():
        if st.button("確定分派", type="primary", icon=":material/group:"):
            got = share_out(current_actor(), audit_id, people)
            close_dialog()
            notify("、".join(f"{names[one]} {count:,} 筆" for one, count in got.items()))
            st.rerun()


def offer_shares(audit_id: int, chosen: list[SheetRow]) -> None:
    """Offer to take the records on screen, or to give them back."""
    records = [row.record_id for row in chosen]
    with st.container(horizontal=True), showing_errors():
        if all(row.mine for row in chosen):
            if st.button("退回分派", icon=":material/undo:", key="give_back"):
                give_back(current_actor(), audit_id, records)
                notify(f"已退回 {len(records):,} 筆。")
                st.rerun()
        elif not any(row.assignee or row.own for row in chosen) and st.button(
            "由我查核", icon=":material/front_hand:", key="take"
        ):
            take(current_actor(), audit_id, records)
            notify(f"{len(records):,} 筆由您查核。")
            st.rerun()
