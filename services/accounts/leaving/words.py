"""What becomes of a recorded leaving or moving, and where it came from."""

from enum import StrEnum

SOON_DAYS = 14
"""How many days before it a leaving without an application is put before the managers."""


class Source(StrEnum):
    """Where an entry came from; the value is what the table and events hold."""

    MANUAL = "manual"
    IMPORT = "import"

    @property
    def label(self) -> str:
        return {"manual": "逐筆登錄", "import": "匯入"}[self.value]


class Settled(StrEnum):
    """How an entry was settled; the value is what the table and events hold."""

    WITHDRAWN = "withdrawn"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"

    @property
    def label(self) -> str:
        return SETTLED_LABELS[self]


SETTLED_LABELS = {
    Settled.WITHDRAWN: "撤回登錄",
    Settled.CHANGED: "權限異動完成",
    Settled.CANCELLED: "帳號註銷",
    Settled.SUSPENDED: "逾期停權",
    Settled.REINSTATED: "復權",
}
