"""權限對照 on screen: every cell of the table in words, who manages whom, the separation of duties."""

from services.identity.permission_table import HOLDERS, SCOPES
from services.identity.permissions import RULES, Action
from services.identity.separation import SEPARATION
from services.regulation.roles import MANAGES, Role
from tests.pages.browsing import open_page
from tests.world import World


def test_every_cell_of_the_table_is_shown(world: World) -> None:
    app = open_page("system_manager", "permissions")
    matrix = app.table[0].value
    names = {f"**{action.label}**": action for action in Action}
    assert [names[label] for label in matrix["作業"]] != []
    assert set(matrix["作業"]) == set(names)
    shown = {
        (code, names[row["作業"]]): row[name]
        for _, row in matrix.iterrows()
        for code, name in HOLDERS.items()
        if row[name] and code != "operator"
    }
    assert {cell: text.split("[")[1].rstrip("]") for cell, text in shown.items()} == {
        (rule.holder.value, rule.action): SCOPES[rule.scope] for rule in RULES
    }


def test_who_manages_whom_and_what_nobody_may_do(world: World) -> None:
    app = open_page("system_manager", "permissions")
    managers = app.table[1].value
    assert list(managers["管理者"]) == [role.label for role in Role if MANAGES[role]]
    assert list(managers["依據"]) == ["四（二）", "四（三）", "四（四）"]
    rules = app.table[2].value
    assert len(rules) == len(SEPARATION)
    assert all(rules["依據"])
