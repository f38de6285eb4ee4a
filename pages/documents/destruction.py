"""提出銷毀, 確認銷毀, 撤回銷毀: what will happen, and the button that does it.

The document and proposal kept with the open dialog are those that were on screen, so a change made
meanwhile is noticed by the service.
"""

import streamlit as st

from pages.documents.words import title_of
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.papers.destroying import (
    REASON_MAX,
    confirm_destruction,
    propose_destruction,
    withdraw_destruction,
)
from services.papers.listing import DestructionStep, PaperDetail, PaperRow
from services.papers.words import DestructionAct, PaperState

_DIALOG = "paper.destruction"
_ICONS = {
    DestructionAct.PROPOSED: ":material/delete:",
    DestructionAct.CONFIRMED: ":material/delete_forever:",
    DestructionAct.WITHDRAWN: ":material/undo:",
}


def destruction_buttons(actor: Actor, detail: PaperDetail) -> None:
    """Offer the next step towards destroying the document, and say why there is none."""
    row, proposal = detail.row, detail.proposal
    if proposal is not None:
        _button(DestructionAct.WITHDRAWN, row, proposal)
        own = proposal.by_id == actor.account_id
        help_ = "由提出者以外的另一位管理者確認。" if own else None
        _button(DestructionAct.CONFIRMED, row, proposal, disabled=own, help_=help_)
        return
    ripe = row.state is PaperState.DESTROYABLE
    early = (
        f"自{rocdate.roc_date(row.lawful_from)}起可以銷毀。"
        if row.lawful_from
        else "帳號註銷滿一年後才能銷毀。"
    )
    _button(DestructionAct.PROPOSED, row, None, disabled=not ripe, help_=None if ripe else early)


def _button(
    act: DestructionAct,
    row: PaperRow,
    proposal: DestructionStep | None,
    *,
    disabled: bool = False,
    help_: str | None = None,
) -> None:
    st.button(
        act.label,
        icon=_ICONS[act],
        key=f"act.{act.value}",
        disabled=disabled,
        help=help_,
        on_click=open_dialog,
        args=(_DIALOG, act, row, proposal),
    )


def show_destruction_dialog(document_id: int) -> None:
    """Show the dialog that was opened about this document, until it is done or dismissed."""
    if (about := opened(_DIALOG)) is None:
        return
    act: DestructionAct = about[0]
    row, proposal = about[1:]
    if row.id != document_id:
        close_dialog()
        return

    @st.dialog(act.label, icon=_ICONS[act], on_dismiss=close_dialog)
    def ask() -> None:
        st.markdown(f"**{plain(title_of(row))}**　{plain(row.file_name)}")
        if act is DestructionAct.CONFIRMED:
            _confirm(row, proposal)
        else:
            _with_reason(act, row, proposal)

    ask()


def _with_reason(act: DestructionAct, row: PaperRow, proposal: DestructionStep | None) -> None:
    if proposal is None:
        st.info("提出後，要由另一位管理者確認才會銷毀；確認前可以撤回。")
    else:
        st.info("撤回後，文件繼續保管；日後可以再提出銷毀。")
    reason = st.text_area(
        "原因（必填）",
        placeholder="例如：帳號註銷已滿一年" if proposal is None else "例如：尚有疑義待查",
        key="dialog.reason",
        max_chars=REASON_MAX,
    )
    if st.button(act.label, type="primary", icon=_ICONS[act], key="dialog.do"):
        with showing_errors():
            person = current_actor()
            if proposal is None:
                propose_destruction(person, row.id, reason or "")
            else:
                withdraw_destruction(person, row.id, reason or "", proposal_id=proposal.id)
            _done(f"已{act.label}：文件 {row.id}")


def _confirm(row: PaperRow, proposal: DestructionStep) -> None:
    st.caption(
        f"{plain(proposal.by)}於{rocdate.roc_time(proposal.at)}提出：{plain(proposal.reason)}"
    )
    st.warning(
        "確認後，文件內容立即從系統刪除，無法復原；只留下登記、雜湊值、提出與確認的人及時間。"
        "紙本請同時依程序銷毀。",
        icon=":material/warning:",
    )
    sure = st.checkbox("我已核對文件，了解銷毀後無法復原", key="dialog.sure")
    act = DestructionAct.CONFIRMED
    if st.button(act.label, type="primary", icon=_ICONS[act], key="dialog.do", disabled=not sure):
        with showing_errors():
            confirm_destruction(current_actor(), row.id, proposal_id=proposal.id)
            _done(f"已銷毀：文件 {row.id}")


def _done(sentence: str) -> None:
    close_dialog()
    notify(sentence)
    st.rerun()
