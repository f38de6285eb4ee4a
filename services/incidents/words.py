"""The words of an incident's life: its states, and the marks that stand among its steps."""

from enum import StrEnum

from services.regulation.incidents import Step


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    CLOSED = "closed"
    DROPPED = "dropped"

    @property
    def label(self) -> str:
        return {"open": "處理中", "closed": "已結案", "dropped": "已撤銷"}[self.value]


class Mark(StrEnum):
    """What happened to the incident itself; the steps of the rule are `regulation.incidents.Step`."""

    OPENED = "opened"
    CHANGED = "changed"
    DROPPED = "dropped"
    REOPENED = "reopened"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return {
            "opened": "成立",
            "changed": "紀錄變動",
            "dropped": "撤銷",
            "reopened": "重新處理",
            "closed": "結案",
        }[self.value]


def step_label(code: str) -> str:
    """Return what a stored step is called."""
    return Step(code).label if code in set(Step) else Mark(code).label
