"""What a check can come to, and how a review and its results are called."""

from enum import StrEnum


class CheckState(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    LOOK = "look"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return {"passed": "通過", "look": "請人工檢視", "failed": "不符"}[self.value]
