"""成立事件: abnormal use that somebody noticed without an audit."""

import re

import streamlit as st

from pages.incidents.filters import choose
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from services.errors import Invalid
from services.identity.organisation import UnitInfo
from services.incidents.reporting import TEXT_MAX, TITLE_MAX, report_abnormal

_DIALOG = "incident.report"


def report_button(units: tuple[UnitInfo, ...]) -> None:
    """Offer to open an incident in one of the units that the person handles incidents of."""
    if units:
        st.button(
            "成立事件",
            icon=":material/add_alert:",
            key="incident.report",
            on_click=open_dialog,
            args=(_DIALOG, units),
        )


def show_report_dialog() -> None:
    """Show the dialog while it is open."""
    if (about := opened(_DIALOG)) is None:
        return
    (units,) = about

    @st.dialog("成立事件", icon=":material/add_alert:", on_dismiss=close_dialog)
    def ask() -> None:
        st.markdown("平時發現的異常使用；稽核判定的缺失會自動成立，不必在這裡登錄。")
        unit = st.selectbox("單位", units, format_func=lambda one: one.label, key="report.unit")
        subject = st.text_input(
            "使用者的帳號", max_chars=80, help="填了紀錄編號時可不填。", key="report.subject"
        )
        title = st.text_input("標題", max_chars=TITLE_MAX, key="report.title")
        text = st.text_area("發現情形", max_chars=TEXT_MAX, key="report.text")
        numbers = st.text_input(
            "紀錄編號（可不填）", placeholder="可輸入多個，以空白或頓號分開", key="report.records"
        )
        with showing_errors():
            if st.button("確定成立", type="primary", icon=":material/add_alert:", key="report.do"):
                incident_id = report_abnormal(
                    current_actor(),
                    unit.id,
                    subject or "",
                    title or "",
                    text or "",
                    _numbers(numbers or ""),
                )
                close_dialog()
                choose("incident", incident_id)
                notify("事件已成立。")
                st.rerun()

    ask()


def _numbers(text: str) -> list[int]:
    parts = [part for part in re.split(r"[\s，、]+", text.strip()) if part]
    if wrong := [part for part in parts if not re.fullmatch(r"[0-9]{1,15}", part)]:
        raise Invalid(
            f"紀錄編號「{wrong[0][:20]}」不是數字，或數字太長；不要加千分位逗號，"
            "多個編號以空白或頓號分開。"
        )
    return [int(part) for part in parts]
