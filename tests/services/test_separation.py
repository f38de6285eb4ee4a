"""Separation of duties: every row is tried through every function it names; refused and on record."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.audits.words import Ruling
from services.errors import Refused
from services.identity.actor import Actor, operator
from services.identity.permission_table import (
    CLAUSES,
    GROUPS,
    HOLDERS,
    OPERATOR,
    SCOPES,
    permission_table,
)
from services.identity.permissions import RULES, Action
from services.identity.separation import SEPARATION
from services.regulation.items import Item
from services.regulation.roles import MANAGES, AccountStatus, Role
from tests.prepared import FROZEN, JUDGING, SIGNED, Prepared, events_after, last_event, prepare
from tests.services.cells import CELLS
from tests.test_house import FUNCTIONS
from tests.world import NOW

Attempt = tuple[Actor, Callable[[Any, Actor], Any]]
_WHY = "職務區隔的測試"


@pytest.fixture
def world(database: str) -> Prepared:
    return prepare()


def on_unit(name: str, world: Prepared, place: str) -> Callable[[Any, Actor], Any]:
    """The call of the table of cells, on something of one unit."""
    return lambda function, actor: CELLS[f"services.{name}"].call(function, world, actor, place)


def on_account(name: str, world: Prepared, account_id: int) -> Callable[[Any, Actor], Any]:
    if name.endswith("set_items"):
        return lambda f, a: f(a, account_id, [Item.CADASTRAL_MAP], _WHY, expected_items=[])
    return lambda f, a: f(
        a, account_id, AccountStatus.SUSPENDED, _WHY, expected_status=AccountStatus.ACTIVE
    )


def own_record(world: Prepared) -> Attempt:
    """The author of the records, who is the unit's appointed auditor too."""
    auditor = world.actor("auditor")
    author = replace(auditor, account_id=world.people["tax1", Role.GENERAL_USER])
    audit, record = world.audits["tax1", JUDGING], world.to_judge["tax1"]
    return author, lambda f, a: f(a, audit, {record: 0}, Ruling.COMPLIANT)


def attempts(code: str, name: str, world: Prepared) -> list[Attempt]:
    """Return who tries what against one row, through one of its functions."""
    people = {who: world.actor(who) for who in world.accounts}
    tried: dict[str, Callable[[], list[Attempt]]] = {
        "own_account": lambda: [
            (people[who], on_account(name, world, world.accounts[who]))
            for who in ("unit_manager", "agency_manager", "system_manager")
        ],
        "level_by_level": lambda: [
            (people[who], on_account(name, world, world.people["tax1", role]))
            for who, role in (
                ("unit_manager", Role.UNIT_MANAGER),
                ("unit_manager", Role.AGENCY_MANAGER),
                ("agency_manager", Role.AGENCY_MANAGER),
                ("system_manager", Role.GENERAL_USER),
                ("system_manager", Role.UNIT_MANAGER),
            )
        ],
        "no_accounts_by_command": lambda: [
            (operator(NOW), on_account(name, world, world.people["tax1", role])) for role in Role
        ],
        "duty_is_no_query": lambda: [
            (actor, on_unit(name, world, "tax1"))
            for actor in (
                *(people[who] for who in ("head", "auditor", "ethics", "agency_head", "reviewer")),
                operator(NOW),
            )
        ],
        "own_records": lambda: [own_record(world)],
        "managers_do_not_audit": lambda: [
            (people[who], on_unit(name, world, "tax1"))
            for who in ("unit_manager", "agency_manager", "system_manager")
        ],
        "seed_is_not_chosen": lambda: [
            (
                people[who],
                lambda f, a: f(a, world.audits["tax1", FROZEN], named_seed="abcd"),
            )
            for who in ("head", "auditor")
        ],
        "persons_judge_and_sign": lambda: [(operator(NOW), on_unit(name, world, "tax1"))],
        "head_reopens": lambda: [
            (people["auditor"], lambda f, a: f(a, world.audits["tax1", SIGNED], _WHY))
        ],
    }
    return tried[code]()


def test_every_row_is_refused_by_every_function_it_names(world: Prepared) -> None:
    for rule in SEPARATION:
        for name in rule.functions:
            function = FUNCTIONS[f"services.{name}"]
            for actor, call in attempts(rule.code, name, world):
                last = last_event()
                with pytest.raises(Refused):
                    call(function, actor)
                (event,) = events_after(last)
                told = (event.type, event.actor_name, event.detail["function"])
                expected = ("refused", actor.name, inspect.unwrap(function).__qualname__)
                assert told == expected, (rule.code, actor.label)


def test_rows_are_told_apart_and_name_their_clause() -> None:
    assert len({rule.code for rule in SEPARATION}) == len(SEPARATION)
    assert all(rule.clause and rule.sentence.endswith("。") for rule in SEPARATION)


def test_the_table_shown_is_the_table_read(world: Prepared) -> None:
    shown = permission_table(world.actor("system_manager"))
    cells = {
        (holder, line.action, scope)
        for line in shown.actions
        for holder, scope in line.scopes.items()
        if holder != OPERATOR
    }
    assert cells == {(rule.holder.value, rule.action, SCOPES[rule.scope]) for rule in RULES}
    assert [line.action for line in shown.actions if OPERATOR in line.scopes] == [
        *(Action.VIEW_USAGE, Action.IMPORT_USAGE, Action.VIEW_AUDIT, Action.CONDUCT_AUDIT),
        *(Action.OPERATE_LEDGER, Action.CHANGE_SETTINGS),
    ]
    assert {line.manager: set(line.accounts) for line in shown.managers} == {
        role: set(others) for role, others in MANAGES.items() if others
    }
    assert shown.separation == SEPARATION


def test_every_action_has_its_place_and_clause_and_every_holder_a_name() -> None:
    placed = [action for actions in GROUPS.values() for action in actions]
    assert sorted(placed) == sorted(Action)
    assert set(CLAUSES) == set(Action)
    assert {rule.holder.value for rule in RULES} | {OPERATOR} == set(HOLDERS)
