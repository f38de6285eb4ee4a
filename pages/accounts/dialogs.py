"""Dialogs that change an account: what will happen, the reason, and the button that does it.

The row kept with the open dialog is the one that was on screen, so a change made meanwhile is
noticed by the service.
"""

import streamlit as st

from pages.accounts.words import ACT_WORDS
from pages.shared.dialogs import close_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.accounts.changes import REASON_MAX, set_items, set_status
from services.accounts.directory import AccountRow
from services.regulation.items import Item
from services.regulation.roles import AccountStatus

DIALOG = "account"


def show_open_dialog(account_id: int) -> None:
    """Show the dialog that was opened about this account, until it is done or dismissed."""
    if (about := opened(DIALOG)) is None:
        return
    row, status = about
    if row.id != account_id:
        close_dialog()
    elif status is None:
        _items_dialog(row)
    else:
        _status_dialog(row, status)


def _status_dialog(row: AccountRow, status: AccountStatus) -> None:
    word = ACT_WORDS[status]
    final = status is AccountStatus.CANCELLED

    @st.dialog(f"{word.label}帳號", icon=word.icon, on_dismiss=close_dialog)
    def ask() -> None:
        whose(row)
        (st.warning if final else st.info)(word.effect)
        reason = ask_reason()
        sure = not final or st.checkbox("我了解註銷後不能復權", key="dialog.sure")
        if st.button(
            word.label, type="primary", icon=word.icon, key="dialog.do", disabled=not sure
        ):
            with showing_errors():
                set_status(
                    current_actor(), row.id, status, reason or "", expected_status=row.status
                )
                done(f"已{word.label}：{row.label}")

    ask()


def _items_dialog(row: AccountRow) -> None:
    @st.dialog("取消授權項目", icon=":material/remove_moderator:", on_dismiss=close_dialog)
    def ask() -> None:
        whose(row)
        chosen = st.pills(
            "要取消的項目",
            row.items,
            selection_mode="multi",
            format_func=lambda item: Item(item).label,
            key=f"dialog.items.{row.id}",
        )
        st.info("取消後立即不能查詢這些項目，並留存異動紀錄；再次需要時由使用人申請權限異動。")
        reason = ask_reason()
        if st.button(
            "取消授權", type="primary", icon=":material/remove_moderator:", key="dialog.do"
        ):
            with showing_errors():
                left = [item for item in row.items if item not in chosen]
                set_items(current_actor(), row.id, left, reason or "", expected_items=row.items)
                done(f"已取消授權項目：{row.label}")

    ask()


def whose(row: AccountRow) -> None:
    """Say whose account the dialog is about."""
    st.markdown(f"**{plain(row.label)}**　{plain(row.agency)} {plain(row.unit)}")


def ask_reason(example: str = "例如：調職，或核准的申請表編號") -> str | None:
    """Ask for the reason that every change of an account needs."""
    return st.text_area(
        "原因（必填）",
        placeholder=example,
        key="dialog.reason",
        max_chars=REASON_MAX,
    )


def done(sentence: str) -> None:
    """Close the dialog and say what was done."""
    close_dialog()
    notify(sentence)
    st.rerun()
