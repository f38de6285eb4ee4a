"""Step 3 of an import: the preview, the choices, and the only button that stores."""

from dataclasses import replace

import streamlit as st

from pages.importing.mapping import Mapping
from pages.importing.notices import show_late, show_sheets, show_unmapped
from pages.importing.preview import show_counts, show_flags, show_good, show_rejected
from pages.importing.steps import step_box
from pages.importing.task import Task, with_progress
from pages.shared.feedback import showing_errors
from pages.shared.session import current_actor
from services.actor import Actor
from services.usage.importing.preview import Preview
from services.usage.importing.scan import Progress
from services.usage.importing.service import store

ALL, GOOD = "全部正確才匯入", "只匯入正確的列"
EACH, ONE = "一列一筆", "只算一筆"


def confirm(actor: Actor, task: Task | None, mapping: Mapping | None) -> None:
    """Step 3: the preview, the choice, the button that stores."""
    with step_box("③ 預覽與匯入"):
        if task is None or mapping is None or task.preview is None:
            st.caption(
                "按「檢查檔案」後，這裡會列出將存入、重複與不能匯入的列；檢查時不會存入任何資料。"
            )
            return
        key, found = task.preview
        if key != mapping.key:
            st.caption("來源、欄位或單位的對應改過了，請再按一次「檢查檔案」。")
            return
        show_sheets(found.sheets)
        show_unmapped(found.unmapped)
        show_late(found.late)
        alike_are_one = _ask_alike(found)
        if alike_are_one:
            found = replace(
                found,
                stored=found.stored - found.alike_stored,
                duplicates=found.duplicates + found.alike_stored,
            )
            mapping = replace(mapping, how=replace(mapping.how, alike_are_one=True))
        show_counts(found, "將存入")
        show_flags(found)
        show_rejected(actor, task, found, key)
        show_good(found)
        _store(task, mapping, found)


def _ask_alike(found: Preview) -> bool:
    """Ask what rows alike in everything are, where there are any; True when they are one record."""
    if not found.alike:
        return False
    st.info(
        f"有 {found.alike:,} 列與前面的列完全相同，檔案裡也沒有序號可以分辨。同一分鐘查了幾次就會這樣；"
        "同一份紀錄若被貼上兩次，也會這樣。",
        icon=":material/content_copy:",
    )
    choice = st.radio(
        "完全相同的列", [EACH, ONE], horizontal=True, key="import.alike", persist_state="session"
    )
    return choice == ONE


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
            how=mapping.how,
        )

    disabled = blocked or not found.stored
    if st.button("匯入", type="primary", icon=":material/upload:", disabled=disabled):
        with showing_errors():
            with_progress(work)
            st.rerun()
