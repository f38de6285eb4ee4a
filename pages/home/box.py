"""One thing to do or to wait for, as 待辦 shows it."""

import streamlit as st

from pages.shared.badges import Colour
from pages.shared.registry import PAGES, file_of
from pages.shared.text import plain
from services.actor import Actor
from services.schedule.words import Task, TaskKind, TaskState, due_words

_SAYS_ITS_DAY = {TaskKind.LEAVING}
"""Kinds whose words name the day already."""


def show_task(actor: Actor, task: Task) -> None:
    """Show one thing to do or to wait for, with its day and the way to it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.badge(_state(task, actor), color=_colour(task))
        st.markdown(_words(task), width="stretch")
        if _is_open(actor, task.page):
            st.page_link(
                file_of(task.page),
                label=task.link,
                icon=":material/arrow_forward:",
                query_params=dict(task.fields),
            )


def _state(task: Task, person: Actor) -> str:
    """Say how it stands; of what is late also for how long."""
    if not task.late:
        return task.state.label
    days = task.days_late(person.today)
    return f"{TaskState.OVERDUE.label} {days:,} 天" if days else TaskState.OVERDUE.label


def _colour(task: Task) -> Colour:
    if task.late:
        return "red"
    return "orange" if task.is_owed else "gray"


def _words(task: Task) -> str:
    before, _, after = task.words.partition(task.strong)
    if task.waits_for and task.waits_for not in task.words:
        after += f"，等待{task.waits_for}辦理"
    day = "" if task.due is None or task.kind in _SAYS_ITS_DAY else f"，{due_words(task.due)}"
    # Where the name stands in the middle, the space before it would be lost on its own.
    said = f"{plain(before)}{' ' if before.endswith(' ') else ''}**{plain(task.strong)}**"
    gap = "　" if after.startswith("　") else " " if after.startswith(" ") else ""
    return f"{said}{gap}{plain(after)}{plain(day)}"


def _is_open(actor: Actor, address: str) -> bool:
    return any(entry.address == address and entry.open_to(actor) for entry in PAGES)
