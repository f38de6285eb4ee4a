"""One finding whole: what is asked and until when, every step by either side, and what can be done now."""

import streamlit as st

from pages.findings.dialogs import move_buttons, show_move_dialog
from pages.findings.words import GRAVITY_COLOURS, ICONS, STATE_COLOURS
from pages.shared.session import actor_source
from pages.shared.text import plain
from services import rocdate
from services.errors import Refused
from services.oversight.findings.files import open_finding_file
from services.oversight.findings.view import FindingFile, FindingView, StepView
from services.regulation.finding_states import FindingAct, FindingState, Side
from services.regulation.findings import REPORTS


def show_card(view: FindingView) -> None:
    """Show the finding with the buttons that this person may press."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(
                f"{plain(view.number)}　{plain(view.title)}", anchor=False, width="content"
            )
            st.badge(view.state.label, color=STATE_COLOURS[view.state])
            if view.gravity:
                st.badge(view.gravity.label, color=GRAVITY_COLOURS[view.gravity])
            if view.days_late:
                st.badge(f"逾期 {view.days_late:,} 天", color="red")
        _facts(view)
        move_buttons(view)
        if view.needs_another:
            st.caption("您已認可改善；重大缺失由另一位複核人員結案。")
        if view.state is FindingState.IMPROVING:
            _reports(view)
        st.markdown("**辦理經過**")
        for step in view.steps:
            _step(step)
    show_move_dialog()


def _facts(view: FindingView) -> None:
    whose = f"{plain(view.agency)} {plain(view.unit)}".rstrip()
    check = f"　檢核項目：{view.check}" if view.check else ""
    st.markdown(f"{whose}　{view.half}{check}")
    if view.state.is_over:
        return
    turn = view.state.waits_for
    if turn is Side.BUREAU:
        st.markdown(f"輪到{turn.label}")
        return
    moved = (
        f"（原定 {rocdate.roc_date(view.first_due_on)}，經展延）"
        if view.first_due_on != view.due_on
        else ""
    )
    st.markdown(
        f"期限 **{rocdate.roc_date(view.due_on)}**{moved}　輪到{plain(view.agency)}{Side.AGENCY.label}"
    )


def _reports(view: FindingView) -> None:
    """Say which of the agency's reports are there; with the last one the finding goes to the bureau."""
    marks = [
        f":material/{'radio_button_unchecked' if act in view.outstanding else 'check_circle'}: {act.label}"
        for act in REPORTS
    ]
    st.markdown("　".join(marks))
    st.caption("三項都登錄後，自動送地政局複核。")


def _step(step: StepView) -> None:
    with st.container(border=True):
        done = f"　{rocdate.roc_date(step.done_on)}" if step.done_on else ""
        letter = f"　{plain(step.letter_no)}" if step.letter_no else ""
        dated = f"（{rocdate.roc_date(step.letter_date)}）" if step.letter_date else ""
        due = f"　期限 {rocdate.roc_date(step.due_on)}" if step.due_on else ""
        gravity = f"　{step.gravity.label}" if step.gravity else ""
        late = f"　:red[逾期 {step.days_late:,} 天]" if step.days_late else ""
        icon = ICONS.get(step.act, ":material/help:")
        head = f"{icon} **{step.act.label}**{gravity}{done}{letter}{dated}{due}{late}"
        if not step.stands and step.act is not FindingAct.TAKE_BACK:
            head += "　:gray[已收回]"
        st.markdown(head)
        st.markdown(plain(step.note))
        st.caption(f"{plain(step.who)}　{rocdate.roc_time(step.at)}")
        for file in step.files:
            _file(file)


def _file(file: FindingFile) -> None:
    person_now = actor_source()

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再開啟。")
        return open_finding_file(person, file.id)

    st.download_button(
        plain(f"{file.name}（{max(1, round(file.size / 1024)):,} KB）"),
        content,
        file_name=file.name,
        mime=file.media_type,
        icon=":material/attach_file:",
        key=f"file.{file.id}",
        on_click="ignore",
    )
