"""稽核人員: who is appointed to audit the unit; its head appoints and relieves (clause 7.1.1)."""

import streamlit as st

from pages.sampler.context import UnitContext
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.period import ask_day, needed_day, typed_day
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.appointing import (
    Auditor,
    appoint,
    list_auditors,
    list_candidates,
    relieve,
)
from services.errors import Invalid
from services.identity.permissions import Action, reach

_APPOINT, _RELIEVE = "auditors.appoint", "auditors.relieve"


def show_auditors(context: UnitContext) -> None:
    """Show the unit's auditors, to its head with the buttons that change them."""
    unit_id = context.line.unit_id
    auditors = list_auditors(context.actor, unit_id)
    may_change = reach(context.actor, Action.APPOINT_AUDITOR).covers(unit_id)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("**稽核人員**（規範第七點（一）1.：單位主管或其指派的稽核人員）")
            if may_change:
                st.button(
                    "指派",
                    icon=":material/person_add:",
                    key="appoint",
                    on_click=open_dialog,
                    args=(_APPOINT,),
                )
        if not auditors:
            st.caption("沒有指派稽核人員，由單位主管自行辦理。")
        for one in auditors:
            _line(one, may_change)
    if not may_change:
        return
    if opened(_APPOINT) is not None:
        _appoint(unit_id)
    elif (about := opened(_RELIEVE)) is not None:
        _relieve(unit_id, *about)


def _line(one: Auditor, may_change: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        state = "" if one.active else "　帳號目前不能使用"
        st.markdown(f"{plain(one.label)}　{plain(one.title)}{state}")
        until = f"至 {rocdate.roc_date(one.last_day)} 止" if one.last_day else ""
        st.caption(f"自 {rocdate.roc_date(one.first_day)} 起{until}")
        if not one.begun:
            st.badge("尚未開始", color="gray")
        if may_change:
            st.button(
                "解除",
                key=f"relieve_{one.account_id}",
                on_click=open_dialog,
                args=(_RELIEVE, one.account_id, one.label),
            )


@st.dialog("指派稽核人員", on_dismiss=close_dialog)
def _appoint(unit_id: int) -> None:
    actor = current_actor()
    st.markdown(
        "被指派的人在起日至迄日之間可以凍結、抽樣、判定與簽核本單位的稽核；隨時可以解除。指派會留下紀錄。"
    )
    chosen = st.selectbox(
        "人員",
        list_candidates(actor, unit_id),
        format_func=lambda one: f"{one.label}　{one.role.label}",
        index=None,
        placeholder="選擇本單位帳號使用中的人員",
        key="auditors.who",
    )
    days = st.columns(2)
    with days[0]:
        first = ask_day("起日", actor.today, "auditors.first")
    with days[1]:
        last = st.text_input(
            "迄日（不填即到解除為止）",
            placeholder="例如 115年12月31日",
            max_chars=20,
            key="auditors.last",
        )
    reason = st.text_area("理由", max_chars=300, key="auditors.why")
    with showing_errors():
        if st.button("確定指派", type="primary", icon=":material/person_add:"):
            if chosen is None:
                raise Invalid("請選擇要指派的人員。")
            appoint(
                actor,
                unit_id,
                chosen.account_id,
                reason or "",
                needed_day("起日", first or ""),
                typed_day("迄日", last or ""),
            )
            _done(f"已指派 {chosen.label}。")


@st.dialog("解除稽核人員", on_dismiss=close_dialog)
def _relieve(unit_id: int, account_id: int, label: str) -> None:
    st.markdown(f"**{plain(label)}** 將不再能辦理本單位的稽核；已作成的判定與簽核都保留。")
    reason = st.text_area("理由", max_chars=300, key="auditors.why")
    with showing_errors():
        if st.button("確定解除", type="primary", icon=":material/person_remove:"):
            relieve(current_actor(), unit_id, account_id, reason or "")
            _done(f"已解除 {label}。")


def _done(sentence: str) -> None:
    close_dialog()
    notify(sentence)
    st.rerun()
