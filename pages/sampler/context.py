"""What every step of an audit gets: who looks, on which page, at what period, and the audit so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from pages.shared import address
from pages.shared.badges import Colour
from pages.shared.dialogs import close_dialog
from services.actor import Actor
from services.audits.late import LateView
from services.audits.overview import AuditLine, AuditView
from services.regulation.audit_kinds import AuditKind, Step
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Period, Quarter


def steps_of(kind: AuditKind) -> dict[str, str]:
    """Return the steps of a kind of audit, each as the stepper shows it."""
    return {
        step.value: f"{sign} {step.label}"
        for sign, step in zip("①②③④⑤⑥⑦", kind.rule.steps, strict=False)
    }


STEPS = steps_of(AuditKind.UNIT)
PAGE = "sampler"
COUNTING, FREEZING, DRAWING = "正在整理母體…", "正在凍結母體…", "正在抽樣…"
"""What is said while a large frame takes its time."""
_GO_TO = "audit.go_to"

STATUS_COLOURS: dict[AuditStatus, Colour] = {
    AuditStatus.PLANNED: "gray",
    AuditStatus.FROZEN: "blue",
    AuditStatus.JUDGING: "orange",
    AuditStatus.SIGNED: "green",
    AuditStatus.RECEIVED: "green",
    AuditStatus.APPROVED: "green",
    AuditStatus.SENT: "green",
}


@dataclass(frozen=True, kw_only=True)
class Context:
    """One period of a unit or an agency, and its audit if anything was frozen yet.

    The steps from the draw on (`drawing`, `worksheet`, `signing`) work on this alone, whatever the kind
    of audit.
    """

    actor: Actor
    page: str
    """The page's name in the keys of its widgets and in its address."""
    of: str
    """What is audited: whoever chooses another one starts where that one stands."""
    period: Period
    audit: AuditView | None
    fields: dict[str, address.Field]
    may_conduct: bool
    """Whether buttons are shown; the services decide again."""
    steps: Mapping[str, str] = field(default_factory=lambda: STEPS)

    @property
    def nil_return(self) -> bool:
        """Whether the frozen frame has no record, so that there is nothing to draw."""
        frame = self.audit.frame if self.audit else None
        return frame is not None and frame.picture.records == 0


@dataclass(frozen=True, kw_only=True)
class UnitContext(Context):
    """What 範圍 and 凍結 of a unit audit need besides."""

    line: AuditLine
    quarter: Quarter
    late: LateView | None = None
    """What was imported after the freeze; None before it."""


def step_of(audit: AuditView | None) -> str:
    """Return the step at which an audit stands."""
    if audit is None or audit.frame is None:
        return "scope"
    if audit.status.is_signed and Step.APPROVE in audit.kind.rule.steps:
        return "approve" if audit.status is AuditStatus.SIGNED else "send"
    if audit.status.is_signed or audit.frame.picture.records == 0:
        return "sign"
    if audit.findings is None:
        return "draw"
    done = 0 < audit.findings.judged == audit.findings.to_judge
    return "sign" if done else "judge"


def go_to(step: str) -> None:
    """Open a step in the next run, and start it; a dialog that led here is done."""
    close_dialog()
    st.session_state[_GO_TO] = step
    st.rerun()


def stepper(context: Context) -> str:
    """Show the steps and return the one to show; the address holds it as ``step``.

    Without one in the address, or after another audit was chosen, it is where the audit stands.
    """
    here, widget = step_of(context.audit), address.key(context.page, "step")
    shown, mark = f"{context.of}/{context.period}", f"{context.page}.shown"
    another = st.session_state.get(mark, shown) != shown
    st.session_state[mark] = shown
    if wanted := st.session_state.pop(_GO_TO, None):
        st.session_state[widget] = wanted
    elif another or st.session_state.get(widget) is None:
        st.session_state[widget] = here
    st.segmented_control(
        "步驟",
        list(context.steps),
        format_func=lambda step: _label(step, here, context),
        key=widget,
        required=True,
        label_visibility="collapsed",
        width="stretch",
    )
    return str(st.session_state[widget] or here)


def _label(step: str, here: str, context: Context) -> str:
    order = list(context.steps)
    audit = context.audit
    # Before the head of the agency, and before it is sent, a signed audit is not at its end.
    waiting = here in ("approve", "send") and audit is not None
    ended = audit is not None and audit.status.is_signed and not waiting
    ended = ended or (audit is not None and audit.status is AuditStatus.SENT)
    done = ended or order.index(step) < order.index(here)
    return f":material/check: {context.steps[step]}" if done else context.steps[step]
