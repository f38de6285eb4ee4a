"""匯入人事異動: a file of personnel changes, what becomes of every row, and one button that stores."""

import streamlit as st

from pages.shared.export import export_button
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.tables import table_height, with_times
from services import rocdate
from services.accounts.leaving.file_rows import MOST_BYTES
from services.accounts.leaving.importing import (
    Fate,
    Judged,
    JudgedRow,
    preview_leavings,
    store_leavings,
)
from services.actor import Actor

_NUMBER = "leaving.file.number"
COLUMNS = ("檔案列號", "結果", "說明", "員工編號", "姓名（帳號）", "類別", "生效日期", "備註")


def leaving_import(actor: Actor) -> None:
    """Offer the import; nothing is stored before the button at its end."""
    number = st.session_state.get(_NUMBER, 0)
    with st.expander("匯入人事異動", icon=":material/upload_file:", key="leaving.import"):
        st.caption(
            "CSV（UTF-8 或 Big5）、XLSX 或 ODS，標題列有「員工編號」「類別」「生效日期」"
            "（可加「備註」）；類別填離職或異動，生效日期填在現職的最後一日，"
            "如 115/11/30 或 2026-11-30。"
        )
        uploaded = st.file_uploader(
            f"人事異動檔（{MOST_BYTES // 1_000_000} MB 以內）",
            type=["csv", "txt", "xlsx", "ods"],
            key=f"leaving.file.{number}",
        )
        if uploaded is None:
            return
        data = uploaded.getvalue()
        with showing_errors():
            judged = preview_leavings(actor, data)
            _show(actor, judged)
            if st.button(
                "匯入",
                type="primary",
                icon=":material/upload:",
                key="leaving.store",
                disabled=not judged.to_store,
            ):
                store_leavings(current_actor(), data, expected=judged.to_store)
                st.session_state[_NUMBER] = number + 1
                notify(f"已登錄 {len(judged.to_store):,} 筆離職或異動。")
                st.rerun()


def _show(actor: Actor, judged: Judged) -> None:
    with st.container(horizontal=True):
        st.metric("讀取", f"{len(judged.rows):,} 列", border=True)
        for fate in Fate:
            st.metric(fate.label, f"{judged.count(fate):,} 列", border=True)
    wrong = [_cells(row) for row in judged.rows if row.fate is Fate.REJECTED]
    if wrong:
        export_button(actor, "匯出不能匯入的列", "人事異動-不能匯入", COLUMNS, wrong)
    st.dataframe(
        with_times(
            [
                dict(zip(COLUMNS, _cells(row), strict=True)) | {"生效日期": row.effective_on}
                for row in judged.rows
            ]
        ),
        hide_index=True,
        height=table_height(len(judged.rows), 330),
        column_config={"說明": st.column_config.TextColumn(width="large")},
        alt="人事異動檔各列的結果",
    )


def _cells(row: JudgedRow) -> tuple[str, ...]:
    day = rocdate.roc_date(row.effective_on) if row.effective_on else row.day
    return (
        str(row.number),
        row.fate.label,
        row.reason,
        row.staff_no,
        row.person,
        row.kind,
        day,
        row.note,
    )
