"""Opening a review, closing it, and the signed record of one that is closed."""

import streamlit as st

from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.export import file_button
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.documents.formats import FileFormat
from services.regulation.access_review import Choice
from services.reviews.closing import close_review
from services.reviews.opening import open_review
from services.reviews.record import EXPORT_NAME, signed_record
from services.reviews.record_paper import export_record
from services.reviews.view import ReviewView

_CLOSING, _OPENING = "review.close", "review.open"


def opening_button(agency_id: int) -> None:
    """Offer the agency's manager to open a review."""
    st.button(
        "發起權限清查",
        icon=":material/playlist_add_check:",
        key="review.open",
        on_click=open_dialog,
        args=(_OPENING, agency_id),
    )


def show_opening_dialog(choose: str) -> None:
    """Show the dialog that opens a review; the new one becomes the chosen one under ``choose``."""
    if (about := opened(_OPENING)) is None:
        return
    (agency_id,) = about

    @st.dialog("發起權限清查", icon=":material/playlist_add_check:", on_dismiss=close_dialog)
    def ask() -> None:
        st.info(
            "本機關所有未註銷的帳號各列一筆，記下到今天為止的使用情形與建議；"
            "各單位初核、機關管理者核定，全部核定後才能結案。"
        )
        if st.button("發起", type="primary", icon=":material/check:", key="dialog.do"):
            with showing_errors():
                new = open_review(current_actor(), agency_id)
                st.session_state["review.new"] = (choose, str(new))
                close_dialog()
                notify(f"已發起權限清查第 {new} 號。")
                st.rerun()

    ask()


def take_opened() -> None:
    """Choose the review that the dialog has just opened; call it before the widgets."""
    if made := st.session_state.pop("review.new", None):
        widget, number = made
        st.session_state[widget] = number


def closing_button(review: ReviewView, mine: int) -> None:
    """Offer the agency's manager to close the review; while lines are undecided, say who has them.

    ``mine`` is how many of them are this person's to decide.
    """
    if not review.may_close:
        return
    left = review.lines - review.decided
    st.button(
        "結案",
        icon=":material/verified:",
        key="review.close",
        disabled=left > 0,
        help=f"還有 {left:,} 個帳號未核定；未核定不視為同意。" if left else None,
        on_click=open_dialog,
        args=(_CLOSING, review),
    )
    if others := left - mine:
        st.caption(
            f":material/hourglass_empty: 有 {others:,} 個管理者帳號由系統管理者核定，已列在其待辦事項；"
            "若為保留，也可由本機關另一位機關管理者核定。"
        )


def show_closing_dialog(campaign_id: int) -> None:
    """Show the dialog that says what closing will do, and does it."""
    if (about := opened(_CLOSING)) is None:
        return
    (review,) = about
    if review.id != campaign_id:
        close_dialog()
        return

    @st.dialog("權限清查結案", icon=":material/verified:", on_dismiss=close_dialog)
    def ask() -> None:
        done = review.choices
        st.markdown(
            f"結案時立即辦理：**停權 {done[Choice.SUSPEND]:,} 個、註銷 {done[Choice.CANCEL]:,} 個、"
            f"減列項目 {done[Choice.REDUCE]:,} 個**；保留 {done[Choice.KEEP]:,} 個。"
        )
        st.warning(
            "停權與註銷的帳號，目前的登入會中斷；註銷不能復權。結案後清查紀錄以雜湊值簽核，不能再變更。"
        )
        sure = st.checkbox("我已看過上述辦理事項", key="dialog.sure")
        if st.button(
            "結案", type="primary", icon=":material/verified:", key="dialog.do", disabled=not sure
        ):
            with showing_errors():
                close_review(current_actor(), review.id, review.plan)
                close_dialog()
                notify(f"權限清查第 {review.id} 號已結案。")
                st.rerun()

    ask()


def show_record(actor: Actor, review: ReviewView) -> None:
    """Show who closed the review, what it came to, the hash, and the record as a file."""
    if review.closed_at is None:
        return
    record = signed_record(actor, review.id)
    counts = record.content["counts"]
    with st.container(border=True):
        st.markdown(
            f"**清查紀錄**　{rocdate.roc_time(review.closed_at)} 由{plain(review.closed_by)}結案："
            + "、".join(f"{choice.label} {counts[choice.value]:,} 個" for choice in Choice)
        )
        st.caption("簽核內容的 SHA-256")
        st.code(record.content_hash, language=None)
        with st.container(horizontal=True):
            for kind in FileFormat:
                _record_button(actor, review, kind)


def _record_button(actor: Actor, review: ReviewView, kind: FileFormat) -> None:
    file_button(
        actor,
        f"清查紀錄（{kind.name}）",
        f"{EXPORT_NAME}-{review.id}",
        lambda person: export_record(person, review.id, kind),
        kind,
    )
