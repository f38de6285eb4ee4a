"""The list of accounts: found, looked at, suspended, restored, cancelled, exported."""

import streamlit as st

from pages.accounts.detail import show_detail
from pages.accounts.filters import (
    PAGE,
    account_filters,
    choose_account,
    chosen_account,
)
from pages.shared import address
from pages.shared.choice import choice_table
from pages.shared.export import export_button
from pages.shared.feedback import showing_errors
from pages.shared.paging import Pager
from pages.shared.session import actor_source
from pages.shared.tables import table_height, with_times
from services import rocdate
from services.accounts.directory import (
    AccountFilters,
    AccountPage,
    AccountRow,
    account_detail,
    list_accounts,
)
from services.accounts.register import COLUMNS as REGISTER_COLUMNS
from services.accounts.register import register_of_users
from services.actor import Actor
from services.documents.tables import SHEETS
from services.identity.organisation import UnitInfo

_SIZE = 50
COLUMNS = (
    "姓名（帳號）", "員工編號", "職稱", "機關", "單位", "角色", "職務", "狀態", "授權項目",
    "建立", "最近使用", "預定離職",
)  # fmt: skip

SHOWN = (
    "姓名（帳號）", "機關", "單位", "角色", "職務", "狀態", "最近使用", "預定離職", "授權項目", "建立",
)  # fmt: skip


def _cells(row: AccountRow) -> tuple[object, ...]:
    return (
        row.label,
        row.staff_no,
        row.title,
        row.agency,
        row.unit,
        row.role.label,
        "、".join(duty.label for duty in row.duties),
        row.status.label,
        "、".join(item.label for item in row.items),
        rocdate.local_date(row.created_at),
        row.last_used_at,
        row.leaving_on,
    )


def _export(actor: Actor, filters: AccountFilters, total: int) -> None:
    person_now = actor_source()

    def rows() -> list[tuple[str, ...]]:
        return register_of_users(person_now() or actor, filters)

    for kind in SHEETS:
        label = f"匯出使用者清冊（{kind.name}）"
        export_button(actor, label, "使用者清冊", REGISTER_COLUMNS, rows, total, kind)


def _table(page: AccountPage) -> None:
    """Show the rows; choosing one opens its details."""
    choice_table(
        with_times(
            [dict(zip(COLUMNS, _cells(row), strict=True)) for row in page.rows],
            missing={"最近使用": "從未使用"},
        ),
        [row.id for row in page.rows],
        chosen_account(),
        choose_account,
        "accounts.table",
        column_order=SHOWN,
        column_config={
            "職務": st.column_config.TextColumn(width=110),
            "預定離職": st.column_config.Column(width=112),
        },
        height=table_height(len(page.rows), 440),
        alt="帳號清單",
    )


def accounts_list(
    actor: Actor, units: tuple[UnitInfo, ...], known: dict[str, address.Field]
) -> None:
    """Show the accounts within this person's reach, and the one that is chosen."""
    filters = account_filters(units)
    pager = Pager(PAGE, filters, _SIZE)
    page = list_accounts(actor, filters, pager.cursor, _SIZE)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"共 **{page.total:,}** 個帳號", width="content")
        if page.total:
            _export(actor, filters, page.total)
        st.button(
            "清除條件",
            icon=":material/filter_alt_off:",
            type="tertiary",
            on_click=address.reset,
            args=(PAGE, known),
        )
    if page.rows:
        _table(page)
        pager.controls(page.next_after, page.total)
    else:
        st.info("沒有符合條件的帳號；請放寬或清除條件。", icon=":material/person_search:")
    account_id = chosen_account()
    if account_id is not None:
        with showing_errors():
            show_detail(account_detail(actor, account_id))
