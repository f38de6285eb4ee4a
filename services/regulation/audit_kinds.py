"""What differs between the kinds of audit, in one table; whatever is not here is the same for all."""

from dataclasses import dataclass
from enum import StrEnum

from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear, Month, Period, Quarter
from services.regulation.roles import Duty, Role

Capacity = Duty | Role
"""In what somebody acts: a duty or the role of the account."""


class Step(StrEnum):
    """A step of an audit, as its page shows it."""

    SCOPE = "scope"
    FREEZE = "freeze"
    DRAW = "draw"
    JUDGE = "judge"
    SIGN = "sign"
    APPROVE = "approve"
    SEND = "send"

    @property
    def label(self) -> str:
        return {
            "scope": "範圍",
            "freeze": "凍結",
            "draw": "抽樣",
            "judge": "查核",
            "sign": "簽核",
            "approve": "陳核",
            "send": "函送",
        }[self.value]


class AuditKind(StrEnum):
    """Which audit of the rule it is."""

    UNIT = "unit"
    SUPPLEMENT = "supplement"
    """A unit's too: of the records that were imported after its quarter was frozen."""
    AGENCY = "agency"
    SPOT = "spot"

    @property
    def rule(self) -> "AuditRule":
        """What holds for this kind alone."""
        return AUDIT_RULES[self]

    @property
    def label(self) -> str:
        return self.rule.label

    @property
    def of_unit(self) -> bool:
        """Whether it is a unit's audit by clause 7.1.1, the quarter's own or a supplement to it."""
        return self in OF_UNIT

    @property
    def conductors(self) -> str:
        """Who draws and judges, for those who may only look."""
        return self.rule.conductors

    @property
    def signers(self) -> str:
        """Who signs the record."""
        return self.rule.signers

    @property
    def reopener(self) -> str:
        """Who alone can open a signed one again."""
        return self.rule.reopened_by.label


OF_UNIT = (AuditKind.UNIT, AuditKind.SUPPLEMENT)


@dataclass(frozen=True, kw_only=True)
class AuditRule:
    """What one kind of audit does in its own way."""

    label: str
    clause: str
    annex: str
    """The form that its record is made in; empty where the rule has none."""
    periods: tuple[type[Period], ...]
    has_floors: bool
    conducted_by: tuple[Capacity, ...]
    """Who freezes, draws and judges."""
    conductors: str
    """The same in the words of the clause."""
    signatures: tuple[tuple[Capacity, ...], ...]
    """Each signature that is needed, with the capacities in which it can be given, the first one first.

    Different places are for different persons: the agency manager audits *with* the ethics office (7.1.2).
    """
    signers: str
    reopened_by: Capacity
    reopened_from: tuple[AuditStatus, ...]
    steps: tuple[Step, ...] = (Step.SCOPE, Step.FREEZE, Step.DRAW, Step.JUDGE, Step.SIGN)
    received_by: Role | None = None
    """Who keeps the signed record."""
    approved_by: Duty | None = None
    """Who approves the signed record or returns it; never one of the signers."""
    sent_by: Role | None = None
    """Who sends it to the bureau."""

    @property
    def receiver(self) -> str:
        """Who keeps the signed record, in words; empty where nobody has to."""
        return self.received_by.label if self.received_by else ""


def _of_unit(label: str) -> AuditRule:
    return AuditRule(
        label=label,
        clause="7.1.1",
        annex="附件二",
        periods=(Quarter,),
        has_floors=True,
        conducted_by=(Duty.UNIT_HEAD, Duty.AUDITOR),
        conductors="單位主管或其指派的稽核人員",
        signatures=((Duty.UNIT_HEAD, Duty.AUDITOR),),
        signers="單位主管或其指派的稽核人員",
        reopened_by=Duty.UNIT_HEAD,
        reopened_from=(AuditStatus.SIGNED, AuditStatus.RECEIVED),
        received_by=Role.AGENCY_MANAGER,
    )


AUDIT_RULES: dict[AuditKind, AuditRule] = {
    AuditKind.UNIT: _of_unit("單位稽核"),
    AuditKind.SUPPLEMENT: _of_unit("單位補充稽核"),
    AuditKind.AGENCY: AuditRule(
        label="機關稽核",
        clause="7.1.2",
        annex="附件三",
        periods=(HalfYear,),
        has_floors=True,
        conducted_by=(Role.AGENCY_MANAGER, Duty.ETHICS_OFFICER),
        conductors="機關管理者會同政風單位",
        signatures=((Role.AGENCY_MANAGER,), (Duty.ETHICS_OFFICER,)),
        signers="機關管理者與政風人員",
        reopened_by=Role.AGENCY_MANAGER,
        reopened_from=(AuditStatus.SIGNED, AuditStatus.APPROVED),
        steps=tuple(Step),
        approved_by=Duty.AGENCY_HEAD,
        sent_by=Role.AGENCY_MANAGER,
    ),
    AuditKind.SPOT: AuditRule(
        label="不定期檢查",
        clause="7.1.4",
        annex="",
        periods=(Quarter, HalfYear, Month),
        has_floors=False,
        conducted_by=(Role.AGENCY_MANAGER,),
        conductors="機關管理者",
        signatures=((Role.AGENCY_MANAGER,),),
        signers="機關管理者",
        reopened_by=Role.AGENCY_MANAGER,
        reopened_from=(AuditStatus.SIGNED,),
    ),
}
