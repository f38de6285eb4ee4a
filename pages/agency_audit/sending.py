"""Step ⑦ 函送 of 機關稽核: what is missing, the letter, and the package that went to the bureau."""

import streamlit as st

from pages.agency_audit import correcting
from pages.agency_audit.checking import ask_about_checks, open_with_checks
from pages.agency_audit.context import AgencyContext
from pages.sampler.context import go_to
from pages.sampler.forms import show_forms
from pages.shared.dialogs import close_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.period import typed_day
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.overview import AuditView
from services.audits.package.view import Sending, Sent, view_sending
from services.errors import Invalid
from services.oversight.receiving import deliver


def show(context: AgencyContext) -> None:
    """Offer to send the approved record with everything that belongs to it, or show what was sent."""
    audit = context.audit
    if audit is None or audit.findings is None:
        st.info("還沒有可函送的內容；請先完成前面的步驟。", icon=":material/info:")
        return
    sending = view_sending(context.actor, audit.audit_id)
    if sending.sent:
        _show_sent(sending.sent)
        correcting.show_earlier(audit, sending)
        correcting.offer(audit, sending)
    elif sending.missing:
        _show_missing(sending)
    else:
        _offer(audit, sending)
    show_forms(context.actor, audit)


def _show_sent(sent: Sent) -> None:
    st.success("已函送地政局；送出的資料不會再變動。", icon=":material/verified:")
    with st.container(border=True):
        st.markdown(
            f"**{plain(sent.letter_no)}**（{rocdate.roc_date(sent.letter_date)}）　"
            f"{rocdate.roc_time(sent.at)}　{plain(sent.by)}"
        )
        correcting.show_correction(sent)
        st.markdown(f"共 {sent.files:,} 個檔案。函送清單雜湊值（SHA-256）")
        st.code(sent.manifest_sha256, language=None)
        if sent.zip_sha256:
            st.markdown("函送資料（ZIP）雜湊值（SHA-256）")
            st.code(sent.zip_sha256, language=None)
            st.caption(
                "函送資料內附檢核程式，收件機關可在任何有 Python 的電腦自行檢核："
                "`python3 -I verify_package.py 函送資料.zip`"
            )


def _show_missing(sending: Sending) -> None:
    st.warning(f"還不能函送，尚缺 {len(sending.missing):,} 項：", icon=":material/pending:")
    with st.container(border=True):
        for sentence in sending.missing:
            st.markdown(f"- {plain(sentence)}")


def _offer(audit: AuditView, sending: Sending) -> None:
    if not sending.may_send:
        st.info("資料已齊，等待機關管理者函送地政局。", icon=":material/hourglass_top:")
        return
    st.markdown(
        "機關首長已核定，兩季的單位稽核紀錄、抽樣、雜湊值、封存證明與佐證資料都已備齊，將一併函送。"
    )
    st.button(
        "函送地政局",
        type="primary",
        icon=":material/send:",
        on_click=open_with_checks,
        args=("send",),
    )
    if opened("send") is not None:
        _confirm(audit)


@st.dialog("函送地政局", on_dismiss=close_dialog)
def _confirm(audit: AuditView) -> None:
    actor = current_actor()
    st.markdown(
        f"將函送 **{plain(audit.agency)} {audit.period.label}** 的機關稽核紀錄與兩季單位稽核紀錄。"
        "送出後不能更改，也不能重新開啟。"
    )
    number = st.text_input(
        "公文字號", placeholder="例如：府授地資字第1156012388號", max_chars=60, key="send.number"
    )
    day = st.text_input(
        "公文日期", value=rocdate.roc_date(actor.today), max_chars=20, key="send.day"
    )
    told = ask_about_checks(audit.audit_id)
    with showing_errors():
        if st.button("確定函送", type="primary", icon=":material/send:"):
            dated = typed_day("公文日期", day)
            if dated is None:
                raise Invalid("請填公文日期，例如 115年11月28日。")
            with st.spinner("製作紀錄表、抽樣與證明，請稍候…"):
                deliver(
                    current_actor(),
                    audit.audit_id,
                    number,
                    dated,
                    explanation=told.explanation,
                    seen=told.seen,
                )
            notify("已函送地政局。")
            go_to("send")
