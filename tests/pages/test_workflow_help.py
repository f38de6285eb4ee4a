"""How an application goes, on screen: every role and kind shows its own steps, and its picture."""

import pytest
from streamlit.testing.v1 import AppTest

from services.regulation.clauses import clause_words
from services.regulation.roles import Role
from services.regulation.workflow_diagram import dot, dot_of_role, needs, who
from services.regulation.workflows import WORKFLOWS, Kind, Workflow


def page() -> None:
    from pages.accounts.workflow_help import workflow_help

    workflow_help()


def choose(app: AppTest, role: Role, kind: Kind | str) -> AppTest:
    app.button_group(key="workflow_role").set_value(role)
    return app.button_group(key="workflow_kind").set_value(kind).run()


def pictures(app: AppTest) -> list[str]:
    return [str(chart.proto.spec) for chart in app.get("graphviz_chart")]


def steps_shown(app: AppTest) -> list[list[str]]:
    return [
        [str(cell) for cell in row] for table in app.table for row in table.value.values.tolist()
    ]


def steps_of(flow: Workflow) -> list[list[str]]:
    return [
        [f"{number} {step.deed.label}", who(step), needs(step) or "–", clause_words(step.clause)]
        for number, step in enumerate(flow.steps, 1)
    ]


@pytest.fixture(scope="module")
def app() -> AppTest:
    return AppTest.from_function(page).run()


def test_it_opens_with_the_four_of_the_general_user(app: AppTest) -> None:
    assert not app.exception
    assert pictures(app) == [dot_of_role(Role.GENERAL_USER)]
    assert [title.value for title in app.subheader] == [kind.label for kind in Kind]
    flows = [WORKFLOWS[Role.GENERAL_USER, kind] for kind in Kind]
    assert steps_shown(app) == [row for flow in flows for row in steps_of(flow)]


@pytest.mark.parametrize(("role", "kind"), list(WORKFLOWS))
def test_every_choice_shows_its_own_steps(app: AppTest, role: Role, kind: Kind) -> None:
    choose(app, role, kind)
    assert not app.exception
    assert pictures(app) == [dot(WORKFLOWS[role, kind])]
    assert steps_shown(app) == steps_of(WORKFLOWS[role, kind])


@pytest.mark.parametrize("role", Role)
def test_all_four_of_a_role_together(app: AppTest, role: Role) -> None:
    choose(app, role, "all")
    assert not app.exception
    assert pictures(app) == [dot_of_role(role)]
    assert len(app.table) == 4
