"""What somebody with an account does with applications of their own."""

import streamlit as st

from pages.applications.form import ask_items, ask_reason, correction_form
from pages.applications.printing import Take, print_buttons
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import actor_source
from services.actor import Actor
from services.applications import own
from services.applications.applying import apply_own
from services.applications.shown import ApplicationDetail
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.errors import Refused
from services.identity.organisation import open_units
from services.papers.keeping import PaperKind
from services.regulation.application_states import State
from services.regulation.workflows import Deed, Kind


def new_application(actor: Actor) -> None:
    """Ask what is to change; a person without one under way sees this."""
    kind = st.segmented_control(
        "申請種類",
        [Kind.CHANGE, Kind.CANCEL],
        default=Kind.CHANGE,
        required=True,
        format_func=lambda one: one.label,
        key="apply_own.kind",
    )
    with st.form("apply_own", border=True):
        items = tuple(actor.items)
        unit_id = actor.unit_id
        if kind is Kind.CHANGE:
            items = ask_items(tuple(actor.items), "apply_own.items")
            units = {one.id: one.name for one in open_units() if one.agency_id == actor.agency_id}
            unit_id = st.selectbox(
                "單位",
                list(units),
                index=list(units).index(actor.unit_id) if actor.unit_id in units else None,
                format_func=units.__getitem__,
                key="apply_own.unit",
            )
        else:
            st.warning("註銷辦理完成後帳號即停用，不能復權；需要時須重新申請。")
        reason = ask_reason("apply_own.reason")
        pressed = st.form_submit_button("送出申請", type="primary", icon=":material/send:")
    if pressed and kind is not None:
        with showing_errors():
            sent = apply_own(actor, kind, reason, items=items, to_unit_id=unit_id)
            notify(f"已送出 {sent.number}；請列印申請表送單位主管核可。")
            st.rerun()


def own_acts(actor: Actor, detail: ApplicationDetail) -> None:
    """What the applicant does next: print, put right, take back."""
    step = detail.line.step
    if detail.line.state is State.RETURNED:
        st.warning("申請已退回補正；原因見下方辦理經過。", icon=":material/assignment_return:")
        if right := correction_form(detail.items, detail.reason, detail.line.kind is Kind.CHANGE):
            with showing_errors():
                own.correct_own(actor, detail.line.id, detail.revision, right)
                notify("補正後已送出；請重新列印申請表。")
                st.rerun()
    with st.container(horizontal=True):
        if detail.line.state is State.OPEN:
            print_buttons(
                detail.line.number,
                (PaperKind.FORM,),
                _printing(detail.line.id),
                "apply_own",
                due=step is not None and step.deed is Deed.PRINT,
            )
        with st.popover("撤回申請", icon=":material/undo:"):
            reason = st.text_input("撤回原因", key="apply_own.why", max_chars=200)
            if st.button("撤回", icon=":material/undo:", key="apply_own.withdraw"):
                with showing_errors():
                    own.withdraw_own(actor, detail.line.id, detail.revision, reason)
                    notify(f"已撤回 {detail.line.number}。")
                    st.rerun()


def _printing(application_id: int) -> Take:
    person_now = actor_source()

    def take(_: PaperKind, kind: FileFormat) -> Paper:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再列印。")
        return own.print_own(person, application_id, kind)

    return take
