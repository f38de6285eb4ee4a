"""The record of an audit as a file in every format, the way to its check, and the package that was sent."""

import streamlit as st

from pages.shared.export import file_button
from pages.shared.registry import file_of
from pages.shared.session import actor_source
from services.actor import Actor
from services.audits.forms.exporting import export_form
from services.audits.overview import AuditView
from services.audits.package.exporting import export_package
from services.documents.formats import FileFormat
from services.errors import Refused
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus

_NAMES = {
    AuditKind.UNIT: "單位稽核紀錄表",
    AuditKind.SUPPLEMENT: "單位補充稽核紀錄表",
    AuditKind.AGENCY: "機關稽核紀錄表",
    AuditKind.SPOT: "不定期檢查紀錄表",
}
_LABELS = {
    FileFormat.PDF: "紀錄表（PDF）",
    FileFormat.ODT: "紀錄表（ODT）",
    FileFormat.ODS: "紀錄明細（ODS）",
    FileFormat.CSV: "紀錄明細（CSV）",
}


def show_forms(actor: Actor, audit: AuditView) -> None:
    """Offer the record of an audit that has something to sign or is signed, and the way to its check."""
    if audit.findings is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, label in _LABELS.items():
            _button(actor, audit, kind, label)
        if audit.status is AuditStatus.SENT:
            _package_button(actor, audit)
        st.page_link(file_of("verify"), label="驗證紙本或檔案", icon=":material/verified:")
    if audit.status.is_signed:
        st.caption("紀錄表右上角印有核對碼；任何人登入後都可在「驗證」頁核對紙本或檔案是否相符。")
    else:
        st.caption("簽核前匯出的紀錄表每頁都有「草稿」字樣，沒有核對碼。")


def _button(actor: Actor, audit: AuditView, kind: FileFormat, label: str) -> None:
    file_button(
        actor,
        label,
        f"{_NAMES[audit.kind]}-{audit.unit_code}-{audit.period}",
        lambda person: export_form(person, audit.audit_id, kind),
        kind,
    )


def _package_button(actor: Actor, audit: AuditView) -> None:
    person_now = actor_source()

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再匯出。")
        return export_package(person, audit.audit_id)

    st.download_button(
        "函送資料（ZIP）",
        content,
        file_name=f"函送資料-{audit.unit_code}-{audit.period}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        on_click="ignore",
    )
