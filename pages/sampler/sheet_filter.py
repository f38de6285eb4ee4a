"""Which of an audit's records the worksheet lists; the filter stands in the page's address."""

from collections.abc import Mapping

import streamlit as st

from pages.sampler.context import Context
from pages.shared import address
from services.audits.agency.comparison import Beside
from services.audits.sheet import SheetRow
from services.audits.words import Ruling

FILTERS = {
    "open": "未判定",
    "mine": "分派給我",
    "flagged": "系統提示",
    "wanting": "缺失與請說明",
    "stake": "迴避",
    "all": "全部",
}
"""What the address holds, and what it is called."""
DIFFERS = "differs"
AGENCY_FILTERS = FILTERS | {DIFFERS: "與單位判定不同"}
"""Of an agency audit, where the unit's own verdict stands beside ours."""


def filtered(
    context: Context, rows: list[SheetRow], beside: Mapping[int, Beside] | None
) -> list[SheetRow]:
    """Let the list be filtered and return what is listed; what is open comes first of all."""
    filters = FILTERS if beside is None else AGENCY_FILTERS
    if not any(row.goes_to for row in rows):
        filters = {code: name for code, name in filters.items() if code != "stake"}
    widget = address.key(context.page, "filter")
    if st.session_state.get(widget) not in filters:
        still_open = any(not row.judged.sequence for row in rows)
        st.session_state[widget] = "open" if still_open else "all"
    chosen = st.segmented_control(
        "顯示",
        list(filters),
        format_func=lambda code: filters[code],
        key=widget,
        required=True,
        label_visibility="collapsed",
    )
    return [row for row in rows if _kept(row, str(chosen), beside or {})]


def _kept(row: SheetRow, chosen: str, beside: Mapping[int, Beside]) -> bool:
    match chosen:
        case "open":
            return not row.judged.sequence
        case "mine":
            return row.mine
        case "flagged":
            return bool(row.checks)
        case "wanting":
            return row.judged.ruling not in (None, Ruling.COMPLIANT)
        case "stake":
            return bool(row.goes_to)
        case "differs":
            return (found := beside.get(row.record_id)) is not None and found.differs
        case _:
            return True
