"""The worksheet's list: the table, and the way from one record to the next.

The table shows what tells records apart at a glance, so much as fits a screen of 1280 pixels beside the
record; the rest stands there (`record`), and the table's own menu brings its other columns back.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from pages.agency_audit.beside import unit_column
from pages.shared.choice import table_key
from pages.shared.tables import table_height, with_times
from services.audits.agency.comparison import Beside
from services.audits.sheet import SheetRow

_WANTED = "sheet.wanted"
"""The record that a key asked for; its row is ticked in the next run."""
_UNIT = {"編號": 62, "判定": 70, "案件號或原因": 112, "使用者": 60, "系統提示": 66, "查核人": 66}
_AGENCY = {"編號": 62, "判定": 70, "單位判定": 86, "案件號或原因": 92, "使用者": 60, "系統提示": 66}
"""The columns that are shown at first, in pixels: with the boxes to tick 470, half of such a screen."""
_NEEDLESS: dict[str, Callable[[SheetRow], object]] = {
    "系統提示": lambda row: row.checks,
    "查核人": lambda row: row.assignee or row.goes_to,
}
"""What a row has to have for such a column to be shown: with nothing to tell it makes room for the others."""
# Alt+Left and Alt+Right would leave the page: they are the browser's own, back and forward.
_PREVIOUS, _NEXT = "Alt+Up", "Alt+Down"


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
    widths = _UNIT if beside is None else _AGENCY
    event = st.dataframe(
        with_times(_cells(rows, files, beside), missing={"佐證": "－"}),
        hide_index=True,
        height=table_height(len(rows), 520),
        on_select="rerun",
        selection_mode="multi-row",
        column_order=[
            name for name in widths if name not in _NEEDLESS or any(map(_NEEDLESS[name], rows))
        ],
        column_config={
            name: st.column_config.NumberColumn(format="%d", width=width)
            if name == "編號"
            else st.column_config.TextColumn(width=width)
            for name, width in widths.items()
        },
        key=key,
        placeholder="－",
    )
    return [rows[place] for place in event["selection"]["rows"] if place < len(rows)]


def _cells(
    rows: Sequence[SheetRow], files: Counter[int | None], beside: Mapping[int, Beside] | None
) -> dict[str, list[object]]:
    units = {} if beside is None else {"單位判定": lambda row: unit_column(beside, row.record_id)}
    columns: dict[str, Callable[[SheetRow], object]] = {
        "編號": lambda row: row.record_id,
        "判定": _ruling,
        **units,
        "案件號或原因": lambda row: row.purpose,
        "使用者": lambda row: row.person,
        "系統提示": lambda row: "、".join(row.checks),
        "查核人": lambda row: row.assignee or row.goes_to,
        "標的": lambda row: row.target,
        "時間": lambda row: row.occurred_at,
        "項目": lambda row: f"{row.item}．{row.action}",
        "未通過": lambda row: "、".join(check.failed_label for check in row.judged.failed),
        "佐證": lambda row: files[row.record_id] or None,
        "取樣": lambda row: row.basis_label,
    }
    return {name: [cell(row) for row in rows] for name, cell in columns.items()}


def _key(audit_id: int, rows: Sequence[SheetRow]) -> str:
    """A new key after each verdict, and for other records: a tick would stand on another one."""
    return table_key(f"sheet_{audit_id}", [(row.record_id, row.judged.sequence) for row in rows])


def _ruling(row: SheetRow) -> str:
    if row.judged.ruling is None:
        return ""
    return f"{row.judged.ruling.label}（整批）" if row.judged.in_bulk else row.judged.ruling.label


def first_to_see(rows: list[SheetRow]) -> SheetRow:
    """Return the record to look at when none is ticked: the first one still open and theirs to judge."""
    return next((row for row in rows if not row.judged.sequence and row.may_judge), rows[0])


def step_through(rows: list[SheetRow], chosen: list[SheetRow]) -> None:
    """Offer the records before and after the one on screen, in the order of the list, by key too."""
    places = {row.record_id: place for place, row in enumerate(rows)}
    shown = [places[row.record_id] for row in chosen]
    first, last = min(shown), max(shown)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _step("上一筆", _PREVIOUS, rows[first - 1] if first else None)
        _step("下一筆", _NEXT, rows[last + 1] if last + 1 < len(rows) else None)
        if len(chosen) == 1:
            st.caption(f"第 {first + 1:,}／{len(rows):,} 筆")


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
