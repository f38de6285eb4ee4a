"""Taking the second factor of a managed account away, for whoever lost the phone."""

import streamlit as st

from pages.accounts.dialogs import ask_reason, done, whose
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import showing_errors
from pages.shared.session import current_actor
from services import rocdate
from services.accounts.directory import AccountRow
from services.identity.factor_removal import factor_to_remove, remove_factor_of

_DIALOG = "account.factor"


def factor_button(row: AccountRow) -> None:
    """Offer to remove the account's second factor; shows nothing where there is none."""
    since = factor_to_remove(current_actor(), row.id)
    if since is None:
        return
    st.button(
        "移除雙因子驗證",
        icon=":material/remove_moderator:",
        key="act.factor",
        help=f"{rocdate.roc_time(since)}設定",
        on_click=open_dialog,
        args=(_DIALOG, row),
    )


def show_factor_dialog(account_id: int) -> None:
    """Show the dialog that was opened about this account, until it is done or dismissed."""
    if (about := opened(_DIALOG)) is None:
        return
    (row,) = about
    if row.id != account_id:
        close_dialog()
        return

    @st.dialog("移除雙因子驗證", icon=":material/remove_moderator:", on_dismiss=close_dialog)
    def ask() -> None:
        whose(row)
        st.warning(
            "移除後，原有的驗證器與復原碼立即失效，目前的登入會中斷；"
            "角色或職務須使用雙因子驗證者，下次登入時要重新設定。請先核對本人身分。"
        )
        reason = ask_reason("例如：手機遺失，已當面核對身分")
        if st.button("移除", type="primary", icon=":material/remove_moderator:", key="dialog.do"):
            with showing_errors():
                remove_factor_of(current_actor(), row.id, reason or "")
                done(f"已移除雙因子驗證：{row.label}")

    ask()
