"""The bureau's letters about a package, as drafts to number and send."""

import streamlit as st

from pages.shared.session import actor_source
from services.errors import Refused
from services.oversight.letters import Letter, draft_letter
from services.oversight.view import ReviewView
from services.regulation.finding_states import FindingState


def show_letters(view: ReviewView) -> None:
    """Offer the letters that there is something to write of."""
    states = {row.state for row in view.findings}
    with st.container(horizontal=True):
        if FindingState.ASKED in states:
            _letter(view, Letter.EXPLAIN)
        if FindingState.CONFIRMED in states:
            _letter(view, Letter.IMPROVE)
        if not view.left:
            _letter(view, Letter.ACCEPT)


def _letter(view: ReviewView, kind: Letter) -> None:
    person_now = actor_source()

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再匯出。")
        return draft_letter(person, view.review_id, kind)

    st.download_button(
        f"{kind.label}（ODT）",
        content,
        file_name=f"{kind.label}-{view.agency_code}-{view.half}.odt",
        mime="application/vnd.oasis.opendocument.text",
        icon=":material/draft:",
        key=f"letter.{kind.value}",
        on_click="ignore",
    )
