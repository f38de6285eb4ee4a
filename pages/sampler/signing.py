"""Step ⑤ 簽核: what would be signed, the signature with its conclusion, and what happened after it."""

import streamlit as st

from pages.incidents.open_line import show_open_incidents
from pages.sampler.context import Context, go_to
from pages.sampler.draws import list_draws, show_checkpoint
from pages.sampler.forms import show_forms
from pages.sampler.signed_over import show_signed_over
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.overview import AuditView
from services.audits.signatures import words
from services.audits.signing import CONCLUSION_MAX, reopen, sign
from services.audits.words import REOPEN, SIGN, Ruling
from services.identity.permissions import Action, reach
from services.regulation.audit_states import AuditStatus
from services.regulation.deadlines import half_of
from services.regulation.periods import Quarter

_WITHDRAWN = {
    AuditStatus.RECEIVED: "**機關管理者的收存隨之撤回**，重新簽核後須再收存。",
    AuditStatus.APPROVED: "**機關首長的核定隨之撤回**，重新簽核後須再陳核。",
}
"""What a reopening takes back besides the signatures, by where the audit stands."""


def show(context: Context) -> None:
    """Show what would be signed, or what was."""
    audit = context.audit
    if audit is None or audit.findings is None:
        st.info("還沒有可簽核的內容；請先完成前面的步驟。", icon=":material/info:")
        return
    show_findings(audit)
    show_signed_over(context.actor, audit)
    show_open_incidents(context.actor, audit.audit_id)
    list_draws(context.actor, audit)
    show_checkpoint(audit)
    show_acts(audit)
    show_forms(context.actor, audit)
    if audit.status.is_signed:
        _offer_reopening(context, audit)
    else:
        _offer_signature(context, audit)


def show_findings(audit: AuditView) -> None:
    """Show what the verdicts amount to."""
    found = audit.findings
    assert found is not None
    st.info(found.sentence, icon=":material/query_stats:")
    if found.population == 0:
        return
    tiles = st.container(horizontal=True)
    tiles.metric("已判定", f"{found.judged:,}／{found.to_judge:,}", border=True, width=140)
    tiles.metric("稽核人數", f"{found.people:,} 人", border=True, width=140)
    for ruling in Ruling:
        count = f"{found.counts[ruling.value]:,} 筆"
        tiles.metric(ruling.label, count, border=True, width=140)


def show_acts(audit: AuditView) -> None:
    """Show every signature, reopening and what became of the record, in order."""
    for act in audit.acts:
        with st.container(border=True):
            st.markdown(f"**{plain(act.what)}**　{plain(act.who)}　{rocdate.roc_time(act.at)}")
            if act.conclusion:
                st.markdown(f"結論：{plain(act.conclusion)}")
            st.caption(f"{act.detail_label}：{plain(act.detail)}")
            if act.lapsed:
                st.badge(act.lapsed, icon=":material/history:", color="orange")
            if act.checkpoint:
                st.caption(f"簽核時的帳本：{plain(act.checkpoint.sentence)}")


def _offer_signature(context: Context, audit: AuditView) -> None:
    found = audit.findings
    assert found is not None
    if left := found.to_judge - found.judged:
        st.warning(f"還有 {left:,} 筆未判定，全部判定後才能簽核。", icon=":material/pending:")
        word = "回到查核" if context.may_conduct else "檢視查核"
        if st.button(word, icon=":material/fact_check:"):
            go_to("judge")
        return
    if not reach(context.actor, SIGN[audit.kind]).covers(audit.unit_id, audit.agency_id):
        st.info(f"簽核由{audit.kind.signers}辦理。", icon=":material/info:")
        return
    if audit.signatures:
        names = "、".join(f"{one.capacity.label} {plain(one.who)}" for one in audit.signatures)
        st.info(f"已由{names}簽核，還缺{words(audit.awaited)}的簽核。", icon=":material/pending:")
    if any(one.account_id == context.actor.account_id for one in audit.signatures):
        return
    st.button("簽核", type="primary", icon=":material/draw:", on_click=open_dialog, args=("sign",))
    if opened("sign") is not None:
        _confirm(audit)


@st.dialog("簽核", on_dismiss=close_dialog)
def _confirm(audit: AuditView) -> None:
    st.markdown(
        f"將以您的名義簽核 **{plain(audit.unit)} {audit.period.label}** 的{audit.kind.label}紀錄。"
        f"簽核後不能更改；要更改須由{audit.kind.reopener}敘明理由重新開啟。"
    )
    found = audit.findings
    assert found is not None
    st.info(found.sentence, icon=":material/query_stats:")
    conclusion = st.text_area(
        "結論（可不填；隨您的簽核保留，並列在紀錄表）", max_chars=CONCLUSION_MAX, key="conclusion"
    )
    with showing_errors():
        if st.button("確定簽核", type="primary", icon=":material/draw:"):
            sign(current_actor(), audit.audit_id, audit.content_hash, conclusion)
            notify("已簽核。")
            go_to("sign")


def _offer_reopening(context: Context, audit: AuditView) -> None:
    st.success("這件稽核已簽核。", icon=":material/verified:")
    if "approve" in context.steps and st.button("前往陳核", icon=":material/approval:"):
        go_to("approve")
    _offer_receiving(context, audit)
    if audit.unit_id is not None:
        st.page_link(
            "pages/usage/page.py",
            label="看這個單位的使用趨勢",
            icon=":material/monitoring:",
            query_params={"unit": audit.unit_code},
        )
    may_reopen = reach(context.actor, REOPEN[audit.kind]).covers(audit.unit_id, audit.agency_id)
    if not may_reopen:
        return
    if audit.final:
        st.caption(audit.final)
        return
    st.button("重新開啟", icon=":material/lock_open:", on_click=open_dialog, args=("reopen",))
    if opened("reopen") is not None:
        _reopen(audit)


def _offer_receiving(context: Context, audit: AuditView) -> None:
    if audit.kind.rule.received_by is None or audit.status is not AuditStatus.SIGNED:
        return
    assert isinstance(audit.period, Quarter)
    if reach(context.actor, Action.RECEIVE_AUDIT).covers(audit.unit_id, audit.agency_id):
        st.page_link(
            "pages/agency_audit/page.py",
            label="前往收存",
            icon=":material/inventory_2:",
            query_params={"half": str(half_of(audit.period))},
        )


@st.dialog("重新開啟", on_dismiss=close_dialog)
def _reopen(audit: AuditView) -> None:
    st.markdown(
        "重新開啟後可以更改判定；原簽核**失效**，但與判定都會保留，並列出重新開啟的理由。"
        + _WITHDRAWN.get(audit.status, "")
    )
    reason = st.text_area("理由", max_chars=300)
    with showing_errors():
        if st.button("確定重新開啟", type="primary", icon=":material/lock_open:"):
            reopen(current_actor(), audit.audit_id, reason)
            notify("已重新開啟，原簽核失效。")
            go_to("judge")
