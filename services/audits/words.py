"""The words of an audit's life: its states, the verdicts, the seeds."""

from enum import StrEnum

from services.identity.actions import Action


class AuditKind(StrEnum):
    """Which audit of the rule it is."""

    UNIT = "unit"
    SUPPLEMENT = "supplement"
    """A unit's too: of the records that were imported after its quarter was frozen."""
    AGENCY = "agency"
    SPOT = "spot"

    @property
    def label(self) -> str:
        return {
            "unit": "單位稽核",
            "supplement": "單位補充稽核",
            "agency": "機關稽核",
            "spot": "不定期檢查",
        }[self.value]

    @property
    def of_unit(self) -> bool:
        """Whether it is a unit's audit by clause 7.1.1, the quarter's own or a supplement to it."""
        return self in OF_UNIT

    @property
    def conductors(self) -> str:
        """Who draws and judges, for those who may only look."""
        return {
            "unit": "單位主管或其指派的稽核人員",
            "supplement": "單位主管或其指派的稽核人員",
            "agency": "機關管理者會同政風單位",
            "spot": "機關管理者",
        }[self.value]

    @property
    def signers(self) -> str:
        """Who signs the record."""
        return {
            "unit": "單位主管或其指派的稽核人員",
            "supplement": "單位主管或其指派的稽核人員",
            "agency": "機關管理者與政風人員",
            "spot": "機關管理者",
        }[self.value]

    @property
    def reopener(self) -> str:
        """Who alone can open a signed one again."""
        return "單位主管" if self.of_unit else "機關管理者"


OF_UNIT = (AuditKind.UNIT, AuditKind.SUPPLEMENT)

CONDUCT: dict[AuditKind, Action] = {
    AuditKind.UNIT: Action.CONDUCT_AUDIT,
    AuditKind.SUPPLEMENT: Action.CONDUCT_AUDIT,
    AuditKind.AGENCY: Action.CONDUCT_AGENCY_AUDIT,
    AuditKind.SPOT: Action.SPOT_CHECK,
}
"""By which action each kind is frozen, drawn and judged (7.1.1, 7.1.2, 7.1.4)."""
SIGN: dict[AuditKind, Action] = {
    AuditKind.UNIT: Action.SIGN_AUDIT,
    AuditKind.SUPPLEMENT: Action.SIGN_AUDIT,
    AuditKind.AGENCY: Action.SIGN_AGENCY_AUDIT,
    AuditKind.SPOT: Action.SPOT_CHECK,
}
REOPEN: dict[AuditKind, Action] = {
    AuditKind.UNIT: Action.REOPEN_AUDIT,
    AuditKind.SUPPLEMENT: Action.REOPEN_AUDIT,
    AuditKind.AGENCY: Action.REOPEN_AGENCY_AUDIT,
    AuditKind.SPOT: Action.SPOT_CHECK,
}


class AuditStatus(StrEnum):
    """Where an audit stands; a unit's ends as received, an agency's as sent, a spot check's as signed."""

    PLANNED = "planned"
    FROZEN = "frozen"
    JUDGING = "judging"
    SIGNED = "signed"
    RECEIVED = "received"
    APPROVED = "approved"
    SENT = "sent"

    @property
    def label(self) -> str:
        return {
            "planned": "未開始",
            "frozen": "已凍結",
            "judging": "查核中",
            "signed": "已簽核",
            "received": "已收存",
            "approved": "已核定",
            "sent": "已函送",
        }[self.value]

    @property
    def is_signed(self) -> bool:
        """Whether its record is signed, whatever came after."""
        return self in SIGNED_OR_LATER


SIGNED_OR_LATER = frozenset(
    {AuditStatus.SIGNED, AuditStatus.RECEIVED, AuditStatus.APPROVED, AuditStatus.SENT}
)


class FrameScope(StrEnum):
    """Which records an agency audit draws from (7.1.2)."""

    AUDITED = "audited"
    UNAUDITED = "unaudited"
    BOTH = "both"

    @property
    def label(self) -> str:
        return {
            "audited": "單位已稽核的紀錄",
            "unaudited": "單位未稽核的紀錄",
            "both": "已稽核與未稽核的紀錄",
        }[self.value]


class Ruling(StrEnum):
    """A verdict on one record (domain.md §4, the worksheet)."""

    COMPLIANT = "compliant"
    EXPLAIN = "explain"
    DEFICIENT = "deficient"
    MAJOR = "major"

    @property
    def label(self) -> str:
        return {
            "compliant": "符合",
            "explain": "請說明",
            "deficient": "缺失",
            "major": "重大缺失",
        }[self.value]

    @property
    def deviates(self) -> bool:
        """Whether the record counts as a deviation in what the sample says."""
        return self in (Ruling.DEFICIENT, Ruling.MAJOR)


class DrawKind(StrEnum):
    """What a draw is."""

    FIRST = "first"
    REDRAW = "redraw"
    EXPANSION = "expansion"

    @property
    def label(self) -> str:
        return {"first": "抽樣", "redraw": "重抽", "expansion": "加抽"}[self.value]


class SeedSource(StrEnum):
    """Where a seed came from; a named one is for tests and demonstrations and marks the draw."""

    SYSTEM = "system"
    PUBLIC = "public"
    NAMED = "named"

    @property
    def label(self) -> str:
        return {
            "system": "作業系統亂數（256 位元）",
            "public": "事先指定的公開數字",
            "named": "指定種子（僅供測試與示範）",
        }[self.value]


class CorrectionKind(StrEnum):
    """What a corrected package changes of the one before it (domain.md §7.8)."""

    MATERIAL = "material"
    CLERICAL = "clerical"

    @property
    def label(self) -> str:
        return {"material": "實質更正", "clerical": "文字更正"}[self.value]


REASON_MIN, REASON_MAX = 4, 300
