"""One usage record whole, and 加入判斷抽查: into the audit of its unit and quarter, or why not."""

import streamlit as st

from pages.records.filters import choose_person, chosen_person
from pages.records.widgets import choose_record
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.audits.picking import PickPlace, pick_place
from services.audits.words import REASON_MAX
from services.audits.worksheet import pick
from services.identity.permissions import Action, reach
from services.usage.listing import RecordRow, view_record

_DIALOG = "records.pick"


def show_record(actor: Actor, record_id: int) -> None:
    """Show one record with what can be done about it."""
    row = view_record(actor, record_id)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"紀錄 {row.id}", anchor=False, width="content")
            if row.outside:
                st.badge(row.outside, icon=":material/schedule:", color="orange")
            st.button(
                "關閉",
                icon=":material/close:",
                type="tertiary",
                on_click=choose_record,
                args=(None,),
            )
        _facts(row)
        for check in row.noticed:
            st.badge(check, icon=":material/flag:", color="orange")
        if chosen_person() != row.person_key:
            st.button(
                "看這個人的紀錄",
                icon=":material/person_search:",
                on_click=choose_person,
                args=(row.person_key,),
            )
        _pick_part(actor, row)


def _facts(row: RecordRow) -> None:
    facts = {
        "時間": rocdate.roc_second(row.occurred_at),
        "使用者": row.person,
        "單位": row.unit,
        "項目": f"{row.item}（{row.action}）",
        "標的": row.target,
        "案件號": row.case_no,
        "公文號": row.document_no,
        "查詢原因": row.reason,
        "來源": "　".join(part for part in (row.source, row.address) if part),
    }
    with st.container(gap="xxsmall"):
        for name, value in facts.items():
            if value:
                st.markdown(f":gray[{name}]　{plain(value)}")
        if not row.purpose:
            st.markdown(":gray[案件號、公文號或原因]　（未填）")


def _pick_part(actor: Actor, row: RecordRow) -> None:
    """Offer to take the record into its unit's audit, or say what stands in the way, with the way there."""
    place = pick_place(actor, row.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "加入判斷抽查",
            icon=":material/touch_app:",
            disabled=bool(place.problem),
            key="records.pick.open",
            on_click=open_dialog,
            args=(_DIALOG, row.id),
        )
        if reach(actor, Action.VIEW_AUDIT):
            st.page_link(
                "pages/sampler/page.py",
                label=f"看{plain(place.quarter.label)}的稽核",
                icon=":material/casino:",
                query_params={"unit": place.unit_code, "quarter": str(place.quarter)},
            )
    if place.problem:
        st.caption(plain(place.problem))
    about = opened(_DIALOG)
    if about == (row.id,) and not place.problem:
        _ask(row.id, place)


def _ask(record_id: int, place: PickPlace) -> None:
    @st.dialog("加入判斷抽查", icon=":material/touch_app:", on_dismiss=close_dialog)
    def ask() -> None:
        st.markdown(
            f"將紀錄 {record_id} 加入 **{plain(place.name)}** 另外查核；加入後不能移除，"
            "不計入應稽核筆數，也不列入推論。"
        )
        reason = st.text_area("理由", max_chars=REASON_MAX, key="records.pick.reason")
        with showing_errors():
            if st.button("確定加入", type="primary", icon=":material/touch_app:"):
                assert place.audit_id is not None
                pick(current_actor(), place.audit_id, [record_id], reason)
                close_dialog()
                notify(f"紀錄 {record_id} 已加入{place.name}的判斷抽查。")
                st.rerun()

    ask()
