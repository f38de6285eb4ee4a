"""The permission table: every cell allows what it says and nothing more, whoever asks."""

import itertools

import pytest

from services.actor import Actor, DutyHeld, operator
from services.errors import Refused
from services.identity.permissions import RULES, Action, Scope, permit, reach
from services.regulation.roles import Duty, Role
from tests.world import NOW

UNIT, AGENCY, OTHER_UNIT, OTHER_AGENCY, SELF, SOMEBODY = 11, 1, 12, 2, 101, 102
TABLE = {(rule.holder, rule.action): rule.scope for rule in RULES}
THINGS = {
    "own account": {"account_id": SELF},
    "another's account": {"account_id": SOMEBODY},
    "own unit": {"unit_id": UNIT, "agency_id": AGENCY},
    "other unit of the agency": {"unit_id": OTHER_UNIT, "agency_id": AGENCY},
    "another agency": {"unit_id": 21, "agency_id": OTHER_AGENCY},
    "nothing named": {},
}
COVERED = {
    Scope.OWN: {"own account"},
    Scope.UNIT: {"own unit"},
    Scope.AGENCY: {"own unit", "other unit of the agency"},
    Scope.ALL: set(THINGS),
}


def person(holder: Role | Duty) -> Actor:
    """Somebody who holds only this: a duty is held here without any role."""
    role = holder if isinstance(holder, Role) else None
    duties = () if isinstance(holder, Role) else (held(holder),)
    return Actor(NOW, SELF, "somebody", "某人", role, UNIT, AGENCY, duties)


def held(duty: Duty) -> DutyHeld:
    whole = duty in (Duty.ETHICS_OFFICER, Duty.AGENCY_HEAD)
    here = duty in (Duty.UNIT_HEAD, Duty.AUDITOR)
    return DutyHeld(duty, UNIT if here else None, AGENCY if whole else None)


@pytest.mark.parametrize(
    ("holder", "action"),
    list(itertools.product([*Role, *Duty], Action)),
    ids=lambda value: value.value,
)
def test_every_cell(holder: Role | Duty, action: Action) -> None:
    scope = TABLE.get((holder, action))
    allowed = COVERED[scope] if scope else set()
    for name, thing in THINGS.items():
        if name in allowed:
            permit(person(holder), action, **thing)
        else:
            with pytest.raises(Refused):
                permit(person(holder), action, **thing)


@pytest.mark.parametrize("duty", Duty)
def test_no_duty_gives_a_right_to_query_parcels(duty: Duty) -> None:
    assert not reach(person(duty), Action.QUERY_PARCEL)


def test_nobody_without_role_and_duty_may_do_anything() -> None:
    nobody = Actor(NOW, SELF, "nobody", "無人", None, UNIT, AGENCY)
    assert not any(reach(nobody, action) for action in Action)


@pytest.mark.parametrize("action", [Action.SIGN_AUDIT, Action.REOPEN_AUDIT, Action.QUERY_PARCEL])
def test_the_command_line_never_signs_reopens_or_queries(action: Action) -> None:
    assert not reach(operator(NOW), action)


def test_a_duty_for_one_unit_does_not_reach_another() -> None:
    both = Actor(
        NOW, SELF, "h", "主管", Role.GENERAL_USER, UNIT, AGENCY,
        (DutyHeld(Duty.UNIT_HEAD, UNIT), DutyHeld(Duty.AUDITOR, OTHER_UNIT)),
    )  # fmt: skip
    permit(both, Action.REOPEN_AUDIT, unit_id=UNIT)
    permit(both, Action.CONDUCT_AUDIT, unit_id=OTHER_UNIT)
    with pytest.raises(Refused):
        permit(both, Action.REOPEN_AUDIT, unit_id=OTHER_UNIT)
