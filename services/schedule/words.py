"""What a task is: whose it is, until when, and where it is done."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.regulation.deadlines import DueDay
from services.rocdate import roc_date

AGENCY_PAGE, INCIDENT_PAGE = "agency_audit", "incidents"
FINDING_PAGE, REVIEW_PAGE = "findings", "review"
"""The modules of the pages 機關稽核, 異常與事件, 缺失改善 and 稽核複核."""


class TaskKind(StrEnum):
    """What there is to do, in the order in which the same day's tasks are listed."""

    LEAVING = "leaving"
    APPLICATION = "application"
    OWN_APPLICATION = "own_application"
    ACCESS_REVIEW = "access_review"
    DOCUMENT = "document"
    UNIT_AUDIT = "unit_audit"
    STAKE = "stake"
    LATE_RECORDS = "late_records"
    RECEIPT = "receipt"
    AGENCY_AUDIT = "agency_audit"
    APPROVAL = "approval"
    SENDING = "sending"
    FINDING = "finding"
    PACKAGE = "package"
    SPOT_CHECK = "spot_check"
    INCIDENT = "incident"


class TaskState(StrEnum):
    """How it stands with this person."""

    OVERDUE = "overdue"
    DUE = "due"
    WAITING = "waiting"

    @property
    def label(self) -> str:
        return {"overdue": "逾期", "due": "待辦", "waiting": "等待他人"}[self.value]


@dataclass(frozen=True)
class Task:
    """One thing that this person owes, or waits for."""

    key: str
    """What it is, the same every day and for everybody: ``unit_audit:12:2026Q3``."""
    kind: TaskKind
    state: TaskState
    words: str
    strong: str
    """The part of ``words`` that names the thing."""
    page: str
    """The module of the page where it is done, and what stands in its address."""
    fields: tuple[tuple[str, str], ...] = ()
    link: str = "前往辦理"
    due: DueDay | None = None
    waits_for: str = ""
    late: bool = False
    """Whether its day is past, with whomever it lies."""
    many: str = ""
    """What several of it are called after their number; empty where they are never folded."""

    @property
    def is_owed(self) -> bool:
        return self.state is not TaskState.WAITING

    def days_late(self, today: date) -> int:
        """How many days ago it was due, with whomever it lies; 0 while it is not late."""
        return max(0, (today - self.due.effective).days) if self.late and self.due else 0

    @property
    def rank(self) -> tuple[bool, bool, date, int]:
        """What comes first: what is owed, of that what is overdue, then the earlier day."""
        day = self.due.effective if self.due else date.max
        return not self.is_owed, not self.late, day, list(TaskKind).index(self.kind)


def state_of(due: DueDay | None, today: date) -> TaskState:
    """Return how something that is this person's stands."""
    return TaskState.OVERDUE if due and due.is_past(today) else TaskState.DUE


def due_words(day: DueDay) -> str:
    """Say until when: the nominal day, and the one that counts where that is another."""
    return f"應於 {roc_date(day.nominal)} 以前完成{moved_words(day)}"


def moved_words(day: DueDay) -> str:
    """Say what became of a nominal day that is no working day, and whether that is provisional."""
    said = [f"遇假日順延至 {roc_date(day.effective)}"] if day.moved else []
    if day.provisional:
        said.append(f"{day.effective.year - 1911} 年辦公日曆表尚未公布，日期暫定")
    return f"（{'；'.join(said)}）" if said else ""
