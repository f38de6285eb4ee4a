"""How an application goes: the steps of one kind for one role, as a picture and as a table."""

import streamlit as st

from services.regulation.clauses import clause_words
from services.regulation.roles import Role
from services.regulation.workflow_diagram import dot, dot_of_role, needs, who
from services.regulation.workflows import WORKFLOWS, Kind, Workflow

_ALL = "all"


def workflow_help(role: Role = Role.GENERAL_USER, kind: Kind | None = None) -> None:
    """Let somebody choose a role and a kind of application, and show its steps.

    ``role`` and ``kind`` stand there at first; without a kind all four of the role do.
    """
    with st.container(horizontal=True):
        chosen_role = st.segmented_control(
            "帳號類別",
            list(Role),
            default=role,
            required=True,
            format_func=lambda value: value.label,
            key="workflow_role",
        )
        chosen_kind = st.segmented_control(
            "申請種類",
            [_ALL, *Kind],
            default=kind or _ALL,
            required=True,
            format_func=lambda value: value.label if isinstance(value, Kind) else "全部",
            key="workflow_kind",
        )
    assert chosen_role is not None
    if isinstance(chosen_kind, Kind):
        workflow = WORKFLOWS[chosen_role, chosen_kind]
        _picture(dot(workflow), f"{chosen_role.label}{chosen_kind.label}的流程圖，步驟同下表")
        _steps(workflow)
    else:
        _picture(dot_of_role(chosen_role), f"{chosen_role.label}四種申請的流程圖，步驟同下表")
        for each in Kind:
            st.subheader(each.label, anchor=False)
            _steps(WORKFLOWS[chosen_role, each])
    st.caption(
        "依據為臺北市政府各機關使用地籍資料管理作業規範。任何人不得辦理自己的申請案；"
        "核可、審核與完成辦理須由不同的人為之。規範未規定系統管理者的復權，比照權限異動辦理。"
    )


def _picture(source: str, alt: str) -> None:
    st.graphviz_chart(source, width="stretch", alt=alt)


def _steps(workflow: Workflow) -> None:
    st.table(
        [
            {
                "步驟": f"{number} {step.deed.label}",
                "由誰": who(step),
                "須有": needs(step) or "–",
                "依據": clause_words(step.clause),
            }
            for number, step in enumerate(workflow.steps, 1)
        ],
        border="horizontal",
        hide_index=True,
    )
