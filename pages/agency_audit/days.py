"""The two days of a half-year in words, and whether one of them is past with its act still to do."""

from datetime import date

from services import rocdate
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear
from services.schedule.days import agency_audit_day, sending_day
from services.schedule.words import moved_words


def due_words(half: HalfYear) -> str:
    """Say until when the half-year is audited, and until when it is sent."""
    audit, send = agency_audit_day(half), sending_day(half)
    return (
        f"應於 {rocdate.roc_date(audit.nominal)} 以前辦理{moved_words(audit)}，"
        f"{rocdate.roc_date(send.nominal)} 以前函送地政局{moved_words(send)}"
    )


def is_late(half: HalfYear, status: AuditStatus, today: date) -> bool:
    """Whether the audit or the sending is overdue, by the day that counts."""
    late_audit = agency_audit_day(half).is_past(today) and not status.is_signed
    late_sending = sending_day(half).is_past(today) and status is not AuditStatus.SENT
    return late_audit or late_sending
