"""Where an audit stands."""

from enum import StrEnum


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
