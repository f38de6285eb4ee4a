"""What may be done to an application by whom it waits for: buttons, and the dialogs behind them."""

import streamlit as st

from pages.applications.dialogs import DIALOGS
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.text import plain
from services.applications.shown import ApplicationDetail
from services.regulation.workflows import Deed

DIALOG = "application"

WORDS: dict[Deed, tuple[str, str]] = {
    Deed.APPROVE: ("核可", ":material/approval:"),
    Deed.NOTIFY: ("登錄通知", ":material/call:"),
    Deed.LETTER: ("登錄來函", ":material/mail:"),
    Deed.REVIEW: ("審核通過", ":material/fact_check:"),
    Deed.REPLY: ("登錄復函", ":material/outgoing_mail:"),
    Deed.COMPLETE: ("完成辦理", ":material/task_alt:"),
}


def act_buttons(detail: ApplicationDetail) -> None:
    """Show the buttons of the step that is due, or why this person has none."""
    _show_dialog(detail)  # also when somebody was first: then the service's sentence says so
    step = detail.line.step
    if step is None or step.deed not in WORDS:
        if detail.may_refuse:
            st.caption("等申請人列印申請表或補正；申請人不再辦理時，可以駁回結案。")
            _button("駁回", ":material/block:", detail, "refuse")
        return
    with st.container(horizontal=True):
        if detail.problem is None:
            label, icon = WORDS[step.deed]
            _button(label, icon, detail, step.deed.value, primary=True)
        if detail.may_record_paper:
            _button("登錄書面核可", ":material/scanner:", detail, "paper")
        if detail.may_return:
            _button("退回補正", ":material/assignment_return:", detail, "return")
        if detail.may_refuse:
            _button("駁回", ":material/block:", detail, "refuse")
    if detail.problem is not None and not detail.may_record_paper:
        st.caption(detail.problem)


def _button(
    label: str, icon: str, detail: ApplicationDetail, what: str, primary: bool = False
) -> None:
    st.button(
        label,
        icon=icon,
        type="primary" if primary else "secondary",
        key=f"application.{what}",
        on_click=open_dialog,
        args=(DIALOG, detail, what),
    )


def _show_dialog(detail: ApplicationDetail) -> None:
    if (about := opened(DIALOG)) is None:
        return
    seen, what = about
    if seen.line.id != detail.line.id:
        close_dialog()
        return
    title, body = DIALOGS[what]

    @st.dialog(title, icon=":material/assignment:", on_dismiss=close_dialog)
    def ask() -> None:
        st.markdown(f"**{seen.line.number}**　{plain(seen.line.label)}　{seen.line.kind.label}")
        body(seen)

    ask()
