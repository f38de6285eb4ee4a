"""What every step of the sampler gets: who looks, at which unit and quarter, and the audit so far."""

from dataclasses import dataclass

import streamlit as st

from pages.shared.badges import Colour
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
_GO_TO = "sampler_go_to"

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
    if audit.status is AuditStatus.SIGNED:
        return "sign"
    if audit.findings is None:
        return "draw"
    done = audit.findings.judged == audit.findings.to_judge
    return "sign" if done else "judge"


def go_to(step: str) -> None:
    """Open a step in the next run, and start it."""
    st.session_state[_GO_TO] = step
    st.rerun()


def stepper(audit: AuditView | None, key: str) -> str:
    """Show the five steps, and return the one to show; the address holds it as ``step``."""
    if wanted := st.session_state.pop(_GO_TO, None):
        st.session_state["step"] = wanted
    elif st.session_state.get("sampler_at") != key and "step" not in st.query_params:
        st.session_state["step"] = step_of(audit)
    st.session_state["sampler_at"] = key
    here = step_of(audit)
    reached = list(STEPS).index(here)

    def label(step: str) -> str:
        done = list(STEPS).index(step) < reached or (
            audit is not None and audit.status is AuditStatus.SIGNED
        )
        return f":material/check: {STEPS[step]}" if done else STEPS[step]

    chosen = st.segmented_control(
        "步驟",
        list(STEPS),
        format_func=label,
        key="step",
        required=True,
        label_visibility="collapsed",
        width="stretch",
        bind="query-params",
    )
    return str(chosen or here)
