"""How far a review is: its dates, its progress, unit by unit; and the agencies as the bureau sees them."""

import streamlit as st

from pages.access_review.filters import choose_line, key
from pages.shared.choice import table_key
from pages.shared.tables import table_height, with_times
from pages.shared.text import plain
from services import rocdate
from services.reviews.overview import AgencyReview
from services.reviews.view import ReviewView


def show_progress(review: ReviewView) -> None:
    """Show the dates of the review and how far it is."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{plain(review.agency)}　第 {review.id} 號", anchor=False, width="content")
        if review.closed_at:
            st.badge("已結案", color="green", icon=":material/verified:")
        elif review.overdue:
            st.badge("逾期", color="red", icon=":material/warning:")
        else:
            st.badge("進行中", color="blue")
    who = plain(review.opened_by) if review.opened_by else "系統自動"
    st.caption(
        f"{rocdate.roc_date(rocdate.local_date(review.opened_at))} 由{who}發起；"
        f"使用期間 {rocdate.roc_date(review.since)} 至 {rocdate.roc_date(review.until)}；"
        f"應於 {rocdate.roc_date(review.due_on)} 以前完成。"
    )
    if review.closed_at:
        return
    share = review.decided / review.lines if review.lines else 1.0
    st.progress(
        share,
        text=f"已核定 {review.decided:,}／{review.lines:,} 個帳號（初核 {review.prepared:,}）",
    )
    if len(review.units) > 1:
        _by_unit(review)


def _by_unit(review: ReviewView) -> None:
    with st.expander("各單位進度", icon=":material/stacked_bar_chart:"):
        st.dataframe(
            [
                {
                    "單位": unit.name,
                    "帳號": unit.lines,
                    "建議處理": unit.put_forward,
                    "已初核": unit.prepared,
                    "已核定": unit.decided,
                    "未核定": unit.lines - unit.decided,
                }
                for unit in review.units
            ],
            hide_index=True,
            height=table_height(len(review.units), 320),
            alt="各單位進度",
        )


def show_agencies(agencies: tuple[AgencyReview, ...]) -> None:
    """Show every agency with its last review and its due day; choosing one opens its newest review."""
    ordered = sorted(agencies, key=lambda one: (not one.overdue, str(one.due_on), one.code))
    late = sum(one.overdue for one in agencies)
    table = table_key(key("agencies"), [one.agency_id for one in ordered])

    def take_choice() -> None:
        places = st.session_state[table]["selection"]["rows"]
        latest = ordered[places[0]].latest_id if places else None
        st.session_state[key("campaign")] = None if latest is None else str(latest)
        choose_line(None)

    words = f"**{late:,}** 個機關逾期" if late else "沒有逾期的機關"
    with st.expander(f"各機關（{words}）", icon=":material/apartment:", expanded=late > 0):
        st.dataframe(
            with_times(
                [_agency_cells(one) for one in ordered],
                missing={"應完成": "－", "上次結案": "從未辦理"},
            ),
            hide_index=True,
            height=table_height(len(ordered), 330),
            on_select=take_choice,
            selection_mode="single-row",
            key=table,
            placeholder="－",
            alt="各機關權限清查",
        )


def _agency_cells(one: AgencyReview) -> dict[str, object]:
    return {
        "機關": one.name,
        "狀態": "逾期" if one.overdue else ("進行中" if one.open_id else "未到期"),
        "應完成": one.due_on,
        "上次結案": rocdate.local_date(one.last_closed_at) if one.last_closed_at else None,
        "進度": f"{one.decided:,}／{one.lines:,}" if one.open_id else "－",
        "待您核定": one.to_decide or None,
        "帳號": one.accounts,
    }
