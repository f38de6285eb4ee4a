"""Step 2: which column holds what, and which unit an unknown name means."""

from dataclasses import dataclass

import streamlit as st

from pages.importing.task import Task
from pages.shared.text import plain
from services.actor import Actor
from services.usage.importing.columns import FIELDS, REQUIRED
from services.usage.importing.preview import list_units

_MOST_UNITS = 50


@dataclass(frozen=True)
class Mapping:
    """What was chosen on the page."""

    source: str
    columns: dict[str, int | None]
    units: dict[tuple[str, str], int]

    @property
    def key(self) -> tuple[object, ...]:
        """What a preview made with this mapping is kept with."""
        return self.source, tuple(self.columns.items()), tuple(self.units.items())


def headings(task: Task) -> list[str]:
    """Return a name for every column, each another one: ``C　使用單位``."""
    width = max([len(task.head.header.cells), *map(len, task.head.rows)])
    cells = [*task.head.header.cells, *[""] * (width - len(task.head.header.cells))]
    return [f"{_letter(index)}　{cell}".strip() for index, cell in enumerate(cells)]


def choose_columns(task: Task) -> dict[str, int | None]:
    """Show a box for every field, with the column its header was matched to."""
    names = headings(task)[: len(task.head.header.cells)]
    st.caption(
        f"{plain(task.head.kind)}，標題列是第 {task.head.header.row:,} 列，"
        f"已自動對應 {len(task.head.columns)} 個欄位；標 * 的必須對應（機關與單位至少一項）。"
    )
    chosen: dict[str, int | None] = {}
    grid = st.columns(4)
    for place, item in enumerate(FIELDS):
        guessed = task.head.columns.get(item.name)
        chosen[item.name] = grid[place % 4].selectbox(
            item.label + (" *" if item.name in REQUIRED else ""),
            [None, *range(len(names))],
            index=0 if guessed is None else guessed + 1,
            format_func=lambda column: "（不使用）" if column is None else names[column],
            key=f"import.column.{task.file_id}.{item.name}",
            persist_state="session",
        )
    with st.expander("檔案的前幾列", icon=":material/table_rows:"):
        st.dataframe(
            [dict(zip(headings(task), row, strict=False)) for row in task.head.rows],
            hide_index=True,
        )
    return chosen


def choose_units(actor: Actor, task: Task) -> dict[tuple[str, str], int]:
    """Show a box for every agency and unit that is not known here; empty before the first check."""
    if not task.unknown_units:
        return {}
    st.markdown("**檔案裡有本系統沒有的單位**")
    st.caption("可以指定它是哪一個單位；不指定的話，這些列不能匯入。")
    units = {unit.id: unit.label for unit in list_units(actor)}
    chosen: dict[tuple[str, str], int] = {}
    most = sorted(task.unknown_units.items(), key=lambda pair: -pair[1])
    for texts, rows in most[:_MOST_UNITS]:
        name = " ".join(text or "（空白）" for text in texts)
        unit_id = st.selectbox(
            f"{plain(name)}（{rows:,} 列）",
            [None, *units],
            format_func=lambda choice: "（不匯入這些列）" if choice is None else units[choice],
            key=f"import.unit.{task.file_id}.{texts!r}",
            persist_state="session",
        )
        if unit_id is not None:
            chosen[texts] = unit_id
    if len(most) > _MOST_UNITS:
        st.caption(
            f"另有 {len(most) - _MOST_UNITS:,} 個單位未列出；單位這麼多時，請先核對欄位是否對應正確。"
        )
    return chosen


def _letter(index: int) -> str:
    """The spreadsheet's letter of a column: A, B, … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
