"""What the dialogs about an application ask, and the one button that acts."""

from collections.abc import Callable

import streamlit as st

from pages.shared.dialogs import close_dialog
from pages.shared.feedback import notify, show_error, showing_errors
from services.applications import acting
from services.documents.files import ACCEPTED, LARGEST, Paper, read_paper
from services.errors import UserError

_TYPES = sorted({suffix.lstrip(".") for names in ACCEPTED.values() for suffix in names})
_MEGABYTES = LARGEST // 1024 // 1024
SCANS = f"PDF、JPEG 或 PNG，{_MEGABYTES} MB 以內"
"""What a scan may be, for the label of every question for one."""


def act_button(label: str, act: Callable[[], object], said: str, disabled: bool = False) -> None:
    """The one button that acts: the service's sentence stays in the dialog, success closes it."""
    if st.button(label, type="primary", key="dialog.do", disabled=disabled):
        with showing_errors():
            act()
            close_dialog()
            notify(said)
            st.rerun()


def ask_note(label: str = "說明（可不填）") -> str:
    """Ask for a note, a reason or what was said."""
    return st.text_area(label, key="dialog.note", max_chars=acting.NOTE_MAX) or ""


def ask_scan(label: str, key: str = "dialog.scan") -> Paper | None:
    """Ask for a scan; what is no such file is told at once."""
    file = st.file_uploader(label, type=_TYPES, key=key, max_upload_size=_MEGABYTES)
    if file is None:
        return None
    try:
        return read_paper(file.name, file.getvalue())
    except UserError as error:
        show_error(error)
        return None


def the_scan(scan: Paper | None) -> Paper:
    """Return the scan without which the button cannot be pressed."""
    assert scan is not None  # the button is disabled without it
    return scan
