"""權限清查: which accounts need a decision, how far the agency is, and the signed record (6.2)."""

import streamlit as st

from pages.access_review.acts import DECIDING, PREPARING, show_acts
from pages.access_review.card import show_card
from pages.access_review.closing import (
    closing_button,
    opening_button,
    show_closing_dialog,
    show_opening_dialog,
    show_record,
    take_opened,
)
from pages.access_review.dialogs import show_act_dialog
from pages.access_review.filters import PAGE, chosen_line, fields, key, line_filters
from pages.access_review.progress import show_agencies, show_progress
from pages.access_review.table import line_table
from pages.shared import address
from pages.shared.choice import table_key
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.paging import Pager
from pages.shared.session import current_actor
from services import rocdate
from services.actor import Actor
from services.identity.permissions import Action, reach
from services.regulation.roles import Role
from services.reviews.listing import LineRow, line_detail, list_lines
from services.reviews.overview import (
    AgencyReview,
    ReviewInfo,
    agency_reviews,
    list_reviews,
)
from services.reviews.view import ReviewView, view_review

_SIZE = 100


def _choose(reviews: dict[str, ReviewInfo], several: bool) -> str | None:
    """Show which review is looked at; without a choice it is the newest of the person's own agency."""
    return st.selectbox(
        "清查",
        list(reviews),
        format_func=lambda code: _title(reviews[code], several),
        key=key("campaign"),
        index=None,
        placeholder="請選擇",
        width=420,
    )


def _title(review: ReviewInfo, several: bool) -> str:
    # Nothing that changes: a browser answers with the words it was shown, and is asked anew when they
    # are no longer on the list. Where the review stands is said below.
    agency = f"{review.agency}　" if several else ""
    opened = rocdate.roc_date(rocdate.local_date(review.opened_at))
    return f"{agency}第 {review.id} 號　{opened} 發起"


def _own(actor: Actor, agencies: tuple[AgencyReview, ...]) -> AgencyReview | None:
    return next((one for one in agencies if one.agency_id == actor.agency_id), None)


def _next_review(own: AgencyReview) -> None:
    """Say when the agency's next review is due and let its manager open it."""
    if own.open_id is not None:
        return
    due = f"應於 {rocdate.roc_date(own.due_on)} 以前完成" if own.due_on else "目前沒有帳號"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge("逾期" if own.overdue else "未發起", color="red" if own.overdue else "gray")
        st.markdown(f"下一次權限清查{due}。", width="content")
        opening_button(own.agency_id)
    show_opening_dialog(key("campaign"))


def _lines(actor: Actor, review: ReviewView) -> None:
    filters = line_filters(review, _may_act(actor, review))
    pager = Pager(PAGE, (review.id, filters), _SIZE)
    page = list_lines(actor, review.id, filters, pager.cursor, _SIZE)
    if not page.rows and filters.mine:
        st.info(
            "這次清查沒有待您辦理的帳號；取消「待我辦理」可看其他帳號。", icon=":material/task_alt:"
        )
        return
    if not page.rows:
        st.info("沒有符合條件的帳號；請放寬或清除條件。", icon=":material/person_search:")
        return
    seen = [(row.account_id, row.state) for row in page.rows]
    chosen = line_table(page, table_key(f"{PAGE}.table.{review.id}", seen))
    pager.controls(page.next_after, page.total)
    with showing_errors():
        account_id = chosen_line()
        card = line_detail(actor, review.id, account_id) if account_id is not None else None
        _acts(actor, review, chosen or ((card,) if card else ()))
        if card:
            show_card(card)


def _may_act(actor: Actor, review: ReviewView) -> bool:
    """Whether lines of the review can be this person's to prepare or decide."""
    mine = reach(actor, Action.DECIDE_REVIEW) or reach(actor, Action.PREPARE_REVIEW)
    return review.closed_at is None and bool(mine)


def _acts(actor: Actor, review: ReviewView, rows: tuple[LineRow, ...]) -> None:
    if not _may_act(actor, review):
        return
    if rows:
        decides = reach(actor, Action.DECIDE_REVIEW)
        show_acts(review.id, rows, DECIDING if decides else PREPARING)
    else:
        st.caption("勾選一列檢視內容；勾選多列（或標題列全選）一次辦理。")


def _review(actor: Actor, campaign_id: int, own: AgencyReview | None) -> None:
    review = view_review(actor, campaign_id)
    with st.container(border=True):
        show_progress(review)
        closing_button(review, own.to_decide if own else 0)
    if reach(actor, Action.VIEW_REVIEWS).covers(agency_id=review.agency_id):
        show_record(actor, review)
    _lines(actor, review)
    show_act_dialog(review.id)
    show_closing_dialog(review.id)


actor = current_actor()
page_head("權限清查", "每六個月逐一檢視帳號：保留、減列項目、停權或註銷；未核定的不視為同意。")
agencies = agency_reviews(actor)
reviews = {str(review.id): review for review in list_reviews(actor)}
own = _own(actor, agencies)
known = fields(list(reviews))
if address.read(PAGE, known):
    st.warning("網址中的清查不存在或不在您的權限範圍內，已略過。", icon=":material/filter_alt_off:")
take_opened()
if len(agencies) > 1:
    show_agencies(agencies)
elif st.session_state[key("campaign")] is None and own and own.latest_id:
    st.session_state[key("campaign")] = str(own.latest_id)
if own and actor.role is Role.AGENCY_MANAGER:
    _next_review(own)
code = _choose(reviews, len(agencies) > 1) if reviews else None
if code:
    with showing_errors():
        _review(actor, int(code), own)
elif not reviews:
    st.info("還沒有辦理過權限清查。", icon=":material/playlist_add_check:")
address.write(PAGE, known)
