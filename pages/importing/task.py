"""The one import on the screen: its file, and what was found out about it so far.

A file is read only when it is new or a button asks for it. What was found is kept in the session
with everything it depends on, so a rerun reads nothing, and leaving the page loses nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from services.actor import Actor
from services.errors import Invalid
from services.usage.importing.preview import FileHead, Preview, inspect_file
from services.usage.importing.scan import Progress
from services.usage.importing.service import ImportResult

_KEY, _PROBLEM, _NUMBER = "import.task", "import.problem", "import.number"


@dataclass
class Task:
    """One uploaded file with all that is known of it; another file is another task."""

    file_id: str
    file_name: str
    data: bytes
    head: FileHead
    preview: tuple[Any, Preview] | None = None
    """The newest preview, and what it was made of."""
    unknown_units: dict[tuple[str, str], int] = field(default_factory=dict)
    """Every unknown unit a preview met, those mapped since included, with its rows."""
    unmapped: set[str] = field(default_factory=set)
    """Every heading without a field under which a preview met data, those mapped since included."""
    result: ImportResult | None = None
    """Set at once when the import is done, so that a second click finds nothing to store."""

    def read_with(self, actor: Actor, delimiter: str) -> None:
        """Read the head of a CSV file anew, with its cells separated otherwise."""
        self.head = inspect_file(actor, self.data, delimiter)
        self.preview = None
        self.unknown_units = {}
        self.unmapped = set()


def uploader_key() -> str:
    """Return the uploader's key, another one for every import."""
    return f"import.file.{st.session_state.get(_NUMBER, 0)}"


def current_task(actor: Actor, uploaded: Any) -> Task | None:
    """Return the task of the file just uploaded, or of the one uploaded before."""
    kept: Task | None = st.session_state.get(_KEY)
    if uploaded is None or (kept is not None and kept.file_id == uploaded.file_id):
        return kept
    forget_file()
    problem = st.session_state.get(_PROBLEM, ("", ""))
    if problem[0] == uploaded.file_id:
        raise Invalid(problem[1])
    data = uploaded.getvalue()
    try:
        head = inspect_file(actor, data)
    except Invalid as wrong:
        st.session_state[_PROBLEM] = (uploaded.file_id, str(wrong))
        raise
    made = st.session_state[_KEY] = Task(uploaded.file_id, uploaded.name, data, head)
    return made


def forget_file() -> None:
    """Let go of a file that was taken away (for ``on_change``)."""
    st.session_state.pop(_KEY, None)


def start_again() -> None:
    """Empty the page for another file (for ``on_click``)."""
    forget_file()
    st.session_state[_NUMBER] = st.session_state.get(_NUMBER, 0) + 1


def with_progress(work: Callable[[Progress], None]) -> None:
    """Do ``work`` under a progress bar, which goes away at the end."""
    bar = st.progress(0.0, text="開始讀取檔案")

    def tell(done: float, sentence: str) -> None:
        bar.progress(min(done, 1.0), text=sentence)

    work(tell)
    bar.empty()
