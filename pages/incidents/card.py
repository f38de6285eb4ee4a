"""One incident whole: what is required, its records with their verdicts, what was done, the buttons."""

from datetime import date

import streamlit as st

from pages.incidents.dialogs import act_buttons, show_act_dialog
from pages.incidents.filters import choose, key
from pages.incidents.words import GRAVITY_COLOURS, STATUS_COLOURS
from pages.shared.session import actor_source
from pages.shared.tables import table_height, with_times
from pages.shared.text import plain
from services import rocdate
from services.errors import Refused
from services.incidents.evidence import IncidentFile, open_incident_file
from services.incidents.view import FoundBy, IncidentView, StepTaken
from services.incidents.words import IncidentStatus
from services.regulation.audit_kinds import AuditKind
from services.regulation.clauses import clause_words


def show_card(view: IncidentView, today: date) -> None:
    """Show the incident with the buttons that this person may press."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(
                f"{plain(view.number)}　{plain(view.title)}", anchor=False, width="content"
            )
            st.badge(view.gravity.label, color=GRAVITY_COLOURS[view.gravity])
            st.badge(view.status.label, color=STATUS_COLOURS[view.status])
        _facts(view, today)
        left, right = st.columns([1, 1.5], gap="large")
        with left:
            _required(view)
            act_buttons(view)
        with right:
            _history(view)
        _records(view)
    show_act_dialog()


def _facts(view: IncidentView, today: date) -> None:
    opened = rocdate.local_date(view.opened_at)
    days = f"，已 {(today - opened).days:,} 天" if view.status is IncidentStatus.OPEN else ""
    closed = f"，{rocdate.roc_time(view.closed_at)} 結案" if view.closed_at else ""
    st.markdown(
        f"**{plain(view.person)}**　{plain(view.agency)} {plain(view.unit)}　"
        f"{rocdate.roc_date(opened)} 成立{days}{closed}"
    )
    if view.found_by is not None:
        _source(view.found_by)


def _source(found_by: FoundBy) -> None:
    if found_by.kind.of_unit:
        st.page_link(
            "pages/sampler/page.py",
            label=f"看 {plain(found_by.label)}的工作底稿",
            icon=":material/fact_check:",
            query_params={"audit": str(found_by.audit_id), "step": "judge"},
        )
    elif found_by.kind is AuditKind.SPOT:
        st.button(
            f"看 {plain(found_by.label)}的工作底稿",
            icon=":material/fact_check:",
            on_click=_open_spot,
            args=(found_by.audit_id,),
        )
    else:
        st.caption(f"由 {plain(found_by.label)}發現")


def _open_spot(audit_id: int) -> None:
    st.session_state[key("view")] = "spots"
    st.session_state[key("step")] = "judge"
    choose("spot", audit_id)


def _required(view: IncidentView) -> None:
    st.markdown("**結案前應辦**（可不依順序）")
    for one in view.needed:
        done = one.step in view.done
        icon = ":material/check_circle:" if done else ":material/radio_button_unchecked:"
        st.markdown(f"{icon} {one.step.label}（{clause_words(one.clause)}）")
    if view.status is IncidentStatus.OPEN and not view.may_handle:
        st.caption("由單位主管、機關管理者或政風人員辦理。")


def _history(view: IncidentView) -> None:
    st.markdown("**辦理經過**")
    for number, step in enumerate(view.steps):
        with st.container(border=True):
            _step(number, step)


def _step(number: int, step: StepTaken) -> None:
    letter = f"　{plain(step.letter_no)}" if step.letter_no else ""
    st.markdown(f"**{plain(step.label)}**　{rocdate.roc_date(step.done_on)}{letter}")
    st.markdown(plain(step.note))
    st.caption(f"{plain(step.who)} 於 {rocdate.roc_time(step.at)} 登錄")
    for file in step.files:
        _file(number, file)


def _file(number: int, file: IncidentFile) -> None:
    person_now = actor_source()

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再開啟。")
        return open_incident_file(person, file.id)

    st.download_button(
        plain(f"{file.name}（{max(1, round(file.size / 1024)):,} KB）"),
        content,
        file_name=file.name,
        mime=file.media_type,
        icon=":material/attach_file:",
        key=f"file.{number}.{file.id}",
        on_click="ignore",
    )


def _records(view: IncidentView) -> None:
    st.markdown(f"**使用紀錄**（{len(view.uses):,} 筆）")
    if not view.uses:
        st.caption("沒有列出紀錄。")
        return
    st.dataframe(
        with_times(
            [
                {
                    "編號": use.record_id,
                    "情節": use.gravity.label,
                    "時間": use.occurred_at,
                    "項目": use.item,
                    "標的": use.target,
                    "案件號或原因": use.purpose,
                    "判定說明": use.verdict,
                    "系統提示": "、".join(use.checks),
                }
                for use in view.uses
            ]
        ),
        hide_index=True,
        height=table_height(len(view.uses), 300),
        column_config={"編號": st.column_config.NumberColumn(format="%d", width=70)},
        placeholder="－",
        alt="事件的使用紀錄",
    )
