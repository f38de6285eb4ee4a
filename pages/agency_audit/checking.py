"""Before it sends, the agency sees what the bureau's checks will say: what fails is explained, a warning seen."""

from dataclasses import dataclass

import streamlit as st

from pages.review.words import CHECK_ICONS
from pages.shared.dialogs import open_dialog
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.audits.words import REASON_MAX
from services.oversight.checks.result import Result
from services.oversight.reviewing import check_before_sending
from services.oversight.words import CheckState

_KEPT = "send.checks"


@dataclass(frozen=True)
class Told:
    """What the agency says about what the checks find."""

    explanation: str
    seen: bool


def open_with_checks(dialog: str) -> None:
    """Open a dialog whose checks are run anew (for ``on_click``)."""
    st.session_state.pop(_KEPT, None)
    open_dialog(dialog)


def ask_about_checks(audit_id: int) -> Told:
    """Show what the bureau's checks find, and ask for what the sending needs because of it."""
    if _KEPT not in st.session_state:
        with st.spinner("先試行地政局的系統檢核，請稍候…"):
            st.session_state[_KEPT] = check_before_sending(current_actor(), audit_id)
    results: list[Result] = st.session_state[_KEPT]
    failed = [one for one in results if one.state is CheckState.FAILED]
    look = [one for one in results if one.state is CheckState.LOOK]
    if not failed and not look:
        st.caption(f"系統檢核 {len(results):,} 項都通過。")
        return Told("", False)
    for one in (*failed, *look):
        with st.expander(f"{one.label}：{one.state.label}", icon=CHECK_ICONS[one.state]):
            for item in one.items:
                st.markdown(f"- {plain(item.sentence)}")
    explanation = ""
    if failed:
        explanation = st.text_area(
            "檢核不符的說明",
            max_chars=REASON_MAX,
            help="能補正的請先補正；不能的請說明，地政局複核時看得到。",
            key="send.explanation",
        )
    seen = bool(look) and st.checkbox("已看過請人工檢視的事項", key="send.seen")
    return Told(explanation or "", seen)
