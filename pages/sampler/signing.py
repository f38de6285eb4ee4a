"""Step ⑤ 簽核: the findings in one sentence, the signature, and what happened after it."""

import streamlit as st

from pages.sampler.context import Context, go_to
from pages.sampler.draws import list_draws, show_checkpoint
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.overview import AuditView
from services.audits.signing import reopen, sign
from services.audits.words import AuditStatus, Ruling
from services.identity.permissions import Action, reach


def show(context: Context) -> None:
    """Show what would be signed, or what was."""
    audit = context.audit
    if audit is None or audit.findings is None:
        st.info("還沒有可簽核的內容；請先完成前面的步驟。", icon=":material/info:")
        return
    _findings(audit)
    list_draws(audit)
    show_checkpoint(audit)
    _acts(audit)
    if audit.status is AuditStatus.SIGNED:
        _offer_reopening(context, audit)
    else:
        _offer_signature(context, audit)


def _findings(audit: AuditView) -> None:
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


def _acts(audit: AuditView) -> None:
    for act in audit.acts:
        with st.container(border=True):
            st.markdown(f"**{plain(act.what)}**　{plain(act.who)}　{rocdate.roc_time(act.at)}")
            st.caption(f"{act.detail_label}：{plain(act.detail)}")
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
    if not reach(context.actor, Action.SIGN_AUDIT).covers(audit.unit_id):
        st.info("簽核由單位主管或其指派的稽核人員辦理。", icon=":material/info:")
        return
    st.button("簽核", type="primary", icon=":material/draw:", on_click=open_dialog, args=("sign",))
    if opened("sign") is not None:
        _confirm(audit)


@st.dialog("簽核", on_dismiss=close_dialog)
def _confirm(audit: AuditView) -> None:
    st.markdown(
        f"將以您的名義簽核 **{plain(audit.unit)} {audit.quarter.label}** 的單位稽核紀錄。"
        "簽核後不能更改；要更改須由單位主管敘明理由重新開啟。"
    )
    with showing_errors():
        if st.button("確定簽核", type="primary", icon=":material/draw:"):
            sign(current_actor(), audit.audit_id, audit.content_hash)
            notify("已簽核。")
            go_to("sign")


def _offer_reopening(context: Context, audit: AuditView) -> None:
    st.success("這件稽核已簽核。", icon=":material/verified:")
    st.page_link(
        "pages/usage_charts.py",
        label="看這個單位的使用趨勢",
        icon=":material/monitoring:",
        query_params={"unit": audit.unit_code},
    )
    may_reopen = reach(context.actor, Action.REOPEN_AUDIT).covers(audit.unit_id)
    if not may_reopen:
        return
    st.button("重新開啟", icon=":material/lock_open:", on_click=open_dialog, args=("reopen",))
    if opened("reopen") is not None:
        _reopen(audit)


@st.dialog("重新開啟", on_dismiss=close_dialog)
def _reopen(audit: AuditView) -> None:
    st.markdown("重新開啟後可以更改判定；原簽核與判定都會保留，並列出重新開啟的理由。")
    reason = st.text_area("理由", max_chars=300)
    with showing_errors():
        if st.button("確定重新開啟", type="primary", icon=":material/lock_open:"):
            reopen(current_actor(), audit.audit_id, reason)
            notify("已重新開啟。")
            go_to("judge")
