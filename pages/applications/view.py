"""One application whole: where it stands, what is applied for, what was done."""

import streamlit as st

from pages.applications.words import STATE_COLOURS, act_words
from pages.shared.text import plain
from services import rocdate
from services.applications.shown import ApplicationDetail
from services.regulation.application_states import CAME_TO_NOTHING, State
from services.regulation.workflow_diagram import who
from services.regulation.workflows import Kind


def show_application(detail: ApplicationDetail) -> None:
    """Show the head, the steps, the facts and the history of an application."""
    line = detail.line
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(
            f"{line.number}　{line.role.label}{line.kind.label}", anchor=False, width="content"
        )
        st.badge(line.state.label, color=STATE_COLOURS[line.state])
    _steps(detail)
    show_earlier(detail)
    st.table(
        [{"項目": name, "內容": plain(value)} for name, value in _facts(detail).items() if value],
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )
    st.markdown("**辦理經過**")
    for act in detail.acts:
        st.caption(act_words(act))


def show_earlier(detail: ApplicationDetail) -> None:
    """Say that an account cancelled before has this staff number: the applicant's, or somebody else's."""
    if (earlier := detail.earlier) is not None:
        (st.info if earlier.same_person else st.warning)(plain(earlier.sentence))


def _steps(detail: ApplicationDetail) -> None:
    """The steps in a row: done, due, still to come; by whom in the hint."""
    over = detail.line.state in CAME_TO_NOTHING
    with st.container(horizontal=True, gap="small"):
        for n, step in enumerate(detail.workflow.steps):
            done = n < detail.step
            due = n == detail.step and detail.line.step is not None
            icon = ":material/check: " if done else ""
            st.badge(
                f"{icon}{n + 1} {step.deed.label}",
                color="green" if done else "blue" if due and not over else "gray",
                help=f"由{who(step)}辦理",
            )


def _facts(detail: ApplicationDetail) -> dict[str, str]:
    line = detail.line
    added = [item.label for item in detail.items if item not in detail.items_now]
    taken = [item.label for item in detail.items_now if item not in detail.items]
    items = "、".join(item.label for item in detail.items) or "無"
    if line.kind is Kind.CHANGE and line.state is not State.COMPLETED:
        items += "".join(
            f"（{word}：{'、'.join(names)}）"
            for word, names in (("增加", added), ("取消", taken))
            if names
        )
    return {
        "申請人": line.label,
        "員工編號": detail.staff_no,
        "職稱": detail.title,
        "機關／單位": f"{line.agency}　{line.unit}",
        "異動後單位": detail.to_unit,
        "授權項目": items,
        "原因": detail.reason,
        "電子郵件": detail.email + ("" if detail.email_confirmed else "（未確認）"),
        "電話": detail.phone,
        "申請日期": rocdate.roc_time(line.submitted_at),
    }
