"""The one list of people on the screen: its file, what was found out about it, what came of it."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared.session import current_actor
from services.actor import Actor
from services.applications.bulk.listing import PeoplePreview, preview_people
from services.applications.bulk.sending import SentIn
from services.errors import UserError

_TASK, _NUMBER = "people.task", "people.number"


@dataclass
class Task:
    """One uploaded list with what was found out about it."""

    file_id: str
    file_name: str
    data: bytes
    preview: PeoplePreview | None
    problem: str = ""
    sent: tuple[SentIn, ...] | None = None


def kept_task() -> Task | None:
    """Return the list that is on the screen."""
    kept: Task | None = st.session_state.get(_TASK)
    return kept


def uploader_key() -> str:
    """Return the uploader's key, another one for every list."""
    return f"people.file.{st.session_state.get(_NUMBER, 0)}"


def task_of(actor: Actor, uploaded: Any) -> Task | None:
    """Return what is known of the file; it is read only when it is new."""
    kept = kept_task()
    if uploaded is None or (kept is not None and kept.file_id == uploaded.file_id):
        return kept
    made = Task(uploaded.file_id, uploaded.name, uploaded.getvalue(), None)
    _judge(actor, made)
    st.session_state[_TASK] = made
    return made


def _judge(actor: Actor, task: Task) -> None:
    with st.spinner("正在檢查名單…"):
        try:
            task.preview, task.problem = preview_people(actor, task.data), ""
        except UserError as wrong:
            task.preview, task.problem = None, str(wrong)


def judge_again() -> None:
    """Judge the same file by what is stored now (for ``on_click``)."""
    kept = kept_task()
    if kept is not None:
        _judge(current_actor(), kept)


def forget() -> None:
    """Let go of a file that was taken away (for ``on_change``)."""
    st.session_state.pop(_TASK, None)


def start_again() -> None:
    """Let go of the file and of the links that were shown (for ``on_click``)."""
    forget()
    st.session_state[_NUMBER] = st.session_state.get(_NUMBER, 0) + 1
