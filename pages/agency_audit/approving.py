"""Step ⑥ 陳核 of 機關稽核: the signed record before the agency head, who approves or returns it."""

import streamlit as st

from pages.agency_audit.context import AgencyContext
from pages.agency_audit.scope import show_missing
from pages.sampler.context import go_to
from pages.sampler.signed_over import show_signed_over
from pages.sampler.signing import show_acts, show_findings
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.audits.agency.approving import approve, return_audit
from services.audits.overview import AuditView
from services.audits.signatures import words
from services.identity.permissions import Action, reach
from services.regulation.audit_states import AuditStatus


def show(context: AgencyContext) -> None:
    """Show what the head approves, or what became of it."""
    audit = context.audit
    if audit is None or audit.frame is None or audit.findings is None:
        st.info("還沒有可陳核的內容；請先完成前面的步驟。", icon=":material/info:")
        return
    show_findings(audit)
    show_signed_over(context.actor, audit)
    show_missing(audit.frame.basis["missing"])
    show_acts(audit)
    if not audit.status.is_signed:
        st.info(
            f"還缺{words(audit.awaited)}的簽核；兩人都簽核後陳請機關首長核定。",
            icon=":material/pending:",
        )
        if st.button("前往簽核", icon=":material/draw:"):
            go_to("sign")
    elif audit.status is AuditStatus.SIGNED:
        _offer(context, audit)
    else:
        st.success(f"這件稽核{audit.status.label}。", icon=":material/verified:")
        if audit.status is AuditStatus.APPROVED and st.button("前往函送", icon=":material/send:"):
            go_to("send")


def _offer(context: AgencyContext, audit: AuditView) -> None:
    if not reach(context.actor, Action.APPROVE_AUDIT).covers(agency_id=audit.agency_id):
        st.info("已陳請機關首長核定。", icon=":material/hourglass_top:")
        return
    with st.container(horizontal=True):
        st.button(
            "核定",
            type="primary",
            icon=":material/approval:",
            on_click=open_dialog,
            args=("approve",),
        )
        st.button("退回", icon=":material/undo:", on_click=open_dialog, args=("return",))
    if opened("approve") is not None:
        _approve(audit)
    elif opened("return") is not None:
        _return(audit)


@st.dialog("核定機關稽核紀錄", on_dismiss=close_dialog)
def _approve(audit: AuditView) -> None:
    st.markdown(
        f"將核定 **{plain(audit.agency)} {audit.period.label}** 的機關稽核紀錄。"
        "核定後由機關管理者函送地政局；函送前要更改，須由機關管理者敘明理由重新開啟。"
    )
    note = st.text_area("核定意見（可不填）", max_chars=300)
    with showing_errors():
        if st.button("確定核定", type="primary", icon=":material/approval:"):
            approve(current_actor(), audit.audit_id, audit.content_hash, note)
            notify("已核定。")
            go_to("send")


@st.dialog("退回機關稽核紀錄", on_dismiss=close_dialog)
def _return(audit: AuditView) -> None:
    st.markdown(
        "退回後重新開啟查核；原簽核失效，但與判定都會保留，機關管理者與政風人員須重新簽核。"
    )
    reason = st.text_area("理由", max_chars=300)
    with showing_errors():
        if st.button("確定退回", type="primary", icon=":material/undo:"):
            return_audit(current_actor(), audit.audit_id, reason)
            notify("已退回。")
            go_to("approve")
