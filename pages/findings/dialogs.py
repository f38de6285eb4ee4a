"""One dialog for every move on a finding: it asks for what the table of the rule says the move needs."""

import streamlit as st

from pages.findings.fields import ask_for
from pages.findings.words import ICONS
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.oversight.findings.acting import move_finding, take_step_back
from services.oversight.findings.store import NOTE_MAX
from services.oversight.findings.view import FindingView
from services.regulation.finding_states import FindingAct, Side
from services.regulation.findings import Move, Need

_MOVE, _BACK = "finding.move", "finding.back"


def move_buttons(view: FindingView) -> None:
    """Show what this person can do now; what takes the finding on comes as the coloured one."""
    with st.container(horizontal=True):
        for place, move in enumerate(view.moves):
            st.button(
                move.act.label,
                icon=ICONS[move.act],
                type="primary" if _is_next(view, move, place) else "secondary",
                key=f"move.{move.act.value}",
                on_click=open_dialog,
                args=(_MOVE, view, move),
            )
        if view.may_take_back is not None:
            st.button(
                f"收回「{view.may_take_back.label}」",
                icon=ICONS[FindingAct.TAKE_BACK],
                type="tertiary",
                key="move.back",
                on_click=open_dialog,
                args=(_BACK, view),
            )


def _is_next(view: FindingView, move: Move, place: int) -> bool:
    if view.outstanding:
        return move.act is view.outstanding[0]
    return place == 0 and move.act is not FindingAct.EXTEND


def show_move_dialog() -> None:
    """Show the dialog that is open, about the finding as it was when it was opened."""
    if (about := opened(_MOVE)) is not None:
        _ask_move(*about)
    elif (about := opened(_BACK)) is not None:
        _ask_back(*about)


def _ask_move(view: FindingView, move: Move) -> None:
    @st.dialog(move.act.label, icon=ICONS[move.act], on_dismiss=close_dialog)
    def ask() -> None:
        actor = current_actor()
        st.markdown(f"**{plain(view.number)}**　{plain(view.title)}")
        if view.days_late and move.side is Side.AGENCY:
            st.warning(
                f"已逾 {rocdate.roc_date(view.due_on)} 期限 {view.days_late:,} 天；"
                "送出後會註記逾期，請一併說明原因。",
                icon=":material/schedule:",
            )
        if Need.SECOND in move.needs:
            st.caption("重大缺失由認可改善以外的另一位複核人員結案。")
        typed = ask_for(view, move, actor.today)
        with showing_errors():
            if st.button(
                f"確定{move.act.label}", type="primary", icon=ICONS[move.act], key="move.do"
            ):
                move_finding(current_actor(), view.id, view.revision, move.act, typed.words())
                _done(f"已辦理{move.act.label}。")

    ask()


def _ask_back(view: FindingView) -> None:
    @st.dialog("收回前一步驟", icon=ICONS[FindingAct.TAKE_BACK], on_dismiss=close_dialog)
    def ask() -> None:
        act = view.may_take_back.label if view.may_take_back else ""
        st.markdown(
            f"**{plain(view.number)}**　收回「{act}」。缺失回到辦理前的狀態；兩個步驟都留存在辦理經過。"
        )
        reason = st.text_area("收回的理由", max_chars=NOTE_MAX, key="back.reason")
        with showing_errors():
            if st.button("確定收回", type="primary", icon=":material/history:", key="back.do"):
                take_step_back(current_actor(), view.id, view.revision, reason or "")
                _done("已收回。")

    ask()


def _done(sentence: str) -> None:
    close_dialog()
    notify(sentence)
    st.rerun()
