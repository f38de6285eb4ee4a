"""The worksheet's list: its filters, the table, and the way from one record to the next.

The table has what tells records apart at a glance and fits a screen of 1280 pixels beside the record; the
rest of a record stands there (`record`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from pages.agency_audit.beside import unit_column
from pages.sampler.context import Context
from pages.shared import address
from pages.shared.choice import table_key
from pages.shared.tables import table_height, with_times
from services.audits.agency.comparison import Beside
from services.audits.sheet import SheetRow
from services.audits.words import Ruling

FILTERS = {
    "open": "未判定",
    "mine": "分派給我",
    "flagged": "系統提示",
    "wanting": "缺失與請說明",
    "all": "全部",
}
"""What the address holds, and what it is called."""
DIFFERS = "differs"
AGENCY_FILTERS = FILTERS | {DIFFERS: "與單位判定不同"}
"""Of an agency audit, where the unit's own verdict stands beside ours."""
_WANTED = "sheet.wanted"
"""The record that a key asked for; its row is ticked in the next run."""
# Alt+Left and Alt+Right would leave the page: they are the browser's own, back and forward.
_PREVIOUS, _NEXT = "Alt+Up", "Alt+Down"


def filtered(
    context: Context, rows: list[SheetRow], beside: Mapping[int, Beside] | None
) -> list[SheetRow]:
    """Let the list be filtered and return what is listed; what is open comes first of all."""
    filters = FILTERS if beside is None else AGENCY_FILTERS
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
        case "differs":
            return (found := beside.get(row.record_id)) is not None and found.differs
        case _:
            return True


def sheet_table(
    audit_id: int,
    rows: list[SheetRow],
    files: Counter[int | None],
    beside: Mapping[int, Beside] | None,
) -> list[SheetRow]:
    """Show the listed records and return those that are ticked."""
    key = _key(audit_id, rows)
    if (wanted := st.session_state.pop(_WANTED, None)) is not None:
        places = [place for place, row in enumerate(rows) if row.record_id == wanted]
        st.session_state[key] = {"selection": {"rows": places}}
    event = st.dataframe(
        with_times(
            [
                {
                    "編號": row.record_id,
                    "判定": _ruling(row),
                    "案件號或原因": row.purpose,
                    "使用者": row.person,
                    "標的": row.target,
                    "時間": row.occurred_at,
                    "項目": f"{row.item}．{row.action}",
                    "系統提示": "、".join(row.checks),
                    "未通過": "、".join(check.failed_label for check in row.judged.failed),
                    "佐證": files[row.record_id] or None,
                    "查核人": row.assignee,
                    "取樣": row.basis_label,
                }
                | ({} if beside is None else {"單位判定": unit_column(beside, row.record_id)})
                for row in rows
            ],
            missing={"佐證": "－"},
        ),
        hide_index=True,
        height=table_height(len(rows), 520),
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "編號": st.column_config.NumberColumn(format="%d", width=70),
            "判定": st.column_config.TextColumn(width=70),
            "案件號或原因": st.column_config.TextColumn(width=210),
        },
        key=key,
        placeholder="－",
    )
    return [rows[place] for place in event["selection"]["rows"] if place < len(rows)]


def _key(audit_id: int, rows: Sequence[SheetRow]) -> str:
    """A new key after each verdict, and for other records: a tick would stand on another one."""
    return table_key(f"sheet_{audit_id}", [(row.record_id, row.judged.sequence) for row in rows])


def _ruling(row: SheetRow) -> str:
    if row.judged.ruling is None:
        return ""
    return f"{row.judged.ruling.label}（整批）" if row.judged.in_bulk else row.judged.ruling.label


def first_to_see(rows: list[SheetRow]) -> SheetRow:
    """Return the record to look at when none is ticked: the first one still open and not own."""
    return next((row for row in rows if not row.judged.sequence and not row.own), rows[0])


def step_through(rows: list[SheetRow], chosen: list[SheetRow]) -> None:
    """Offer the records before and after the one on screen, in the order of the list, by key too."""
    places = {row.record_id: place for place, row in enumerate(rows)}
    shown = [places[row.record_id] for row in chosen]
    first, last = min(shown), max(shown)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _step("上一筆", _PREVIOUS, rows[first - 1] if first else None)
        _step("下一筆", _NEXT, rows[last + 1] if last + 1 < len(rows) else None)
        if len(chosen) == 1:
            st.caption(f"第 {first + 1:,}／{len(rows):,} 筆（按鍵 Alt+↑、Alt+↓）")


def _step(label: str, shortcut: str, row: SheetRow | None) -> None:
    arrow = "↑" if shortcut == _PREVIOUS else "↓"
    st.button(
        label,
        key=f"sheet.{shortcut}",
        help=f"按鍵 Alt+{arrow}：清單中的{label}；打了還沒送出的說明會留著",
        shortcut=shortcut,
        disabled=row is None,
        on_click=_want,
        args=(row.record_id if row else 0,),
    )


def _want(record_id: int) -> None:
    st.session_state[_WANTED] = record_id
