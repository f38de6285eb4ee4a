"""稽核複核: what agencies sent, what the machine found in it, and what the bureau decides (clause 7.2.1)."""

import streamlit as st

from pages.review.card import show_card
from pages.review.filters import choose_half, chosen, fields
from pages.review.queue_list import show_queue
from pages.review.words import PAGE
from pages.shared import address
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from services.oversight.queue import halves_in_review, view_queue
from services.oversight.view import view_review
from services.regulation.periods import last_finished_half

actor = current_actor()
page_head(
    "稽核複核",
    "各機關函送的半年稽核，收到時由系統重做一切可以重做的檢核，再由複核人員決定（第七點（二））。",
)
latest = last_finished_half(actor.today)
halves = halves_in_review(actor, latest)
known = fields(halves, latest)
if address.read(PAGE, known):
    st.warning("網址中有不存在的條件，已略過。", icon=":material/filter_alt_off:")
show_queue(view_queue(actor, choose_half(halves)))
if (review_id := chosen()) is not None:
    with showing_errors():
        show_card(view_review(actor, review_id))
address.write(PAGE, known)
