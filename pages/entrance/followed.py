"""What an applicant without an account sees with the link of the application, and does next (clause 5)."""

from collections.abc import Callable

import streamlit as st

from pages.applications.form import correction_form
from pages.applications.printing import print_buttons
from pages.applications.view import show_application
from pages.entrance.reset import use_token
from pages.shared.feedback import show_error, showing_errors
from pages.shared.links import whole_address
from pages.shared.session import Clock, address
from services.applications import following
from services.applications.applying import follow_link
from services.applications.expiring import TOO_LATE
from services.applications.shown import ApplicationDetail
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.errors import UserError
from services.identity.links import can_mail
from services.papers.keeping import PaperKind
from services.regulation.application_states import LIVE, State
from services.regulation.workflow_diagram import who
from services.regulation.workflows import Deed, Kind


def show_followed(token: str, clock: Clock, leave: Callable[[], None]) -> None:
    """Show the application of a link; ``leave`` lets go of it when the account is activated."""
    try:
        detail = following.follow(token, clock(), address())
    except UserError as error:
        show_error(error)
        return
    _link(token, detail)
    _next(token, detail, clock, leave)
    show_application(detail)
    if detail.line.state in LIVE:
        _withdraw(token, detail, clock)


def _link(token: str, detail: ApplicationDetail) -> None:
    """Where no mail takes the link along, say before all else that it has to be noted down."""
    if can_mail() or detail.line.state not in LIVE:
        return
    st.warning(
        f"申請已送出，案號 **{detail.line.number}**。請記下這個網址：查看進度、補正與啟用帳號都由它，"
        "離開後沒有它就回不到這一案；也請不要交給別人。",
        icon=":material/bookmark:",
    )
    st.code(whole_address(follow_link(token)), language=None, wrap_lines=True)


def _next(token: str, detail: ApplicationDetail, clock: Clock, leave: Callable[[], None]) -> None:
    """What the applicant does next, first of all."""
    state = detail.line.state
    if state is State.EXPIRED:
        st.warning(TOO_LATE, icon=":material/timer_off:")
    elif state is State.UNCONFIRMED:
        st.info("請確認這是您提出的申請；確認後開始辦理。", icon=":material/mail:")
        if st.button("確認", type="primary", icon=":material/check:"):
            with showing_errors():
                following.confirm_address(token, clock(), address())
                st.rerun()
    elif state is State.RETURNED:
        st.warning("申請已退回補正；原因見下方辦理經過。", icon=":material/assignment_return:")
        asks = detail.line.kind in (Kind.CREATE, Kind.CHANGE)
        if right := correction_form(detail.items, detail.reason, asks):
            with showing_errors():
                following.correct_with_link(token, detail.revision, right, clock(), address())
                st.rerun()
    elif state is State.OPEN:
        _papers(token, detail, clock)
    elif state is State.COMPLETED and following.may_activate(token, clock()):
        st.success("帳號已建立；請設定密碼啟用。", icon=":material/task_alt:")
        if st.button("啟用帳號", type="primary", icon=":material/key:"):
            with showing_errors():
                use_token(following.activation_token(token, clock(), address()))
                leave()
                st.rerun()


def _papers(token: str, detail: ApplicationDetail, clock: Clock) -> None:
    where = address()  # a download runs where nothing is known of the browser

    def take(paper: PaperKind, kind: FileFormat) -> Paper:
        return following.print_with_link(token, clock(), where, paper, kind)

    with st.container(horizontal=True):
        print_buttons(
            detail.line.number,
            (PaperKind.FORM, PaperKind.PLEDGE),
            take,
            "apply",
            due=detail.line.step is not None and detail.line.step.deed is Deed.PRINT,
        )
    approving = next(step for step in detail.workflow.steps if step.deed is Deed.APPROVE)
    st.caption(f"簽名後連同切結書送{who(approving)}核可；切結書正本交管理者收存。")


def _withdraw(token: str, detail: ApplicationDetail, clock: Clock) -> None:
    with st.expander("撤回申請", icon=":material/undo:"):
        reason = st.text_input("撤回原因", key="apply.withdraw.reason", max_chars=200)
        if st.button("撤回", icon=":material/undo:", key="apply.withdraw"):
            with showing_errors():
                following.withdraw_with_link(token, detail.revision, reason, clock(), address())
                st.rerun()
