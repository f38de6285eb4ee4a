"""Mailing a reset link to a managed account; the manager never sees it."""

import streamlit as st

from pages.accounts.dialogs import done, whose
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.accounts.directory import AccountRow
from services.identity.links import can_mail, send_link
from services.regulation.roles import AccountStatus

_DIALOG = "account.reset_link"


def reset_link_button(row: AccountRow) -> None:
    """Offer to mail the link, to a suspended person too; where no mail is set up, say so."""
    if row.status is AccountStatus.CANCELLED:
        return
    st.button(
        "寄送重設密碼連結",
        icon=":material/mail_lock:",
        key="act.reset_link",
        disabled=not can_mail(),
        help=None if can_mail() else "本系統尚未設定寄信；請洽系統維運人員。",
        on_click=open_dialog,
        args=(_DIALOG, row),
    )


def show_reset_link_dialog(account_id: int, email: str) -> None:
    """Show the dialog that was opened about this account, until it is done or dismissed."""
    if (about := opened(_DIALOG)) is None:
        return
    (row,) = about
    if row.id != account_id:
        close_dialog()
        return

    @st.dialog("寄送重設密碼連結", icon=":material/mail_lock:", on_dismiss=close_dialog)
    def ask() -> None:
        whose(row)
        st.info(
            f"連結會寄到 {plain(email) if email else '（未登記電子郵件）'}，只能使用一次；"
            "先前寄出的連結失效，密碼在本人重設之前不變。請先核對是本人要求。"
        )
        if st.button("寄送", type="primary", icon=":material/mail:", key="dialog.do"):
            with showing_errors():
                address = send_link(current_actor(), row.id)
                done(f"已將重設密碼連結寄往 {address}：{row.label}")

    ask()
