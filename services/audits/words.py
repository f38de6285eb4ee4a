"""The words of an audit's life: its states, the verdicts, the seeds."""

from enum import StrEnum


class AuditStatus(StrEnum):
    """Where a unit audit stands."""

    PLANNED = "planned"
    FROZEN = "frozen"
    JUDGING = "judging"
    SIGNED = "signed"

    @property
    def label(self) -> str:
        return {
            "planned": "未開始",
            "frozen": "已凍結",
            "judging": "查核中",
            "signed": "已簽核",
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


REASON_MIN, REASON_MAX = 4, 300
