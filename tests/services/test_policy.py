"""The sign-in policy: defaults, bounds no weaker than 附表十, and that a change is recorded."""

from dataclasses import asdict

import pytest
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Event, Setting
from services.actor import operator
from services.errors import Invalid, Refused
from services.identity.policy import RULES, Policy, policy_of, set_policy
from services.installation import facts
from services.regulation.roles import Duty, Role
from tests.world import NOW, World

DEFAULTS = asdict(Policy())
STRICTEST = {"lock_failures": 5, "lock_minutes": 15, "password_history": 3, "reset_minutes": 30}
"""What 附表十 asks and the issue sets: no choice may be weaker."""


def test_every_value_has_its_rule_and_a_default_within_it() -> None:
    assert {rule.key for rule in RULES} == set(DEFAULTS)
    for rule in RULES:
        assert rule.least <= DEFAULTS[rule.key] <= rule.most, rule.key


def test_no_bound_is_weaker_than_the_table_asks() -> None:
    by_key = {rule.key: rule for rule in RULES}
    assert by_key["lock_failures"].most == STRICTEST["lock_failures"]
    assert by_key["reset_minutes"].most == STRICTEST["reset_minutes"]
    assert by_key["lock_minutes"].least == STRICTEST["lock_minutes"]
    assert by_key["password_history"].least == STRICTEST["password_history"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_value_within_its_bounds_is_stored_and_recorded(world: World, rule) -> None:  # type: ignore[no-untyped-def]
    for value in (rule.least, rule.most):
        set_policy(operator(NOW), rule.key, str(value))
        with reading() as db:
            assert asdict(policy_of(db)) == DEFAULTS | {rule.key: value}
    with reading() as db:
        recorded = [e.detail for e in db.scalars(select(Event).order_by(Event.id))]
    assert [(d["before"], d["after"]) for d in recorded] == [
        (DEFAULTS[rule.key], rule.least),
        (rule.least, rule.most),
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_value_out_of_its_bounds_changes_nothing(world: World, rule) -> None:  # type: ignore[no-untyped-def]
    wrong = [str(rule.least - 1), str(rule.most + 1), "", "x", "1.5", "-1", "１５", " 5"]
    for value in wrong:
        with pytest.raises(Invalid):
            set_policy(operator(NOW), rule.key, value)
    with reading() as db:
        assert policy_of(db) == Policy()
        assert db.scalars(select(Event)).all() == []


def test_an_unknown_key_and_a_person_without_the_right_are_refused(world: World) -> None:
    with pytest.raises(Invalid, match="可設定"):
        set_policy(operator(NOW), "idle", "10")
    with pytest.raises(Refused):
        set_policy(world.actor("agency_manager"), "idle_minutes", "10")


def test_with_demo_data_a_newcomer_needs_no_second_factor_unless_it_is_set(world: World) -> None:
    with transaction() as db:
        db.add(Setting(key=facts.DEMO_KEY, value="small", changed_at=NOW))
    with reading() as db:
        assert (policy_of(db).second_factor, policy_of(db).password_days) == (0, 0)
    set_policy(operator(NOW), "second_factor", "1")
    with reading() as db:
        assert policy_of(db).second_factor == 1


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("duty", [None, *Duty])
def test_whom_a_second_factor_is_asked_of(role: Role, duty: Duty | None) -> None:
    duties = frozenset({duty} if duty else ())
    privileged = role is not Role.GENERAL_USER or duty is not None
    asked = [Policy(second_factor=n).needs_second_factor(role, duties) for n in (0, 1, 2)]
    assert asked == [False, privileged, True]
