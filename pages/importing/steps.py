"""The first two steps of an import: system and file, columns and units; the button judges the file."""

from typing import Any

import streamlit as st

from pages.importing.mapping import (
    Mapping,
    choose_columns,
    choose_units,
    choose_unsaid,
    show_kind,
)
from pages.importing.notices import show_imported_before
from pages.importing.task import Task, current_task, forget_file, uploader_key, with_progress
from pages.shared.feedback import showing_errors
from pages.shared.text import plain
from services.actor import Actor
from services.usage.importing.preview import preview
from services.usage.importing.scan import Progress, Reading
from services.usage.importing.sources import NAME_MAX, SourceInfo

NEW = "新的系統…"


def step_box(title: str) -> Any:
    """Return the frame of one step."""
    box = st.container(border=True)
    box.subheader(title, anchor=False)
    return box


def choose_file(actor: Actor, sources: list[SourceInfo]) -> tuple[str, Task | None]:
    """Step 1: from which system, and which file."""
    with step_box("① 選擇來源與檔案"):
        left, right = st.columns(2)
        with left:
            source = _choose_source(sources)
        uploaded = right.file_uploader(
            "使用紀錄檔（CSV、XLSX 或 ODS，200 MB 以內）",
            # What cannot be read may come too, so that we say what it is.
            type=["csv", "txt", "tsv", "xlsx", "ods", "xls", "xml", "htm", "html", "fods"],
            help="CSV（UTF-8、Big5 或 UTF-16）、XLSX 或 ODS；依內容判讀，不看副檔名。",
            key=uploader_key(),
            on_change=forget_file,
        )
        task = None
        with showing_errors():
            task = current_task(actor, uploaded)
        if task is not None and uploaded is None:
            right.caption(f"目前的檔案：{plain(task.file_name)}")
        if task is not None:
            show_imported_before(task.head.imported_before)
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
    with step_box("② 核對欄位與單位"):
        if task is None:
            st.caption("選擇檔案後，這裡會列出每個欄位對應到檔案的哪一欄。")
            return None
        show_kind(actor, task)
        columns = choose_columns(task)
        unsaid = choose_unsaid(task, columns)
        how = Reading(task.head.delimiter, unsaid=unsaid, unsaid_as_found=False)
        mapping = Mapping(source, columns, choose_units(actor, task), how)
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
            mapping.how,
        )
        task.preview = (mapping.key, found)
        task.unknown_units |= found.unknown_units
        task.unmapped |= {column.heading for column in found.unmapped}

    with_progress(work)
