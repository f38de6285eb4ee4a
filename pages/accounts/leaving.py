"""Leaving and moving on the card of an account: what is open, recording it, taking it back (6.3.4)."""

from datetime import date

import streamlit as st

from pages.accounts.dialogs import ask_reason, done, whose
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import showing_errors
from pages.shared.period import ask_day, needed_day
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.accounts.directory import AccountRow
from services.accounts.leaving.listing import LeavingCard, LeavingLine, leaving_card
from services.accounts.leaving.recording import (
    NOTE_MAX,
    problem_with,
    record_leaving,
    withdraw_leaving,
)
from services.errors import Invalid
from services.identity.permissions import Action, reach
from services.regulation.leaving import Leaving, due_words, suspended_from

_DIALOG = "account.leaving"


def leaving_part(row: AccountRow) -> None:
    """Show what is recorded about the account to whoever may record it; to others nothing."""
    actor = current_actor()
    if not reach(actor, Action.RECORD_LEAVING):
        return
    card = leaving_card(actor, row.id)
    if card is None:
        return
    for line in card.lines:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain(sentence(line)))
            st.button(
                "撤回登錄",
                icon=":material/undo:",
                type="tertiary",
                key=f"act.leaving.{line.id}",
                on_click=open_dialog,
                args=(_DIALOG, row, line),
            )
    st.button(
        "登錄離職或異動",
        icon=":material/event_busy:",
        key="act.leaving",
        on_click=open_dialog,
        args=(_DIALOG, row, card),
    )


def sentence(line: LeavingLine) -> str:
    """Say when somebody leaves, how long that is, and whether the application is under way."""
    applied = line.application or f"尚未申請{due_words(line.kind)}"
    return (
        f"{rocdate.roc_date(line.effective_on)}{line.kind.label}（{left_words(line)}），{applied}"
    )


def left_words(line: LeavingLine) -> str:
    """Say how many days are left to apply."""
    if line.days_left > 0:
        return f"還有 {line.days_left:,} 天"
    return "今天到期" if line.days_left == 0 else f"逾期 {-line.days_left:,} 天"


def show_leaving_dialog(account_id: int) -> None:
    """Show the dialog that was opened about this account, until it is done or dismissed."""
    if (about := opened(_DIALOG)) is None:
        return
    row, what = about
    if row.id != account_id:
        close_dialog()
    elif isinstance(what, LeavingLine):
        _withdraw_dialog(row, what)
    else:
        _record_dialog(row, what)


def _record_dialog(row: AccountRow, card: LeavingCard) -> None:
    @st.dialog("登錄離職或異動", icon=":material/event_busy:", on_dismiss=close_dialog)
    def ask() -> None:
        whose(row)
        kind = st.segmented_control(
            "類別",
            list(Leaving),
            default=Leaving.LEAVE,
            required=True,
            format_func=lambda one: one.label,
            key="dialog.kind",
        )
        typed = ask_day("最後一日", current_actor().today, help="離職或異動前，在現職的最後一日。")
        assert kind is not None
        day = None
        with showing_errors():
            day = _last_day(row, typed)
            st.info(
                f"本人應在這一日以前申請{due_words(kind)}；未完成者，"
                f"帳號自 {rocdate.roc_date(suspended_from(day))}起停權（第六點（三）4.）。"
            )
        note = st.text_input("備註（可不填）", key="dialog.note", max_chars=NOTE_MAX)
        pressed = st.button("登錄", type="primary", icon=":material/event_busy:", key="dialog.do")
        # A day that cannot be read has been told of above, and is not recorded.
        if pressed and day is not None:
            with showing_errors():
                record_leaving(
                    current_actor(),
                    row.id,
                    kind,
                    day,
                    note,
                    expected_leaving_on=card.leaving_on,
                )
                done(f"已登錄{rocdate.roc_date(day)}{kind.label}：{row.label}")

    ask()


def _last_day(row: AccountRow, typed: str) -> date:
    """Return the day that was typed; raise Invalid for one that cannot be meant."""
    day = needed_day("最後一日", typed)
    if problem := problem_with(row.status, day, current_actor().today):
        raise Invalid(problem)
    return day


def _withdraw_dialog(row: AccountRow, line: LeavingLine) -> None:
    @st.dialog("撤回登錄", icon=":material/undo:", on_dismiss=close_dialog)
    def ask() -> None:
        whose(row)
        st.info(f"撤回{rocdate.roc_date(line.effective_on)}{line.kind.label}的登錄；留存撤回紀錄。")
        reason = ask_reason("例如：商調取消")
        if st.button("撤回", type="primary", icon=":material/undo:", key="dialog.do"):
            with showing_errors():
                withdraw_leaving(current_actor(), row.id, line.id, reason or "")
                done(f"已撤回登錄：{row.label}")

    ask()
