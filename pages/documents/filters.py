"""The filters of 文件保管; they live in the address as codes."""

import re
from functools import partial

import streamlit as st

from pages.documents.words import PAGE
from pages.shared import address
from services.identity.organisation import UnitInfo
from services.papers.keeping import PaperKind
from services.papers.listing import Keeper, PaperFilters
from services.papers.words import PaperState


def fields(units: tuple[UnitInfo, ...], keepers: tuple[Keeper, ...]) -> dict[str, address.Field]:
    """Return what the address of the page may hold for a person with these units and custodians."""
    return {
        "state": address.Field([state.value for state in PaperState]),
        "kind": address.Field([kind.value for kind in PaperKind]),
        "unit": address.Field([unit.code for unit in units]),
        "custodian": address.Field([str(keeper.id) for keeper in keepers]),
        "text": address.Field(address.AnyText()),
        "document": address.Field(address.AnyText()),
    }


def paper_filters(units: tuple[UnitInfo, ...], keepers: tuple[Keeper, ...]) -> PaperFilters:
    """Show the filters, on as many lines as the window needs, and return what they say."""
    with st.container(horizontal=True, gap="small"):
        return _widgets({unit.code: unit for unit in units}, {str(k.id): k for k in keepers})


def _widgets(units: dict[str, UnitInfo], keepers: dict[str, Keeper]) -> PaperFilters:
    # What was open belonged to the list before.
    forget = partial(choose_document, None)
    one_agency = len({unit.agency_code for unit in units.values()}) == 1
    typed = st.text_input(
        "搜尋",
        value=None,
        placeholder="姓名、帳號、編號、檔名",
        icon=":material/search:",
        key=_key("text"),
        on_change=forget,
        max_chars=60,
        width=205,
    )
    state = st.selectbox(
        "狀態",
        [one.value for one in PaperState],
        index=None,
        format_func=lambda code: PaperState(code).label,
        placeholder="全部",
        key=_key("state"),
        on_change=forget,
        width=120,
    )
    kind = st.selectbox(
        "種類",
        [one.value for one in PaperKind],
        index=None,
        format_func=lambda code: PaperKind(code).label,
        placeholder="全部",
        key=_key("kind"),
        on_change=forget,
        width=120,
    )
    unit = st.selectbox(
        "單位",
        list(units),
        index=None,
        format_func=lambda code: units[code].name if one_agency else units[code].label,
        # The only one there is; it filters nothing and stays out of the address.
        placeholder=next(iter(units.values())).name if len(units) == 1 else "全部",
        disabled=len(units) == 1,
        key=_key("unit"),
        on_change=forget,
        width=150,
    )
    custodian = st.selectbox(
        "保管人",
        list(keepers),
        index=None,
        format_func=lambda code: keepers[code].label,
        placeholder="全部",
        key=_key("custodian"),
        on_change=forget,
        width=190,
    )
    return PaperFilters(
        kind=PaperKind(kind) if kind else None,
        unit_id=units[unit].id if unit else None,
        custodian_id=int(custodian) if custodian else None,
        state=PaperState(state) if state else None,
        text=typed or "",
    )


def chosen_document() -> int | None:
    """Return the document that the address or the table names."""
    given = st.session_state.get(_key("document"))
    return int(given) if given and re.fullmatch(r"[0-9]{1,9}", given) else None


def choose_document(document_id: int | None) -> None:
    """Make this the document whose card is shown."""
    st.session_state[_key("document")] = None if document_id is None else str(document_id)


def _key(name: str) -> str:
    return address.key(PAGE, name)
