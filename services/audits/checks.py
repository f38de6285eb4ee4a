"""The checks that an auditor makes of every record (domain.md §4), and which of them it did not pass."""

from collections.abc import Collection
from enum import StrEnum

from services.audits.words import Ruling
from services.errors import Invalid


class Check(StrEnum):
    """One check; a record passes all of them unless its auditor says otherwise."""

    CASE = "case"
    PURPOSE = "purpose"
    ITEM = "item"
    DISPOSAL = "disposal"

    @property
    def label(self) -> str:
        return {
            "case": "案件號存在且相符",
            "purpose": "目的為公務需要",
            "item": "項目在授權範圍內",
            "disposal": "列印、下載已登錄處理方式",
        }[self.value]

    @property
    def failed_label(self) -> str:
        """How it is said that a record did not pass."""
        return {
            "case": "案件號不存在或不符",
            "purpose": "目的非公務需要",
            "item": "項目超出授權範圍",
            "disposal": "列印、下載未登錄處理方式",
        }[self.value]


def stored(failed: Collection[Check]) -> str:
    """Return the failed checks as a verdict stores them, in the order of the list of checks."""
    return " ".join(check.value for check in Check if check in failed)


def read(stored_text: str) -> tuple[Check, ...]:
    """Return the failed checks of a stored verdict."""
    return tuple(Check(code) for code in stored_text.split())


def require_fitting(ruling: Ruling, failed: Collection[Check]) -> None:
    """Raise Invalid when a record is called compliant although it did not pass a check."""
    if ruling is Ruling.COMPLIANT and failed:
        named = "、".join(check.failed_label for check in Check if check in failed)
        raise Invalid(
            f"已勾選「{named}」，不能判定為「{ruling.label}」；"
            "請取消勾選，或改判請說明、缺失或重大缺失。"
        )
