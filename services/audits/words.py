"""The words of an audit's life: the permissions for it, the verdicts, the draws, the seeds."""

from enum import StrEnum

from services.identity.actions import Action
from services.regulation.audit_kinds import AuditKind

_BY_CLAUSE: dict[str, tuple[Action, Action, Action]] = {
    "7.1.1": (Action.CONDUCT_AUDIT, Action.SIGN_AUDIT, Action.REOPEN_AUDIT),
    "7.1.2": (Action.CONDUCT_AGENCY_AUDIT, Action.SIGN_AGENCY_AUDIT, Action.REOPEN_AGENCY_AUDIT),
    "7.1.4": (Action.SPOT_CHECK, Action.SPOT_CHECK, Action.SPOT_CHECK),
}
"""By which permission an audit of each clause is conducted, signed and reopened."""
CONDUCT, SIGN, REOPEN = (
    {kind: _BY_CLAUSE[kind.rule.clause][place] for kind in AuditKind} for place in range(3)
)
"""By which action each kind is frozen, drawn and judged; signed; opened again."""


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
