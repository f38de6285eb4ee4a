"""What every step of the sampler gets: who looks, at which unit and quarter, and the audit so far."""

from dataclasses import dataclass

import streamlit as st

from pages.shared import address
from pages.shared.badges import Colour
from pages.shared.dialogs import close_dialog
from services.audits.overview import AuditLine, AuditView
from services.audits.words import AuditStatus
from services.identity.actor import Actor
from services.regulation.periods import Quarter

STEPS = {
    "scope": "① 範圍",
    "freeze": "② 凍結",
    "draw": "③ 抽樣",
    "judge": "④ 查核",
    "sign": "⑤ 簽核",
}
PAGE = "sampler"
_GO_TO = "sampler.go_to"

STATUS_COLOURS: dict[AuditStatus, Colour] = {
    AuditStatus.PLANNED: "gray",
    AuditStatus.FROZEN: "blue",
    AuditStatus.JUDGING: "orange",
    AuditStatus.SIGNED: "green",
}


@dataclass(frozen=True)
class Context:
    """One unit, one quarter, and the audit if anything was frozen yet."""

    actor: Actor
    line: AuditLine
    quarter: Quarter
    audit: AuditView | None
    fields: dict[str, address.Field]

    @property
    def may_conduct(self) -> bool:
        """Whether buttons are shown; the services decide again."""
        return self.line.may_conduct

    @property
    def nil_return(self) -> bool:
        """Whether the frozen frame has no record, so that there is nothing to draw."""
        frame = self.audit.frame if self.audit else None
        return frame is not None and frame.picture.records == 0


def step_of(audit: AuditView | None) -> str:
    """Return the step at which an audit stands."""
    if audit is None or audit.frame is None:
        return "scope"
    if audit.status is AuditStatus.SIGNED or audit.frame.picture.records == 0:
        return "sign"
    if audit.findings is None:
        return "draw"
    done = audit.findings.judged == audit.findings.to_judge
    return "sign" if done else "judge"


def go_to(step: str) -> None:
    """Open a step in the next run, and start it; a dialog that led here is done."""
    close_dialog()
    st.session_state[_GO_TO] = step
    st.rerun()


def stepper(context: Context) -> str:
    """Show the five steps and return the one to show; the address holds it as ``step``.

    Without one in the address, or after another audit was chosen, it is where the audit stands.
    """
    here, widget = step_of(context.audit), address.key(PAGE, "step")
    shown = f"{context.line.unit_id}/{context.quarter}"
    another = st.session_state.get("sampler.shown", shown) != shown
    st.session_state["sampler.shown"] = shown
    if wanted := st.session_state.pop(_GO_TO, None):
        st.session_state[widget] = wanted
    elif another or st.session_state.get(widget) is None:
        st.session_state[widget] = here
    st.segmented_control(
        "步驟",
        list(STEPS),
        format_func=lambda step: _label(step, here, context.audit),
        key=widget,
        required=True,
        label_visibility="collapsed",
        width="stretch",
    )
    return str(st.session_state[widget] or here)


def _label(step: str, here: str, audit: AuditView | None) -> str:
    order = list(STEPS)
    signed = audit is not None and audit.status is AuditStatus.SIGNED
    done = signed or order.index(step) < order.index(here)
    return f":material/check: {STEPS[step]}" if done else STEPS[step]
