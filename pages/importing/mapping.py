"""Step 2: which column holds what, and which unit an unknown name means."""

from dataclasses import dataclass

import streamlit as st

from pages.importing.notices import show_sheets_ahead
from pages.importing.task import Task
from pages.shared.feedback import showing_errors
from pages.shared.text import plain
from services.actor import Actor
from services.usage.importing.delimiters import DELIMITERS
from services.usage.importing.fields import FIELDS, REQUIRED, says_of_the_file
from services.usage.importing.preview import list_units
from services.usage.importing.scan import Reading, letter

_MOST_UNITS = 50


@dataclass(frozen=True)
class Mapping:
    """What was chosen on the page."""

    source: str
    columns: dict[str, int | None]
    units: dict[tuple[str, str], int]
    how: Reading

    @property
    def key(self) -> tuple[object, ...]:
        """What a preview made with this mapping is kept with."""
        return self.source, tuple(self.columns.items()), tuple(self.units.items()), self.how


def headings(task: Task) -> list[str]:
    """Return a name for every column, each another one: ``C　使用單位``."""
    width = max([len(task.head.header.cells), *map(len, task.head.rows)])
    cells = [*task.head.header.cells, *[""] * (width - len(task.head.header.cells))]
    return [f"{letter(index)}　{cell}".strip() for index, cell in enumerate(cells)]


def show_kind(actor: Actor, task: Task) -> None:
    """Say what the file is, beside what separates its cells."""
    said, chosen = st.columns([3, 1], vertical_alignment="bottom")
    with chosen:
        _choose_delimiter(actor, task)
    with said:
        st.caption(
            f"{plain(task.head.kind)}，標題列是第 {task.head.header.row:,} 列，"
            f"已自動對應 {len(task.head.columns)} 個欄位；標 * 的必須對應（機關與單位至少一項）。"
        )
        show_sheets_ahead(task)


def _choose_delimiter(actor: Actor, task: Task) -> None:
    """Let what separates the cells of a CSV file be chosen; the one found stands there first."""
    found = task.head.delimiter
    if found is None:
        return
    chosen = st.selectbox(
        "分隔符號",
        list(DELIMITERS),
        index=list(DELIMITERS).index(found),
        format_func=DELIMITERS.__getitem__,
        help="已依標題判斷；欄位沒有分開時再改選。",
        key=f"import.delimiter.{task.file_id}",
        persist_state="session",
    )
    if chosen != found:
        with showing_errors():
            task.read_with(actor, chosen)


def choose_columns(task: Task) -> dict[str, int | None]:
    """Show a box for every field, with the column its header was matched to."""
    names = headings(task)[: len(task.head.header.cells)]
    separator = ord(task.head.delimiter or " ")
    chosen: dict[str, int | None] = {}
    grid = st.columns(4)
    for place, item in enumerate(FIELDS):
        guessed = task.head.columns.get(item.name)
        chosen[item.name] = grid[place % 4].selectbox(
            item.label + (" *" if item.name in REQUIRED else ""),
            [None, *range(len(names))],
            index=0 if guessed is None else guessed + 1,
            format_func=lambda column: "（不使用）" if column is None else names[column],
            key=f"import.column.{task.file_id}.{separator}.{item.name}",
            persist_state="session",
        )
    with st.expander("檔案的前幾列", icon=":material/table_rows:"):
        st.dataframe(
            [dict(zip(headings(task), row, strict=False)) for row in task.head.rows],
            hide_index=True,
        )
    return chosen


def choose_unsaid(task: Task, columns: dict[str, int | None]) -> frozenset[str]:
    """Name the columns without a field, and let those be set aside that say nothing of the record."""
    cells, used = task.head.header.cells, set(columns.values())
    names = [
        cell
        for index, cell in enumerate(cells)
        if cell
        and index not in used
        and (
            cell in task.unmapped
            or any(index < len(row) and row[index].strip() for row in task.head.rows)
        )
    ]
    if not names:
        return frozenset()
    chosen = st.multiselect(
        f"有資料但沒有對應的 {len(names)} 欄，都會用來分辨是不是同一筆；與紀錄無關的請在此排除",
        list(dict.fromkeys(names)),
        default=[name for name in dict.fromkeys(names) if says_of_the_file(name)],
        placeholder=f"{'、'.join(names[:6])}{'…' if len(names) > 6 else ''}",
        help="例如匯出時間、製表人：同一筆紀錄每次匯出都不同，不排除就會存入兩次。",
        key=f"import.unsaid.{task.file_id}",
        persist_state="session",
    )
    return frozenset(chosen)


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
