"""One package: the letter, who has it, what the machine found, the findings, and the decision."""

from typing import Any

import streamlit as st

from pages.findings.words import STATE_COLOURS as FINDING_COLOURS
from pages.review.checks import show_checks
from pages.review.dialogs import show_review_dialog
from pages.review.letters import show_letters
from pages.review.words import STATE_COLOURS
from pages.shared.dialogs import open_dialog
from pages.shared.feedback import notify, showing_errors
from pages.shared.registry import file_of
from pages.shared.session import actor_source, current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.package.exporting import export_package
from services.errors import Refused
from services.oversight.acting import take_review
from services.oversight.receiving import check_again
from services.oversight.view import ReviewView
from services.regulation.finding_states import Side
from services.regulation.package_review import ReviewAct, ReviewState


def show_card(view: ReviewView) -> None:
    """Show the package with what this reviewer can do."""
    may_act = view.is_mine and not view.keeps_out and view.state is ReviewState.REVIEWING
    with st.container(border=True):
        _head(view)
        _decisions(view, may_act)
        if view.keeps_out:
            st.warning(plain(view.keeps_out), icon=":material/block:")
        st.markdown("**系統檢核**")
        for step in view.steps:
            if step.act in (ReviewAct.RECEIVE, ReviewAct.RECEIVE_AGAIN) and step.note:
                st.info(f"機關函送時說明：{plain(step.note)}", icon=":material/chat:")
        show_checks(view, may_act=may_act)
        _findings(view)
        show_letters(view)
        _history(view)
    show_review_dialog()


def _head(view: ReviewView) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{plain(view.agency)}．{view.half.label}", anchor=False, width="content")
        st.badge(view.queue_state.label, color=STATE_COLOURS[view.queue_state])
        if view.days_late:
            st.badge(f"逾期 {view.days_late:,} 天函送", color="red")
    again = f"第 {view.package_number} 次函送　" if view.package_number > 1 else ""
    st.markdown(
        f"{again}**{plain(view.letter_no)}**（{rocdate.roc_date(view.letter_date)}）　"
        f"{rocdate.roc_time(view.received_at)} 首次收到　"
        f"承辦：{plain(view.reviewer) or '尚無'}"
    )


def _decisions(view: ReviewView, may_act: bool) -> None:
    with st.container(horizontal=True):
        if view.state is ReviewState.RECEIVED and not view.keeps_out:
            st.button(
                "承辦", type="primary", icon=":material/pan_tool:", on_click=_take, args=(view,)
            )
        if may_act:
            _act("准予備查", "task_alt", "review.accept", view, disabled=bool(view.left))
            _act("請說明", "contact_support", "review.ask", view, None)
        if view.state is ReviewState.REVIEWING and not view.keeps_out:
            _act("移交承辦", "swap_horiz", "review.hand", view)
        if view.state is ReviewState.ACCEPTED and view.is_mine:
            _act("撤銷備查", "history", "review.undo", view)
        _package(view)
        with showing_errors():
            if not view.keeps_out and st.button("重新檢核", icon=":material/refresh:"):
                with st.spinner("重新檢核中，請稍候…"):
                    check_again(current_actor(), view.review_id)
                notify("已重新檢核。")
                st.rerun()
    if may_act and view.left:
        st.caption(f"還不能准予備查：{plain(''.join(view.left))}")


def _act(label: str, icon: str, dialog: str, view: ReviewView, *more: Any, **how: Any) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        type="primary" if label == "准予備查" else "secondary",
        key=f"act.{dialog}",
        on_click=open_dialog,
        args=(dialog, view, *more),
        **how,
    )


def _take(view: ReviewView) -> None:
    with showing_errors():
        take_review(current_actor(), view.review_id, view.revision)
        notify("已由您承辦。")


def _package(view: ReviewView) -> None:
    person_now = actor_source()

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再匯出。")
        return export_package(person, view.audit_id)

    st.download_button(
        "函送資料（ZIP）",
        content,
        file_name=f"函送資料-{view.agency_code}-{view.half}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        on_click="ignore",
    )
    st.page_link(
        file_of("agency_audit"),
        label="看機關稽核",
        icon=":material/domain:",
        query_params={"audit": str(view.audit_id)},
    )


def _findings(view: ReviewView) -> None:
    st.markdown(f"**請說明與缺失**（{len(view.findings):,} 件）")
    if not view.findings:
        st.caption("沒有請機關說明的事項。")
    for row in view.findings:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                file_of("findings"),
                label=f"{plain(row.number)}　{plain(row.title)}",
                icon=":material/report:",
                query_params={"finding": str(row.id), "show": "all"},
                width="content",
            )
            st.badge(row.state.label, color=FINDING_COLOURS[row.state])
            if row.days_late:
                st.badge(f"逾期 {row.days_late:,} 天", color="red")
            elif row.state.waits_for is Side.AGENCY:
                st.caption(f"期限 {rocdate.roc_date(row.due_on)}", width="content")


def _history(view: ReviewView) -> None:
    with st.expander("辦理經過", icon=":material/history:"):
        for step in view.steps:
            letter = f"　{plain(step.letter_no)}" if step.letter_no else ""
            dated = f"（{rocdate.roc_date(step.letter_date)}）" if step.letter_date else ""
            note = f"　{plain(step.note)}" if step.note else ""
            st.markdown(
                f"{rocdate.roc_time(step.at)}　**{step.act.label}**　{plain(step.who)}"
                f"{letter}{dated}{note}"
            )
