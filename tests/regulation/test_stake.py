"""Who judges whose records: the words of domain.md §7.3, spelt out beside the table."""

from itertools import chain, combinations

import pytest

from services.identity.permissions import RULES, Action
from services.regulation.audit_kinds import AuditKind, Capacity
from services.regulation.roles import Duty, Role
from services.regulation.stake import LADDERS, Standing, goes_to, judged_by, may_judge

HEAD, AUDITOR, ETHICS = Duty.UNIT_HEAD, Duty.AUDITOR, Duty.ETHICS_OFFICER
MANAGER = Role.AGENCY_MANAGER
CAPACITIES: tuple[Capacity, ...] = (HEAD, AUDITOR, ETHICS, MANAGER, Role.GENERAL_USER)
STANDINGS = [
    frozenset(some)
    for some in chain.from_iterable(combinations(CAPACITIES, n) for n in range(len(CAPACITIES) + 1))
]


def by_the_words(kind: AuditKind, whose: Standing, judge: Capacity) -> bool:
    """The sentences of the specification, one after the other."""
    other = {MANAGER: ETHICS, ETHICS: MANAGER}
    if kind.of_unit:
        if HEAD not in whose:
            return judge in (HEAD, AUDITOR)
        return judge is (MANAGER if MANAGER not in whose else ETHICS if ETHICS not in whose else "")
    if kind is AuditKind.SPOT and MANAGER not in whose:
        return judge is MANAGER
    if MANAGER not in whose and ETHICS not in whose:
        return judge in other
    return judge in other and judge not in whose


@pytest.mark.parametrize("kind", AuditKind)
def test_each_record_is_judged_by_whom_the_words_name(kind: AuditKind) -> None:
    for whose in STANDINGS:
        judges = {one for one in CAPACITIES if by_the_words(kind, whose, one)}
        assert {one for one in CAPACITIES if may_judge(kind, whose, {one})} == judges
        away = goes_to(kind, whose)
        assert (away == "") is (judges == set(kind.rule.conducted_by)), (kind, whose)
        if away:
            assert all(one.label in away for one in judges)
        if not judged_by(kind, whose):
            assert {MANAGER, ETHICS} <= whose and "解除" in away


def test_whom_the_head_appointed_does_not_judge_the_head_as_manager_either() -> None:
    for kind in AuditKind:
        both = may_judge(kind, frozenset({HEAD}), {MANAGER, AUDITOR})
        assert both is not kind.of_unit
        assert may_judge(kind, frozenset(), {MANAGER, AUDITOR})


def test_the_ladders_and_the_permissions_say_the_same() -> None:
    """Whoever may judge a record of some kind of audit holds the action, and nobody else does."""
    assert set(LADDERS) == set(AuditKind)
    judges = {one for ladder in LADDERS.values() for rung in ladder for one in rung.by}
    assert judges == {rule.holder for rule in RULES if rule.action is Action.JUDGE_RECORD}
    for kind, ladder in LADDERS.items():
        assert ladder[0].by == kind.rule.conducted_by
