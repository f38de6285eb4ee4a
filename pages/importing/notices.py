"""What has to be known of a file before it is stored: earlier imports, sheets, columns without a field."""

from collections.abc import Sequence

import streamlit as st

from pages.importing.task import Task
from pages.shared.text import plain
from services.usage.importing.history import PastImport
from services.usage.importing.late import LateRows
from services.usage.importing.scan import Unmapped
from services.usage.importing.sheets import SheetInfo

_MOST_NAMED = 12


def show_imported_before(imports: Sequence[PastImport]) -> None:
    """Say who imported the very same file before, and when."""
    if imports:
        lines = [plain(past.sentence) for past in imports]
        st.info(
            "這個檔案先前匯入過；以同一個來源、同樣的欄位對應再匯入，不會重複存入：\n\n"
            + "\n".join(f"- {line}" for line in lines),
            icon=":material/history:",
        )


def show_sheets_ahead(task: Task) -> None:
    """Name the sheets that will be read and those that will not, before the file is checked."""
    head = task.head
    if not head.sheet or not (head.other_sheets or head.left_out):
        return
    read = "、".join(plain(name) for name in (head.sheet, *head.other_sheets))
    words = f"讀取 {1 + len(head.other_sheets)} 張工作表：{read}。"
    if head.left_out:
        left = "、".join(f"{plain(name)}（{why}）" for name, why in head.left_out.items())
        words += f"不讀取：{left}。"
    st.caption(words)


def show_sheets(sheets: Sequence[SheetInfo]) -> None:
    """List every sheet of a workbook with its rows, or why none was read."""
    if len(sheets) < 2:
        return
    st.markdown("**工作表**")
    st.dataframe(
        [
            {
                "工作表": sheet.name,
                "讀取": sheet.read,
                "說明": f"不讀取：{sheet.left_out}" if sheet.left_out else "已讀取",
            }
            for sheet in sheets
        ],
        hide_index=True,
        column_config={"讀取": st.column_config.NumberColumn(format="localized")},
        alt="工作表",
    )


def show_late(late: Sequence[LateRows]) -> None:
    """Say which rows come too late for an audit whose frame is frozen, and what becomes of them."""
    if not late:
        return
    lines = [plain(one.sentence) for one in late[:_MOST_NAMED]]
    if len(late) > _MOST_NAMED:
        rows = sum(one.rows for one in late[_MOST_NAMED:])
        lines.append(f"另有 {len(late) - _MOST_NAMED:,} 個單位的季別已凍結，{rows:,} 筆不列入")
    st.warning(
        "有些列屬於母體已凍結的季別。仍會存入，但原來的稽核抽不到；由該單位另辦補充稽核，"
        "未辦者由機關稽核列為單位稽核未完成：\n\n" + "\n".join(f"- {line}" for line in lines),
        icon=":material/move_to_inbox:",
    )


def show_unmapped(unmapped: Sequence[Unmapped], *, stored: bool = False) -> None:
    """Name the columns that hold data and have no field; what to do about them until it is stored."""
    if not unmapped:
        return
    named = [
        f"{column.letter} {plain(column.heading or '（無標題）')} {column.rows:,} 列"
        f"（例如 {plain(column.example)}）"
        for column in unmapped[:_MOST_NAMED]
    ]
    more = f"等 {len(unmapped):,} 欄" if len(unmapped) > _MOST_NAMED else ""
    what_now = (
        "內容沒有存入，只用來分辨是不是同一筆。"
        if stored
        else "內容不會存入，只用來分辨是不是同一筆；其中若有公文號、原因等，請在第二步對應後再檢查。"
    )
    st.info(
        f"有資料但沒有對應欄位：{'、'.join(named)}{more}。{what_now}",
        icon=":material/view_column:",
    )
