"""Step ⑦ 函送 of 機關稽核, once it was sent: 更正函送, and the packages that a correction took the place of."""

import streamlit as st

from pages.agency_audit.checking import ask_about_checks, open_with_checks
from pages.sampler.context import go_to
from pages.shared.dialogs import close_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.period import typed_day
from pages.shared.session import actor_source, current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.overview import AuditView
from services.audits.package.correcting import ASKED_MAX, Correction
from services.audits.package.exporting import export_package
from services.audits.package.view import Sending, Sent
from services.audits.words import REASON_MAX, CorrectionKind
from services.errors import Invalid, Refused
from services.oversight.receiving import deliver

_MEANS = {
    CorrectionKind.MATERIAL: "稽核內容有增減或更改，例如補充稽核、事件後續處理",
    CorrectionKind.CLERICAL: "只改文字，例如公文字號誤繕、名稱錯字",
}


def show_correction(sent: Sent) -> None:
    """Say of a corrected package why it took the place of the one before it."""
    if sent.correction:
        st.markdown(
            f"第 {sent.number} 次函送（{sent.correction.label}），取代第 {sent.number - 1} 次。"
            f"要求更正者：{plain(sent.asked_by)}　理由：{plain(sent.reason)}"
        )


def show_earlier(audit: AuditView, sending: Sending) -> None:
    """Show every package that was in force before, each with its file."""
    for sent in sending.earlier:
        label = f"第 {sent.number} 次函送（已由第 {sent.number + 1} 次取代）"
        with st.expander(label, icon=":material/history:"):
            st.markdown(
                f"**{plain(sent.letter_no)}**（{rocdate.roc_date(sent.letter_date)}）　"
                f"{rocdate.roc_time(sent.at)}　{plain(sent.by)}"
            )
            show_correction(sent)
            st.code(sent.manifest_sha256, language=None)
            _file(audit, sent.number)


def _file(audit: AuditView, number: int) -> None:
    person_now = actor_source()

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再匯出。")
        return export_package(person, audit.audit_id, number)

    st.download_button(
        f"第 {number} 次函送資料（ZIP）",
        content,
        file_name=f"函送資料-{audit.unit_code}-{audit.period}-{number}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        on_click="ignore",
    )


def offer(audit: AuditView, sending: Sending) -> None:
    """Offer to correct what was sent to whoever may send it, or say what a correction lacks."""
    if not sending.may_send:
        return
    if sending.missing:
        st.warning("辦理更正函送前，還缺：", icon=":material/pending:")
        for sentence in sending.missing:
            st.markdown(f"- {plain(sentence)}")
        return
    st.button(
        "更正函送", icon=":material/edit_document:", on_click=open_with_checks, args=("correct",)
    )
    if opened("correct") is not None and sending.sent:
        _confirm(audit, sending.sent)


@st.dialog("更正函送", on_dismiss=close_dialog)
def _confirm(audit: AuditView, sent: Sent) -> None:
    actor = current_actor()
    st.markdown(
        f"將以目前的資料製作 **{plain(audit.agency)} {audit.period.label}** 的第 {sent.number + 1} 次函送，"
        f"取代第 {sent.number} 次。先前的函送資料保留，仍可下載；是否逾期以第 1 次函送為準。"
    )
    kind = st.radio(
        "更正種類",
        list(CorrectionKind),
        format_func=lambda one: one.label,
        captions=[_MEANS[one] for one in CorrectionKind],
        index=None,
        key="correct.kind",
    )
    asked_by = st.text_input(
        "要求更正者", placeholder="例如：地政局來函", max_chars=ASKED_MAX, key="correct.asked"
    )
    reason = st.text_area("更正理由", max_chars=REASON_MAX, key="correct.reason")
    number = st.text_input("公文字號", value=sent.letter_no, max_chars=60, key="correct.number")
    day = st.text_input(
        "公文日期", value=rocdate.roc_date(actor.today), max_chars=20, key="correct.day"
    )
    told = ask_about_checks(audit.audit_id)
    with showing_errors():
        if st.button("確定更正函送", type="primary", icon=":material/send:"):
            if kind is None:
                raise Invalid("請選擇更正種類：實質更正或文字更正。")
            dated = typed_day("公文日期", day)
            if dated is None:
                raise Invalid("請填公文日期，例如 115年11月28日。")
            why = Correction(kind, asked_by, reason)
            with st.spinner("製作紀錄表、抽樣與證明，請稍候…"):
                deliver(
                    current_actor(),
                    audit.audit_id,
                    number,
                    dated,
                    why,
                    explanation=told.explanation,
                    seen=told.seen,
                )
            notify("已辦理更正函送。")
            go_to("send")
