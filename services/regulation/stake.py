"""Whoever has a stake in a record does not judge it, and who does instead (domain.md §7.3).

Found for each record, by how its person stands: in the unit and agency that are audited, not at large.
"""

from collections.abc import Collection
from dataclasses import dataclass

from services.regulation.audit_kinds import OF_UNIT, AuditKind, Capacity
from services.regulation.roles import Duty, Role

Standing = frozenset[Capacity]
"""What somebody is in the audited unit and agency, duties and role together."""
NO_STANDING: Standing = frozenset()


@dataclass(frozen=True)
class Rung:
    """Who judges, and whose records they do not: those fall to the next rung."""

    by: tuple[Capacity, ...]
    not_of: Standing


def _alone(capacity: Capacity) -> Rung:
    return Rung((capacity,), frozenset({capacity}))


_MANAGER, _ETHICS = _alone(Role.AGENCY_MANAGER), _alone(Duty.ETHICS_OFFICER)
_OF_UNIT = (
    Rung(AuditKind.UNIT.rule.conducted_by, frozenset({Duty.UNIT_HEAD})),
    _MANAGER,
    _ETHICS,
)
LADDERS: dict[AuditKind, tuple[Rung, ...]] = {
    **dict.fromkeys(OF_UNIT, _OF_UNIT),
    AuditKind.AGENCY: (
        Rung(AuditKind.AGENCY.rule.conducted_by, _MANAGER.not_of | _ETHICS.not_of),
        _ETHICS,
        _MANAGER,
    ),
    AuditKind.SPOT: (_MANAGER, _ETHICS),
}
"""By whom a record is judged: the first rung that has no stake in its person's records."""


def judged_by(kind: AuditKind, whose: Standing) -> tuple[Capacity, ...]:
    """Return in which capacities the records of somebody who stands so are judged; empty for nobody."""
    return next((rung.by for rung in LADDERS[kind] if not rung.not_of & whose), ())


def may_judge(kind: AuditKind, whose: Standing, judge: Collection[Capacity]) -> bool:
    """Whether somebody with the capacities of ``judge`` judges records of a person who stands as ``whose``.

    That nobody judges their own is another matter, which the capacities do not tell.
    """
    # Whom a unit's head has appointed judges the head in no other capacity either.
    if kind in OF_UNIT and Duty.UNIT_HEAD in whose and Duty.AUDITOR in judge:
        return False
    return not set(judged_by(kind, whose)).isdisjoint(judge)


def goes_to(kind: AuditKind, whose: Standing) -> str:
    """Say who judges instead of those who conduct the audit; empty where they do."""
    by = judged_by(kind, whose)
    if by == kind.rule.conducted_by:
        return ""
    if not by:
        return "須先解除機關管理者與政風人員的兼任，才有人可以判定"
    return f"由{'或'.join(one.label for one in by)}判定"


def named(kind: AuditKind, whose: Standing) -> str:
    """Return in words what it is about a person that takes their records from those who conduct the audit."""
    first = LADDERS[kind][0].not_of
    return "兼".join(one.label for one in (*Duty, *Role) if one in first & whose)
