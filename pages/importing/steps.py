"""The three steps of an import; only the button at the end of the third stores anything."""

from typing import Any

import streamlit as st

from pages.importing.mapping import Mapping, choose_columns, choose_units
from pages.importing.preview import show_counts, show_flags, show_good, show_rejected
from pages.importing.task import Task, current_task, forget_file, uploader_key, with_progress
from pages.shared.feedback import showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.actor import Actor
from services.usage.importing.preview import Preview, preview
from services.usage.importing.scan import Progress
from services.usage.importing.service import store
from services.usage.importing.sources import NAME_MAX, SourceInfo

ALL, GOOD = "全部正確才匯入", "只匯入正確的列"
NEW = "新的系統…"


def _step(title: str) -> Any:
    box = st.container(border=True)
    box.subheader(title, anchor=False)
    return box


def choose_file(actor: Actor, sources: list[SourceInfo]) -> tuple[str, Task | None]:
    """Step 1: from which system, and which file."""
    with _step("① 選擇來源與檔案"):
        left, right = st.columns(2)
        with left:
            source = _choose_source(sources)
        uploaded = right.file_uploader(
            "使用紀錄檔（CSV、XLSX 或 ODS，200 MB 以內）",
            type=["csv", "txt", "tsv", "xlsx", "ods"],
            help="CSV（UTF-8、Big5 或 UTF-16）、XLSX 或 ODS；依內容判讀，不看副檔名。",
            key=uploader_key(),
            on_change=forget_file,
        )
        task = None
        with showing_errors():
            task = current_task(actor, uploaded)
        if task is not None and uploaded is None:
            right.caption(f"目前的檔案：{plain(task.file_name)}")
    return source, task


def _choose_source(sources: list[SourceInfo]) -> str:
    """Return the name of a known system, or of a new one: typed apart, so that no slip makes one."""
    chosen = st.selectbox(
        "來源系統",
        [*(source.name for source in sources), NEW],
        help="同一個系統請用同一個名稱：重複的列是在同一個來源裡比對的。",
        key="import.source_name",
        persist_state="session",
    )
    if chosen != NEW:
        return chosen or ""
    typed = st.text_input(
        "新系統的名稱",
        max_chars=NAME_MAX,
        placeholder="例如：臺北市政府資料整合平臺",
        key="import.new_source",
        persist_state="session",
    )
    return (typed or "").strip()


def map_file(actor: Actor, task: Task | None, source: str) -> Mapping | None:
    """Step 2: the columns and the unknown units; the button judges the whole file."""
    with _step("② 核對欄位與單位"):
        if task is None:
            st.caption("選擇檔案後，這裡會列出每個欄位對應到檔案的哪一欄。")
            return None
        mapping = Mapping(source, choose_columns(task), choose_units(actor, task))
        if not source:
            st.caption("請先在第一步選擇或填寫來源系統。")
        checked = task.preview is not None and task.preview[0] == mapping.key
        if st.button(
            "檢查檔案",
            type="secondary" if checked else "primary",
            icon=":material/rule:",
            disabled=not source,
        ):
            with showing_errors():
                _check(actor, task, mapping)
                st.rerun()
        return mapping


def _check(actor: Actor, task: Task, mapping: Mapping) -> None:
    def work(progress: Progress) -> None:
        found = preview(
            actor,
            mapping.source,
            task.file_name,
            task.data,
            mapping.columns,
            mapping.units,
            progress,
        )
        task.preview = (mapping.key, found)
        task.unknown_units |= found.unknown_units

    with_progress(work)


def confirm(actor: Actor, task: Task | None, mapping: Mapping | None) -> None:
    """Step 3: the preview, the choice, the button that stores."""
    with _step("③ 預覽與匯入"):
        if task is None or mapping is None or task.preview is None:
            st.caption(
                "按「檢查檔案」後，這裡會列出將存入、重複與不能匯入的列；檢查時不會存入任何資料。"
            )
            return
        key, found = task.preview
        if key != mapping.key:
            st.caption("來源、欄位或單位的對應改過了，請再按一次「檢查檔案」。")
            return
        show_counts(found, "將存入")
        show_flags(found)
        show_rejected(actor, task, found, key)
        show_good(found)
        _store(task, mapping, found)


def _store(task: Task, mapping: Mapping, found: Preview) -> None:
    choice = st.radio(
        "匯入方式", [ALL, GOOD], horizontal=True, key="import.choice", persist_state="session"
    )
    blocked = choice == ALL and found.rejected > 0
    if blocked:
        st.caption(f"有 {found.rejected:,} 列不能匯入：請修正檔案後重新上傳，或改選「{GOOD}」。")
    elif not found.stored:
        st.caption("沒有新的列可以存入。")

    def work(progress: Progress) -> None:
        task.result = store(
            current_actor(),
            mapping.source,
            task.file_name,
            task.data,
            mapping.columns,
            mapping.units,
            only_good=choice == GOOD,
            progress=progress,
        )

    disabled = blocked or not found.stored
    if st.button("匯入", type="primary", icon=":material/upload:", disabled=disabled):
        with showing_errors():
            with_progress(work)
            st.rerun()
