"""The download that its page goes on from: what it passed, or why there is no file, is shown at once.

As with every download, the file is made, and its event written, when it is asked for: outside the run of
the page, by a function that is given whom it is for. The browser asks for the file and for another run
together, so that run waits for the file before it shows how things stand.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import streamlit as st

from pages.shared.feedback import show_error
from services.errors import UserError

_LONGEST = timedelta(seconds=20)
"""How long a run waits: a browser that asks for a run alone holds up its own screen, and not for ever."""


@dataclass
class _Asked:
    """What becomes of one button's download; lives in the session state, from run to run."""

    is_over: threading.Event = field(default_factory=threading.Event)
    problem: str = ""


def followed_download(label: str, content: Callable[[], bytes], key: str, **how: Any) -> None:
    """Offer a file that ``content`` writes and records when it is asked for; what it refuses is said here."""
    asked: _Asked = st.session_state.setdefault(f"{key}.asked", _Asked())

    def recorded() -> bytes:
        try:
            return content()
        except UserError as error:
            asked.problem = str(error)
            raise
        finally:
            asked.is_over.set()

    st.download_button(label, recorded, key=key, on_click=_wait, args=(asked,), **how)
    if asked.problem:
        show_error(asked.problem)
        asked.problem = ""


def _wait(asked: _Asked) -> None:
    asked.is_over.wait(_LONGEST.total_seconds())
    asked.is_over.clear()
