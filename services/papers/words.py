"""Where a kept document stands on its way to being destroyed (clause 6.1)."""

from enum import StrEnum


class PaperState(StrEnum):
    """Where a kept document stands; the value is what an address holds."""

    KEPT = "kept"
    DESTROYABLE = "destroyable"
    PROPOSED = "proposed"
    DESTROYED = "destroyed"

    @property
    def label(self) -> str:
        return {
            "kept": "保管中",
            "destroyable": "可銷毀",
            "proposed": "待確認銷毀",
            "destroyed": "已銷毀",
        }[self.value]


class DestructionAct(StrEnum):
    """A step on the way to destroying a document."""

    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    CONFIRMED = "confirmed"

    @property
    def label(self) -> str:
        return {"proposed": "提出銷毀", "withdrawn": "撤回銷毀", "confirmed": "確認銷毀"}[
            self.value
        ]
