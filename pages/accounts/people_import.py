"""匯入名單: a list of people becomes applications; only the button under the preview sends them in."""

import streamlit as st

from pages.accounts.people_sent import show_sent
from pages.accounts.people_task import (
    Task,
    forget,
    judge_again,
    kept_task,
    start_again,
    task_of,
    uploader_key,
)
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.export import export_button
from pages.shared.feedback import showing_errors
from pages.shared.session import current_actor
from pages.shared.tables import table_height
from pages.shared.text import plain
from services.actor import Actor
from services.applications.bulk.columns import HEADERS, template
from services.applications.bulk.listing import MOST_BYTES, MOST_ROWS, PeoplePreview
from services.applications.bulk.rows import Fate, RowFate
from services.applications.bulk.sending import send_people
from services.errors import Invalid
from services.identity.links import can_mail

_DIALOG = "people.send"
_COLUMNS = ("檔案列號", "結果", "說明", "姓名", "員工編號", "帳號", "單位")
_WITHOUT_MAIL = "本系統未設定寄信：送出後會列出每一案的連結一次，請交給申請人本人；這些申請案須由其他管理者完成辦理。"


def people_import(actor: Actor) -> None:
    """Show the list's way: template, file, preview, sending in; or what came of it."""
    kept = kept_task()
    if kept is not None and kept.sent is not None:
        show_sent(actor, kept.sent, start_again)
        return
    st.markdown(
        "把機關的人員名單匯入成**一般使用者的新增帳號申請**，限您職責範圍內的單位；"
        "每一案仍由單位主管核可，匯入的人不能核可。"
    )
    st.caption(f"欄位：{'、'.join(HEADERS)}；授權項目以「、」分隔，一次最多 {MOST_ROWS:,} 人。")
    st.download_button(
        "下載範本",
        template,
        file_name="匯入名單範本.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="people.template",
    )
    uploaded = st.file_uploader(
        f"人員名單（CSV、XLSX 或 ODS，{MOST_BYTES // 1_000_000} MB 以內）",
        type=["csv", "txt", "xlsx", "ods"],
        help="CSV（UTF-8、Big5 或 UTF-16）、XLSX 或 ODS；依內容判讀，不看副檔名。",
        key=uploader_key(),
        on_change=forget,
    )
    task = task_of(actor, uploaded)
    if task is not None:
        with showing_errors():
            _show(actor, task)


def _show(actor: Actor, task: Task) -> None:
    if task.preview is None:
        raise Invalid(task.problem)
    found = task.preview
    st.markdown(f"**{plain(task.file_name)}**　{plain(found.kind)}")
    with st.container(horizontal=True):
        st.metric("讀取", f"{len(found.rows):,} 人", border=True)
        for fate in Fate:
            st.metric(fate.label, f"{found.counts[fate]:,} 人", border=True)
    st.dataframe(
        [dict(zip(_COLUMNS, _cells(row), strict=True)) for row in found.rows],
        hide_index=True,
        column_config={"說明": st.column_config.TextColumn(width="large")},
        height=table_height(len(found.rows), 440),
        alt="名單每一列的結果",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"送出申請（{len(found.good):,} 件）",
            type="primary",
            icon=":material/send:",
            key="people.send",
            disabled=not found.good,
            on_click=open_dialog,
            args=(_DIALOG,),
        )
        st.button(
            "重新檢查",
            icon=":material/rule:",
            key="people.again",
            on_click=judge_again,
        )
        rows = [_cells(row) for row in found.rows if row.fate is not Fate.SEND]
        if rows:
            export_button(actor, "匯出不送出的列", "匯入名單-不送出的列", _COLUMNS, rows)
    if not found.good:
        st.info("沒有可以送出的列；請依說明修正檔案後重新上傳。", icon=":material/edit_note:")
    if opened(_DIALOG) is not None:
        _confirm(task, found)


def _cells(one: RowFate) -> tuple[object, ...]:
    return (one.row.number, one.fate.label, one.why, *one.row.cells)


def _confirm(task: Task, found: PeoplePreview) -> None:
    @st.dialog("送出申請", icon=":material/send:", on_dismiss=close_dialog)
    def ask() -> None:
        left = len(found.rows) - len(found.good)
        st.markdown(
            f"將以您的名義代為送出 **{len(found.good):,}** 件新增帳號申請"
            + (f"，另有 {left:,} 列不送出" if left else "")
            + "。送出後不能整批收回，只能由申請人各自撤回，或由承辦的人駁回。"
        )
        st.info(
            "每位申請人會收到確認的郵件，確認後才開始辦理。" if can_mail() else _WITHOUT_MAIL,
            icon=":material/mail:",
        )
        if st.button("送出申請", type="primary", icon=":material/send:", key="people.do"):
            with showing_errors():
                with st.spinner("正在送出申請…"):
                    task.sent = send_people(current_actor(), task.file_name, task.data, found.good)
                close_dialog()
                st.rerun()

    ask()
