"""離職與異動: who is about to leave or move, the account chosen, and the import of a file."""

import streamlit as st

from pages.accounts.detail import show_detail
from pages.accounts.filters import choose_account, chosen_account
from pages.accounts.leaving import left_words
from pages.accounts.leaving_import import leaving_import
from pages.shared.choice import choice_table
from pages.shared.export import export_button
from pages.shared.feedback import showing_errors
from pages.shared.tables import table_height, with_times
from services import rocdate
from services.accounts.directory import account_detail
from services.accounts.leaving.listing import MOST, LeavingLine, open_leavings
from services.actor import Actor
from services.regulation.leaving import due_words

COLUMNS = ("姓名（帳號）", "機關", "單位", "狀態", "類別", "最後一日", "期限", "應辦申請", "辦理情形", "登錄方式")  # fmt: skip


def leaving_list(actor: Actor) -> None:
    """Show the open entries within this person's reach, and what can be done."""
    leaving_import(actor)
    lines = open_leavings(actor)
    if not lines:
        st.info(
            "沒有待辦結的離職或異動；可在帳號上逐筆登錄，或匯入人事異動。",
            icon=":material/event_available:",
        )
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"共 **{len(lines):,}** 筆待辦結", width="content")
            export_button(actor, "匯出清單", "離職與異動", COLUMNS, [_cells(one) for one in lines])
        if len(lines) == MOST:
            st.caption(f"只列最早到期的 {MOST:,} 筆。")
        _table(lines)
    account_id = chosen_account()
    if account_id is not None:
        with showing_errors():
            show_detail(account_detail(actor, account_id))


def _cells(line: LeavingLine) -> tuple[str, ...]:
    return (
        line.label,
        line.agency,
        line.unit,
        line.status.label,
        line.kind.label,
        rocdate.roc_date(line.effective_on),
        left_words(line),
        due_words(line.kind),
        line.application or "尚未申請",
        line.source.label,
    )


def _table(lines: tuple[LeavingLine, ...]) -> None:
    """Show the rows; choosing one opens the account."""
    choice_table(
        with_times(
            [
                dict(zip(COLUMNS, _cells(line), strict=True)) | {"最後一日": line.effective_on}
                for line in lines
            ]
        ),
        [line.account_id for line in lines],
        chosen_account(),
        choose_account,
        "leaving.table",
        height=table_height(len(lines), 440),
        alt="離職與異動清單",
    )
