"""Records imported after the freeze: said on the audit, and audited by a supplement (clause 7.1.1)."""

import streamlit as st

from pages.sampler.context import COUNTING, FREEZING, PAGE, UnitContext, go_to
from pages.sampler.freeze import choose_draw, published_day
from pages.shared import address
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.actor import Actor
from services.audits.late import LateView, open_supplement, preview_supplement, view_late
from services.audits.overview import AuditView, view_audit
from services.regulation.audit_kinds import AuditKind

OWN = "0"
"""The part of the address that means the quarter's own audit; supplements count from 1."""
PARTS = [str(number) for number in range(100)]
SAID_ON = ("scope", "freeze", "sign")


def part_of(actor: Actor, audit: AuditView) -> str:
    """Return which part of its quarter's audit this one is, as the address has it."""
    if audit.supplements is None:
        return OWN
    found = view_late(actor, audit.supplements).supplements
    return next(str(one.number) for one in found if one.audit_id == audit.audit_id)


def choose_part(actor: Actor, main: AuditView, late: LateView) -> tuple[str, AuditView]:
    """Let the quarter's own audit or a supplement to it be chosen, where there is one."""
    by_number = {str(one.number): one for one in late.supplements}
    key = address.key(PAGE, "part")
    if st.session_state.get(key) not in by_number:
        st.session_state[key] = OWN
    if not by_number:
        return OWN, main
    labels = {OWN: f"本季稽核　{main.status.label}"} | {
        number: f"補充 {number}　{one.records:,} 筆　{one.status.label}"
        for number, one in by_number.items()
    }
    chosen = str(
        st.segmented_control(
            "稽核",
            list(labels),
            format_func=labels.__getitem__,
            key=key,
            required=True,
            label_visibility="collapsed",
        )
    )
    return chosen, main if chosen == OWN else view_audit(actor, by_number[chosen].audit_id)


def show_late(context: UnitContext, step: str) -> None:
    """Say on the quarter's own audit how many records came too late, and offer to audit them."""
    audit, late = context.audit, context.late
    if audit is None or late is None or audit.kind is not AuditKind.UNIT or step not in SAID_ON:
        return
    if late.records:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"{plain(audit.unit)} {audit.period.label}凍結之後又匯入 **{late.records:,} 筆**，"
                "不在母體內，抽樣抽不到。凍結的母體不會改變；請以補充稽核另外抽查，"
                "未處理者由機關稽核列為單位稽核未完成。",
                icon=":material/move_to_inbox:",
            )
            if context.may_conduct:
                st.button(
                    "補充稽核",
                    type="primary",
                    icon=":material/playlist_add:",
                    on_click=open_dialog,
                    args=("supplement",),
                )
        if context.may_conduct and opened("supplement") is not None:
            _open(context, audit, late)


@st.dialog("補充稽核", width="medium", on_dismiss=close_dialog)
def _open(context: UnitContext, audit: AuditView, late: LateView) -> None:
    with st.spinner(COUNTING):
        picture = preview_supplement(context.actor, audit.audit_id)
    st.markdown(
        f"把母體凍結之後才匯入的 **{picture.records:,} 筆**固定為補充母體，另外抽樣、查核與簽核；"
        "原來的母體與樣本不變。固定後不能取消。"
    )
    for sentence in picture.explanation:
        st.markdown(f"- {plain(sentence)}")
    choice = choose_draw(picture)
    with showing_errors():
        if st.button("確定凍結", type="primary", icon=":material/lock:", key="confirm_supplement"):
            with st.spinner(FREEZING):
                open_supplement(
                    current_actor(),
                    audit.audit_id,
                    base_records=choice.size,
                    seed_plan=choice.source,
                    public_figure=choice.figure,
                    published_on=published_day(choice.published),
                )
            notify("補充母體已凍結。")
            st.session_state[address.key(PAGE, "part")] = str(len(late.supplements) + 1)
            go_to("draw")
