"""One account: what it is, what may be done with it, what was done."""

import streamlit as st

from pages.accounts.dialogs import DIALOG, show_open_dialog
from pages.accounts.duties import duties_part, show_duty_dialog
from pages.accounts.factor import factor_button, show_factor_dialog
from pages.accounts.leaving import leaving_part, show_leaving_dialog
from pages.accounts.reset_link import reset_link_button, show_reset_link_dialog
from pages.accounts.words import ACT_WORDS, STATUS_COLOURS
from pages.shared.dialogs import open_dialog
from pages.shared.text import plain
from services import rocdate
from services.accounts.changes import CLOSABLE
from services.accounts.directory import AccountDetail, Change
from services.events import EventType
from services.regulation.items import Item
from services.regulation.roles import AccountStatus


def show_detail(detail: AccountDetail) -> None:
    """Show the account with the buttons that this person may press."""
    row = detail.row
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(row.label), anchor=False, width="content")
            st.badge(row.status.label, color=STATUS_COLOURS[row.status])
        left, right = st.columns([1.3, 1], gap="large")
        with left:
            _facts(detail)
        with right:
            _acts(detail)
            duties_part(row)
            leaving_part(row)
            _history(detail.changes)
    show_open_dialog(row.id)
    show_factor_dialog(row.id)
    show_leaving_dialog(row.id)
    show_duty_dialog(row.id)
    show_reset_link_dialog(row.id, detail.email)


def _facts(detail: AccountDetail) -> None:
    row = detail.row
    facts = {
        "機關／單位": f"{row.agency}　{row.unit}",
        "員工編號": row.staff_no,
        "職稱": row.title,
        "角色": row.role.label,
        "授權項目": "、".join(item.label for item in row.items) or "無",
        "電子郵件": detail.email,
        "電話": detail.phone,
        "建立": rocdate.roc_time(row.created_at),
        "最近使用": rocdate.roc_time(row.last_used_at) if row.last_used_at else "從未使用",
    }
    if row.leaving_on:
        facts["預定離職或異動"] = rocdate.roc_date(row.leaving_on)
    if detail.suspended_at and row.status is AccountStatus.SUSPENDED:
        facts["停權"] = f"{rocdate.roc_time(detail.suspended_at)}　{detail.status_reason}"
    if detail.cancelled_at:
        facts["註銷"] = f"{rocdate.roc_time(detail.cancelled_at)}　{detail.status_reason}"
    st.table(
        [{"項目": name, "內容": plain(value)} for name, value in facts.items()],
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )


def _acts(detail: AccountDetail) -> None:
    row = detail.row
    if detail.problem:
        st.caption(detail.problem)
        return
    if row.status is AccountStatus.CANCELLED:
        st.caption("帳號已註銷，不能復權或變更；需要時請重新申請帳號。")
        return
    with st.container(horizontal=True):
        for status in CLOSABLE[row.status]:
            word = ACT_WORDS[status]
            st.button(
                word.label,
                icon=word.icon,
                key=f"act.{status.value}",
                on_click=open_dialog,
                args=(DIALOG, row, status),
            )
        if row.items:
            st.button(
                "取消授權項目",
                icon=":material/remove_moderator:",
                key="act.items",
                on_click=open_dialog,
                args=(DIALOG, row, None),
            )
        factor_button(row)
        reset_link_button(row)
    given = "復權" if row.status is AccountStatus.SUSPENDED else "增加授權項目"
    st.caption(f"{given}須由本人登入後申請，依申請流程辦理。")


def _history(changes: tuple[Change, ...]) -> None:
    st.markdown("**異動紀錄**")
    if not changes:
        st.caption("沒有狀態或授權項目的異動。")
    for change in changes:
        st.caption(f"{rocdate.roc_time(change.at)}　{plain(change.by)}　{plain(_sentence(change))}")


def _sentence(change: Change) -> str:
    before, after = change.detail["before"], change.detail["after"]
    reason = change.detail["reason"]
    if change.type is EventType.ACCOUNT_STATUS_CHANGED:
        return f"{AccountStatus(before).label} → {AccountStatus(after).label}（{reason}）"
    given = [f"增加{Item(item).label}" for item in after if item not in before]
    taken = [f"取消{Item(item).label}" for item in before if item not in after]
    return f"{'、'.join(given + taken)}（{reason}）"
