"""What the machine found in a package: what is wrong first, what passed folded away."""

import streamlit as st

from pages.review.words import CHECK_COLOURS, CHECK_ICONS
from pages.shared.dialogs import open_dialog
from pages.shared.text import plain
from services.oversight.checks.result import Outcome
from services.oversight.view import ReviewedCheck, ReviewView
from services.oversight.words import CheckState
from services.regulation.clauses import clause_words

_SHOWN = 5


def show_checks(view: ReviewView, *, may_act: bool) -> None:
    """Show every check of the newest run; what failed can be asked about, or let pass for a reason."""
    if view.checked_at is None:
        st.info("系統檢核尚未完成；夜間作業會補辦，也可以現在重新檢核。", icon=":material/pending:")
        return
    for state in (CheckState.FAILED, CheckState.LOOK):
        for check in view.checks:
            if check.result.state is state:
                _found(view, check, may_act)
    passed = [one.result for one in view.checks if one.result.state is CheckState.PASSED]
    with st.expander(f"通過 {len(passed):,} 項", icon=CHECK_ICONS[CheckState.PASSED]):
        for result in passed:
            st.markdown(
                f"**{result.label}**（{clause_words(result.clause)}）　{result.figure}　"
                f"{plain(result.sentence)}"
            )


def _found(view: ReviewView, check: ReviewedCheck, may_act: bool) -> None:
    result = check.result
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{CHECK_ICONS[result.state]} **{result.label}**（{clause_words(result.clause)}）",
                width="content",
            )
            st.badge(result.state.label, color=CHECK_COLOURS[result.state])
            if check.overruled:
                st.badge("已改認通過", color="green")
            st.caption(result.figure, width="content")
        _items(view, result.items[:_SHOWN])
        if rest := result.items[_SHOWN:]:
            with st.expander(f"另有 {len(rest):,} 項"):
                _items(view, rest)
        if check.overruled:
            st.caption(f"改認通過：{plain(check.overruled)}")
        if may_act:
            _buttons(view, check)


def _items(view: ReviewView, items: tuple[Outcome, ...]) -> None:
    for item in items:
        link = ""
        if item.audit_id is not None:
            page = "agency_audit" if item.audit_id == view.audit_id else "audit_sampler"
            link = f"　[看稽核](/{page}?audit={item.audit_id})"
        st.markdown(f"- {plain(item.sentence)}{link}")


def _buttons(view: ReviewView, check: ReviewedCheck) -> None:
    code = check.result.check
    with st.container(horizontal=True):
        st.button(
            "請說明",
            icon=":material/contact_support:",
            key=f"ask.{code}",
            on_click=open_dialog,
            args=("review.ask", view, check.result),
        )
        if check.result.state is CheckState.FAILED:
            st.button(
                "撤回改認" if check.overruled else "改認通過",
                icon=":material/rule:",
                key=f"overrule.{code}",
                on_click=open_dialog,
                args=("review.overrule", view, check.result, bool(check.overruled)),
            )
