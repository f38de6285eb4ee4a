"""The filters of the account list; they live in the address as codes."""

import re
from functools import partial

import streamlit as st

from pages.shared import address
from services.accounts.directory import AccountFilters
from services.identity.organisation import UnitInfo
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Role

PAGE = "accounts"


def fields(units: tuple[UnitInfo, ...]) -> dict[str, address.Field]:
    """Return what the address of the page may hold for a person who sees ``units``."""
    return {
        "agency": address.Field([unit.agency_code for unit in units]),
        "unit": address.Field([unit.code for unit in units]),
        "role": address.Field([role.value for role in Role]),
        "status": address.Field([status.value for status in AccountStatus]),
        "item": address.Field([item.value for item in Item]),
        "text": address.Field(address.AnyText()),
        "account": address.Field(address.AnyText()),
    }


def account_filters(units: tuple[UnitInfo, ...]) -> AccountFilters:
    """Show the filters, on as many lines as the window needs, and return what they say."""
    agencies = {unit.agency_code: unit for unit in units}
    with st.container(horizontal=True, gap="small"):
        return _widgets(units, agencies)


def _widgets(units: tuple[UnitInfo, ...], agencies: dict[str, UnitInfo]) -> AccountFilters:
    # What was open belonged to the list before.
    forget = partial(choose_account, None)
    typed = st.text_input(
        "搜尋",
        value=None,
        placeholder="姓名、帳號或員工編號",
        icon=":material/search:",
        key=_key("text"),
        on_change=forget,
        max_chars=60,
        width=196,
    )
    agency_code = st.selectbox(
        "機關",
        list(agencies),
        index=None,
        format_func=lambda code: agencies[code].agency_name,
        # The only one there is; it filters nothing and stays out of the address.
        placeholder=units[0].agency_name if len(agencies) == 1 else "全部",
        disabled=len(agencies) == 1,
        width=190,
        key=_key("agency"),
        on_change=forget,
    )
    offered = {one.code: one for one in units if agency_code in (None, one.agency_code)}
    if st.session_state[_key("unit")] not in offered:
        st.session_state[_key("unit")] = None
    unit_code = st.selectbox(
        "單位",
        list(offered),
        index=None,
        format_func=lambda code: (
            offered[code].name if agency_code or len(agencies) == 1 else offered[code].label
        ),
        placeholder=units[0].name if len(units) == 1 else "全部",
        disabled=len(units) == 1,
        width=150,
        key=_key("unit"),
        on_change=forget,
    )
    role_code = st.selectbox(
        "角色",
        [one.value for one in Role],
        index=None,
        format_func=lambda code: Role(code).label,
        placeholder="全部",
        key=_key("role"),
        on_change=forget,
        width=130,
    )
    status_code = st.selectbox(
        "狀態",
        [one.value for one in AccountStatus],
        index=None,
        format_func=lambda code: AccountStatus(code).label,
        placeholder="全部",
        key=_key("status"),
        on_change=forget,
        width=100,
    )
    item_code = st.selectbox(
        "授權項目",
        [one.value for one in Item],
        index=None,
        format_func=lambda code: Item(code).label,
        placeholder="全部",
        key=_key("item"),
        on_change=forget,
        width=120,
    )
    return AccountFilters(
        agency_id=agencies[agency_code].agency_id if agency_code else None,
        unit_id=offered[unit_code].id if unit_code else None,
        role=Role(role_code) if role_code else None,
        status=AccountStatus(status_code) if status_code else None,
        item=Item(item_code) if item_code else None,
        text=typed or "",
    )


def chosen_account() -> int | None:
    """Return the account that the address or the table names."""
    given = st.session_state.get(_key("account"))
    return int(given) if given and re.fullmatch(r"[0-9]{1,9}", given) else None


def choose_account(account_id: int | None) -> None:
    """Make this the account whose details are shown."""
    st.session_state[_key("account")] = None if account_id is None else str(account_id)


def _key(name: str) -> str:
    return address.key(PAGE, name)
