"""Words typed but not sent yet: the browser's tab keeps them over a reload and over a look at another record.

A field in a form tells the server nothing before its form is sent, so the server cannot keep them. The
tab's own storage can; it ends with the tab, and with 登出. The Content-Security-Policy admits this one script
by its hash (`pages/shared/serving.py`), so it stands here whole and never changes while the page runs.
"""

from pathlib import Path

import streamlit as st

SCRIPT = (Path(__file__).parents[1] / "assets" / "unsent.js").read_text(encoding="utf-8")


def unsent(name: str) -> str:
    """Return the key of a text field whose unsent words are kept; ``name`` says whose and about what."""
    return f"unsent_{name}"


def keep_unsent() -> None:
    """Let the browser keep what stands in the fields of `unsent`."""
    st.html(f"<script>{SCRIPT}</script>", unsafe_allow_javascript=True)
