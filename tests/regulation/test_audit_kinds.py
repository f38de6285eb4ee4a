"""The table of what differs between the kinds of audit: against the rule, and against the permissions."""

import pytest

from services.audits.words import CONDUCT, REOPEN, SIGN
from services.identity.permissions import RULES, Action
from services.regulation.audit_kinds import AUDIT_RULES, AuditKind, Step
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear, Quarter
from services.regulation.roles import Duty, Role


def holders(action: Action) -> set[Duty | Role]:
    return {rule.holder for rule in RULES if rule.action is action}


@pytest.mark.parametrize("kind", AuditKind)
def test_the_table_and_the_permissions_say_the_same(kind: AuditKind) -> None:
    rule = kind.rule
    assert holders(CONDUCT[kind]) == set(rule.conducted_by)
    assert holders(SIGN[kind]) == {one for place in rule.signatures for one in place}
    assert holders(REOPEN[kind]) == {rule.reopened_by}
    for who, action in (
        (rule.received_by, Action.RECEIVE_AUDIT),
        (rule.approved_by, Action.APPROVE_AUDIT),
        (rule.sent_by, Action.SEND_AUDIT),
    ):
        assert who is None or holders(action) == {who}


@pytest.mark.parametrize("kind", AuditKind)
def test_a_row_is_one_life(kind: AuditKind) -> None:
    """What can be reopened is what can be reached, and the page has a step for all that is done."""
    rule = kind.rule
    reached = {AuditStatus.SIGNED}
    reached |= {AuditStatus.RECEIVED} if rule.received_by else set()
    reached |= {AuditStatus.APPROVED} if rule.approved_by else set()
    assert set(rule.reopened_from) == reached
    assert (Step.APPROVE in rule.steps) is (rule.approved_by is not None)
    assert (Step.SEND in rule.steps) is (rule.sent_by is not None)
    # Nobody could give two of them: no capacity stands at two places, and the approver at none.
    places = [one for place in rule.signatures for one in place]
    assert len(places) == len(set(places)) and rule.approved_by not in places


def test_the_clauses_row_by_row() -> None:
    assert set(AUDIT_RULES) == set(AuditKind)
    unit, agency = AuditKind.UNIT.rule, AuditKind.AGENCY.rule
    assert (unit.clause, unit.annex, unit.periods) == ("7.1.1", "附件二", (Quarter,))
    assert unit.signatures == ((Duty.UNIT_HEAD, Duty.AUDITOR),)
    assert (agency.clause, agency.annex, agency.periods) == ("7.1.2", "附件三", (HalfYear,))
    assert agency.signatures == ((Role.AGENCY_MANAGER,), (Duty.ETHICS_OFFICER,))
    # 7.1.4 asks for no number, no form, and nobody else's hand.
    spot = AuditKind.SPOT.rule
    assert not (spot.has_floors or spot.annex or spot.received_by or spot.approved_by)
    assert [kind for kind in AuditKind if kind.of_unit] == [
        kind for kind in AuditKind if kind.rule.clause == "7.1.1"
    ]
