"""抽中機率: computed when somebody asks, with a progress bar, and kept for the session."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.feedback import showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.audits.inclusion import in_words, inclusion_of
from services.audits.sampling.inclusion import FEWEST_DRAWS

_KNOWN = "sampler.inclusion"


def offer_inclusion(audit_id: int, draws: int, record_id: int) -> None:
    """Show a record's probability of being drawn, or the button that works it out.

    ``draws`` is how many draws the audit has: another one has another size.
    """
    known = st.session_state.setdefault(_KNOWN, {})
    about = (audit_id, draws, record_id)
    if about not in known and st.button(
        "計算抽中機率",
        icon=":material/casino:",
        key=f"inclusion_{record_id}",
        type="tertiary",
        help=f"以隨機次序重抽 {FEWEST_DRAWS:,} 次估計；母體很大時需要一些時間。",
    ):
        bar = st.progress(0.0, "重抽中…")
        with showing_errors():
            known[about] = inclusion_of(
                current_actor(), audit_id, record_id, lambda done: _tell(bar, done)
            )
        bar.empty()
    if about in known:
        st.caption(f":material/casino: {plain(in_words(known[about]))}")


def _tell(bar: DeltaGenerator, done: float) -> None:
    bar.progress(done, f"重抽中… {done:.0%}")
