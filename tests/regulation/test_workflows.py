"""The sixteen applications against clause 5 and domain.md §3, written out by hand once more."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.clauses import clause_words, numeral
from services.regulation.roles import Role
from services.regulation.workflow_diagram import dot, dot_of_role, mermaid, who
from services.regulation.workflows import (
    JUDGED_BY_DIFFERENT_PEOPLE,
    WORKFLOWS,
    Deed,
    Kind,
    Need,
    Workflow,
    as_json,
)
from tests.workflow_docs import DOCUMENT, document

APPLY = "apply applicant"
PRINT, PRINT_BOTH = "print applicant +form", "print applicant +form+pledge"
HEAD = "approve unit_head"
AGENCY = "approve agency_head"
LETTERS = (
    "letter agency_manager|agency_head|system_manager +letter",
    "review bureau_reviewer",
    "reply bureau_reviewer|system_manager +letter",
)
UNIT_OR_AGENCY = "unit_manager|agency_manager"

TABLE: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    # 一般使用者: the pledge with the new account only; reinstatement by notice
    ("general_user", "create"): (
        "5.1.1",
        (APPLY, PRINT_BOTH, HEAD, f"complete {UNIT_OR_AGENCY} +form+pledge"),
    ),
    ("general_user", "change"): (
        "5.1.2",
        (APPLY, PRINT, HEAD, f"complete {UNIT_OR_AGENCY} +form"),
    ),
    ("general_user", "cancel"): (
        "5.1.2",
        (APPLY, PRINT, HEAD, f"complete {UNIT_OR_AGENCY} +form"),
    ),
    ("general_user", "reinstate"): (
        "5.1.3",
        (APPLY, f"notify applicant|{UNIT_OR_AGENCY} +notice", f"complete {UNIT_OR_AGENCY}"),
    ),
    # 單位管理者: the same, completed by the agency manager alone
    ("unit_manager", "create"): (
        "5.2.1",
        (APPLY, PRINT_BOTH, HEAD, "complete agency_manager +form+pledge"),
    ),
    ("unit_manager", "change"): ("5.2.2", (APPLY, PRINT, HEAD, "complete agency_manager +form")),
    ("unit_manager", "cancel"): ("5.2.2", (APPLY, PRINT, HEAD, "complete agency_manager +form")),
    ("unit_manager", "reinstate"): (
        "5.2.3",
        (APPLY, "notify applicant|agency_manager +notice", "complete agency_manager"),
    ),
    # 機關管理者: approved by the own agency, then by letter to the bureau and back
    ("agency_manager", "create"): (
        "5.3.1",
        (APPLY, PRINT_BOTH, AGENCY, *LETTERS, "complete system_manager +form+pledge"),
    ),
    ("agency_manager", "change"): (
        "5.3.2",
        (APPLY, PRINT, AGENCY, *LETTERS, "complete system_manager +form"),
    ),
    ("agency_manager", "cancel"): (
        "5.3.2",
        (APPLY, PRINT, AGENCY, *LETTERS, "complete system_manager +form"),
    ),
    ("agency_manager", "reinstate"): ("5.3.3", (APPLY, *LETTERS, "complete system_manager")),
    # 系統管理者: within the bureau; on reinstatement the rule is silent (reading: as change)
    ("system_manager", "create"): (
        "5.4.1",
        (APPLY, PRINT_BOTH, HEAD, "complete system_manager +form+pledge"),
    ),
    ("system_manager", "change"): ("5.4.2", (APPLY, PRINT, HEAD, "complete system_manager +form")),
    ("system_manager", "cancel"): ("5.4.2", (APPLY, PRINT, HEAD, "complete system_manager +form")),
    ("system_manager", "reinstate"): (
        "5.4.2",
        (APPLY, PRINT, HEAD, "complete system_manager +form"),
    ),
}
ALL = [pytest.param(flow, id=f"{role}-{kind}") for (role, kind), flow in WORKFLOWS.items()]


def written(step: dict[str, object]) -> str:
    """Write a step of the JSON as the table above does."""
    needs = step["needs"]
    assert isinstance(needs, list)
    return f"{step['step']} {step['actor']} {''.join(f'+{need}' for need in needs)}".strip()


def test_the_table_has_all_sixteen_and_no_other() -> None:
    assert len(TABLE) == len(WORKFLOWS) == len(as_json()) == 16
    assert {(flow["role"], flow["kind"]) for flow in as_json()} == set(TABLE)


@pytest.mark.parametrize("flow", as_json(), ids=lambda flow: f"{flow['role']}-{flow['kind']}")
def test_every_workflow_is_as_the_clause_has_it(flow: dict[str, object]) -> None:
    clause, steps = TABLE[str(flow["role"]), str(flow["kind"])]
    given_steps = flow["steps"]
    assert isinstance(given_steps, list)
    assert tuple(written(step) for step in given_steps) == steps
    assert {step["clause"] for step in given_steps} == {clause}
    assert all(set(step) == {"step", "actor", "needs", "clause"} for step in given_steps)


@pytest.mark.parametrize("flow", ALL)
def test_every_workflow_is_sound(flow: Workflow) -> None:
    deeds = [step.deed for step in flow.steps]
    assert deeds[0] is Deed.APPLY and deeds[-1] is Deed.COMPLETE
    assert len(set(deeds)) == len(deeds), "every deed once, so that it names its step"
    assert all(step.parties and len(set(step.parties)) == len(step.parties) for step in flow.steps)
    assert all(re.fullmatch(r"5\.[1-4]\.[1-3]", step.clause) for step in flow.steps)
    assert flow.needs_pledge is (flow.kind is Kind.CREATE)
    for deed in Deed:
        at = flow.index(deed)
        assert (at is None) == (deed not in deeds)
        assert at is None or flow.steps[at].deed is deed
    for step in flow.steps:
        letter = step.deed in (Deed.LETTER, Deed.REPLY)
        assert (Need.LETTER in step.needs) == letter
        assert (Need.NOTICE in step.needs) == (step.deed is Deed.NOTIFY)


def test_no_account_is_given_by_one_person_alone() -> None:
    """But for a reinstatement by notice, somebody judges before somebody else completes."""
    for flow in WORKFLOWS.values():
        judged = {step.deed for step in flow.steps} & JUDGED_BY_DIFFERENT_PEOPLE
        by_notice = flow.index(Deed.NOTIFY) is not None
        assert len(judged) >= (1 if by_notice else 2)


# --- the pictures ----------------------------------------------------------------------------------


def boxes(source: str) -> list[str]:
    return re.findall(r'\[label="((?:[^"\\]|\\.)*)", fillcolor', source)


@pytest.mark.parametrize("flow", ALL)
def test_a_picture_has_a_box_for_every_step_in_order(flow: Workflow) -> None:
    source = dot(flow)
    drawn = [box.split("\\n") for box in boxes(source)]
    assert len(drawn) == len(flow.steps)
    for number, (words, step) in enumerate(zip(drawn, flow.steps, strict=True), 1):
        assert words[0] == f"{number} {step.deed.label}"
        assert words[1] == who(step) and words[-1] == step.clause
        assert all(need.label in words[2] for need in step.needs)
    assert f"{' -> '.join(step.deed.value for step in flow.steps)};" in source
    assert source.count("{") == source.count("}") == 1
    lines = mermaid(flow).splitlines()
    assert [line.split('"')[1].split("<br/>") for line in lines[1:-1]] == drawn
    assert lines[-1].count("-->") == len(flow.steps) - 1


@pytest.mark.parametrize("role", Role)
def test_a_roles_picture_holds_its_four(role: Role) -> None:
    source = dot_of_role(role)
    assert source.count("subgraph cluster_") == 4
    kept_apart = re.findall(r"^(\w+) \[label", source, re.MULTILINE)
    assert len(set(kept_apart)) == len(kept_apart)
    wanted = [box for kind in reversed(Kind) for box in boxes(dot(WORKFLOWS[role, kind]))]
    assert boxes(source) == wanted


def test_the_document_is_what_the_table_yields() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python -m tests.workflow_docs"


# --- clauses in words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "words"),
    [("2", "第二點"), ("6.1", "第六點（一）"), ("5.1.2", "第五點（一）2"),
     ("6.3.5", "第六點（三）5"), ("10.12.1", "第十點（十二）1")],
)  # fmt: skip
def test_clauses_as_they_are_cited(clause: str, words: str) -> None:
    assert clause_words(clause) == words


@given(st.integers(1, 99))
def test_numerals_read_back(number: int) -> None:
    tens, ten, ones = numeral(number).rpartition("十")
    digits = "〇一二三四五六七八九"
    read = (digits.index(tens or "一") * 10 if ten else 0) + (digits.index(ones) if ones else 0)
    assert read == number


@pytest.mark.parametrize("number", [0, -1, 100])
def test_numerals_beyond_a_document_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="1 至 99"):
        numeral(number)
