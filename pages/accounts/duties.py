"""The duties of one account: what is held, and giving and ending those that this person may."""

import streamlit as st

from pages.accounts.dialogs import ask_reason, done, whose
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import showing_errors
from pages.shared.session import current_actor
from services import rocdate
from services.accounts.directory import AccountRow
from services.accounts.duties import Duties, DutyLine, duties_of, end_duty, give_duty
from services.regulation.roles import Duty, EthicsKind

_GIVE, _END = "account.duty.give", "account.duty.end"
_EXAMPLE = "例如：115年12月1日人事令，接任分處主任"


def duties_part(row: AccountRow) -> None:
    """Show the duties with the buttons that this person may press; nothing where there is neither."""
    duties = duties_of(current_actor(), row.id)
    if not duties.held and not duties.may_give:
        return
    st.markdown("**職務**")
    for line in duties.held:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(line.label)
            until = f"至 {rocdate.roc_time(line.until)} 止" if line.until else ""
            st.caption(f"{rocdate.roc_time(line.since)} 起{until}")
            if line.may_end:
                st.button(
                    "解除職務",
                    icon=":material/person_remove:",
                    key=f"act.duty.end.{line.duty_id}",
                    on_click=open_dialog,
                    args=(_END, row, line),
                )
    if duties.may_give:
        st.button(
            "指派職務",
            icon=":material/badge:",
            key="act.duty.give",
            on_click=open_dialog,
            args=(_GIVE, row, duties),
        )


def show_duty_dialog(account_id: int) -> None:
    """Show the dialog that was opened about this account, until it is done or dismissed."""
    about = opened(_GIVE) or opened(_END)
    if about is None:
        return
    row, what = about
    if row.id != account_id:
        close_dialog()
    elif isinstance(what, DutyLine):
        _end(row, what)
    else:
        _give(row, what)


def _give(row: AccountRow, duties: Duties) -> None:
    @st.dialog("指派職務", icon=":material/badge:", on_dismiss=close_dialog)
    def ask() -> None:
        whose(row)
        duty = st.radio(
            "職務", duties.may_give, format_func=lambda one: one.label, key="dialog.duty"
        )
        kind = None
        if duty is Duty.ETHICS_OFFICER:
            kind = st.radio(
                "辦理方式（印在附件三的簽章欄）",
                list(EthicsKind),
                format_func=lambda one: one.label,
                index=None,
                key="dialog.ethics",
            )
        st.info("指派後，本人下一次操作即生效；職務不帶查詢地籍資料的權利。")
        reason = ask_reason(_EXAMPLE)
        if st.button("指派", type="primary", icon=":material/badge:", key="dialog.do"):
            with showing_errors():
                give_duty(current_actor(), row.id, duty, reason or "", kind)
                done(f"已指派{row.label}為{duty.label}。")

    ask()


def _end(row: AccountRow, line: DutyLine) -> None:
    @st.dialog("解除職務", icon=":material/person_remove:", on_dismiss=close_dialog)
    def ask() -> None:
        whose(row)
        st.warning(
            f"解除「{line.duty.label}」後，本人立即不能再以這項職務辦理；先前辦理的紀錄都會保留。"
        )
        reason = ask_reason(_EXAMPLE)
        if st.button("解除", type="primary", icon=":material/person_remove:", key="dialog.do"):
            with showing_errors():
                end_duty(current_actor(), row.id, line.duty_id, reason or "")
                done(f"已解除{row.label}的{line.duty.label}職務。")

    ask()
