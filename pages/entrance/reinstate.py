"""申請復權: all that the holder of a suspended account can do after the right password (clause 5)."""

import streamlit as st

from pages.applications.form import ask_reason, correction_form
from pages.applications.printing import print_buttons
from pages.applications.view import show_application
from pages.shared.feedback import show_error, showing_errors
from pages.shared.session import Clock, address
from pages.shared.text import plain
from services import rocdate
from services.applications import reinstating
from services.applications.shown import ApplicationDetail
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.errors import UserError
from services.identity.entering import Entering
from services.papers.keeping import PaperKind
from services.regulation.application_states import LIVE, State
from services.regulation.workflow_diagram import who
from services.regulation.workflows import Deed


def reinstate_screen(entering: Entering, clock: Clock) -> None:
    """Show why the account is suspended, and take the application; never leads on to a session."""
    st.subheader("帳號停權中", anchor=False)
    try:
        holder = reinstating.suspended(entering, address(), clock())
    except UserError as error:
        show_error(error)
        return
    since = f"自{rocdate.roc_time(holder.since)}起" if holder.since else ""
    st.warning(
        f"{plain(holder.label)}的帳號{since}停權，不能登入使用。原因：{plain(holder.why) or '未載明'}",
        icon=":material/pause_circle:",
    )
    under_way = holder.application
    if under_way is not None:
        if under_way.line.state in LIVE:
            _next(entering, under_way, clock)
        show_application(under_way)
        if under_way.line.state in LIVE:
            _withdraw(entering, under_way, clock)
            return
    with st.form("reinstate", border=False):
        reason = ask_reason(
            "reinstate.reason",
            "申請復權的原因（必填）",
            example="停權原因已改善，仍辦理地價稅稽徵業務",
        )
        pressed = st.form_submit_button("送出申請", type="primary", icon=":material/send:")
    if pressed:
        with showing_errors():
            reinstating.apply_reinstatement(entering, reason, address(), clock())
            st.rerun()


def _next(entering: Entering, detail: ApplicationDetail, clock: Clock) -> None:
    """What the applicant does next: put it right, print the form, or tell the manager."""
    id_, step = detail.line.id, detail.line.step
    if detail.line.state is State.RETURNED:
        st.warning("申請已退回補正；原因見下方辦理經過。", icon=":material/assignment_return:")
        if right := correction_form(detail.items, detail.reason, asks_items=False):
            with showing_errors():
                reinstating.correct_reinstatement(
                    entering, id_, detail.revision, right.reason, address(), clock()
                )
                st.rerun()
    elif step is not None and step.deed is Deed.PRINT:
        where = address()  # a download runs where nothing is known of the browser

        def take(_: PaperKind, kind: FileFormat) -> Paper:
            return reinstating.print_reinstatement(entering, id_, where, clock(), kind)

        with st.container(horizontal=True):
            print_buttons(detail.line.number, (PaperKind.FORM,), take, "reinstate", due=True)
    elif step is not None and step.deed is not Deed.NOTIFY:
        st.info(
            f"已送出；現在由{who(step)}辦理「{step.deed.label}」，完成辦理後即可登入。",
            icon=":material/hourglass_top:",
        )
    else:
        st.info("請以電話或電子郵件通知您的管理者；管理者辦理後即可登入。", icon=":material/call:")


def _withdraw(entering: Entering, detail: ApplicationDetail, clock: Clock) -> None:
    with st.expander("撤回申請", icon=":material/undo:"):
        reason = st.text_input("撤回原因", key="reinstate.why", max_chars=200)
        if st.button("撤回", icon=":material/undo:", key="reinstate.withdraw"):
            with showing_errors():
                reinstating.withdraw_reinstatement(
                    entering, detail.line.id, detail.revision, reason, address(), clock()
                )
                st.rerun()
