"""登錄提報, 通報, 補救, 結果 and 結案: what each asks, for the incident as it stood on screen."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.incidents.words import BUTTONS, ICONS
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.period import typed_day
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.documents.files import ACCEPTED, LARGEST
from services.incidents.acting import LETTER_MAX, MOST_FILES, NOTE_MAX, close_incident, take_step
from services.incidents.view import IncidentView
from services.incidents.words import IncidentStatus
from services.regulation.incidents import Step

_STEP, _CLOSE = "incident.step", "incident.close"


def act_buttons(view: IncidentView) -> None:
    """Show the buttons of an open incident; what is due comes as the coloured one."""
    if view.status is not IncidentStatus.OPEN or not view.may_handle:
        return
    due = view.missing[0].step if view.missing else None
    with st.container(horizontal=True):
        for step in Step:
            st.button(
                BUTTONS[step],
                icon=ICONS[step],
                type="primary" if step is due else "secondary",
                key=f"act.{step.value}",
                on_click=open_dialog,
                args=(_STEP, view, step),
            )
        st.button(
            "結案",
            icon=":material/task_alt:",
            type="secondary" if view.missing else "primary",
            disabled=bool(view.missing),
            help="應辦的步驟都登錄後才能結案。" if view.missing else None,
            key="act.close",
            on_click=open_dialog,
            args=(_CLOSE, view),
        )


def show_act_dialog() -> None:
    """Show the dialog that is open, about the incident as it was when it was opened."""
    if (about := opened(_STEP)) is not None:
        _ask_step(*about)
    elif (about := opened(_CLOSE)) is not None:
        _ask_close(*about)


def _ask_step(view: IncidentView, step: Step) -> None:
    @st.dialog(BUTTONS[step], icon=ICONS[step], on_dismiss=close_dialog)
    def ask() -> None:
        st.markdown(f"**{plain(view.number)}**　{plain(view.person)}　{step.label}")
        day = st.text_input(
            "辦理日期",
            placeholder="115/11/20",
            help=f"{rocdate.roc_date(view.earliest)} 起至今天；以文件上的日期為準。",
            max_chars=20,
            key="step.day",
        )
        note = st.text_area("辦理情形", max_chars=NOTE_MAX, key="step.note")
        letter = st.text_input(
            "公文字號",
            placeholder="府授政查字第1156012388號",
            max_chars=LETTER_MAX,
            key="step.letter",
        )
        uploaded = st.file_uploader(
            f"佐證檔案（PDF、JPEG 或 PNG，各 {LARGEST // 1024 // 1024} MB 以內，"
            f"最多 {MOST_FILES} 個）",
            type=[suffix[1:] for suffixes in ACCEPTED.values() for suffix in suffixes],
            accept_multiple_files=True,
            max_upload_size=LARGEST // 1024 // 1024,
            key="step.files",
        )
        st.caption("公文字號與佐證檔案至少一項；登錄後不能更改，要更正請再登錄一次。")
        with showing_errors():
            if st.button("登錄", type="primary", icon=ICONS[step], key="step.do"):
                take_step(
                    current_actor(),
                    view.id,
                    view.revision,
                    step,
                    typed_day("辦理日期", day or ""),
                    note or "",
                    letter or "",
                    _files(uploaded),
                )
                _done(f"已登錄{step.label}。")

    ask()


def _files(uploaded: Sequence[Any] | None) -> list[tuple[str, bytes]]:
    return [(file.name, file.getvalue()) for file in uploaded or ()]


def _ask_close(view: IncidentView) -> None:
    @st.dialog("結案", icon=":material/task_alt:", on_dismiss=close_dialog)
    def ask() -> None:
        st.markdown(
            f"**{plain(view.number)}**　{plain(view.person)}　應辦的步驟都已登錄。"
            "結案後不能再登錄；同一件稽核又判定缺失時會重新處理。"
        )
        note = st.text_area("結案說明", max_chars=NOTE_MAX, key="close.note")
        with showing_errors():
            if st.button("確定結案", type="primary", icon=":material/task_alt:", key="close.do"):
                close_incident(current_actor(), view.id, view.revision, note or "")
                _done("已結案。")

    ask()


def _done(sentence: str) -> None:
    close_dialog()
    notify(sentence)
    st.rerun()
