"""The dashboard of unit audits: every unit × quarter that is owed, how far it is, and how late (7.1.1)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Agency, AuditFrame, Unit, UsageMonthSum
from services.actor import Actor
from services.audits import store
from services.audits.additions import addition_marks
from services.audits.progress import NOTHING_YET, progress_of
from services.audits.signatures import since_reopenings
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.regulation.audit_states import AuditStatus
from services.regulation.deadlines import DueDay
from services.regulation.periods import Quarter
from services.schedule.days import unit_audit_day
from services.schedule.standing import Standing, unit_standings


class Shown(StrEnum):
    """Which of the audits a list shows; the value is what an address holds."""

    CURRENT = "current"
    OPEN = "open"
    LATE = "late"
    DONE = "done"
    ALL = "all"

    @property
    def label(self) -> str:
        return {
            "current": "未簽核與最近一季",
            "open": "未簽核",
            "late": "逾期",
            "done": "已簽核",
            "all": "全部",
        }[self.value]


@dataclass(frozen=True)
class BoardLine:
    """One unit's audit of one quarter."""

    quarter: Quarter
    agency_code: str
    agency: str
    unit_code: str
    unit: str
    audit_id: int | None
    """None while nothing was frozen."""
    status: AuditStatus
    records: int
    """Of the frozen frame; before that, those there are now."""
    sample: int
    judged: int
    deficient: int
    """Deficient or major by the verdicts in force."""
    signers: str
    due: DueDay
    days_late: int
    """0 while it is not late, or once it is signed."""
    marks: str
    """What there was of further draws and picks by judgement."""

    def is_shown(self, shown: Shown, latest: Quarter) -> bool:
        """Whether a list that shows ``shown`` has this line; ``latest`` is the newest ended quarter."""
        match shown:
            case Shown.CURRENT:
                return not self.status.is_signed or self.quarter == latest
            case Shown.OPEN:
                return not self.status.is_signed
            case Shown.LATE:
                return self.days_late > 0
            case Shown.DONE:
                return self.status.is_signed
            case _:
                return True


@dataclass(frozen=True)
class OpenQuarter:
    """A quarter that a unit has not signed yet."""

    quarter: Quarter
    status: AuditStatus
    days_late: int


@guarded(Action.VIEW_AUDIT)
def unit_board(actor: Actor) -> list[BoardLine]:
    """Return every unit audit within reach that is owed by now, the oldest quarter first.

    A fixed number of queries, however many units and quarters there are.
    """
    inside = within(reach(actor, Action.VIEW_AUDIT), unit=Unit.id, agency=Agency.id)
    with reading() as db:
        standings = unit_standings(db, actor.today, inside)
        ids = [one.audit_id for one in standings if one.audit_id is not None]
        frozen = select(AuditFrame.audit_id, AuditFrame.records).where(AuditFrame.audit_id.in_(ids))
        frames: dict[int, int] = dict(db.execute(frozen).all())
        now = _records_now(db, [one for one in standings if one.audit_id not in frames])
        progress = progress_of(db, ids)
        signed = since_reopenings(
            db, [one.audit_id for one in standings if one.audit_id and one.status.is_signed]
        )
    marks = addition_marks(actor, ids)
    lines = []
    for one in standings:
        assert isinstance(one.period, Quarter)
        audit_id = one.audit_id or 0
        found = progress.get(audit_id, NOTHING_YET)
        lines.append(
            BoardLine(
                quarter=one.period,
                agency_code=one.agency_code,
                agency=one.agency,
                unit_code=one.unit_code,
                unit=one.unit,
                audit_id=one.audit_id,
                status=one.status,
                records=frames.get(audit_id, now.get((one.unit_id, one.period), 0)),
                sample=found.sample,
                judged=found.judged,
                deficient=found.deficient,
                signers="、".join(row.signer_name for row in signed.get(audit_id, ())),
                due=unit_audit_day(one.period),
                days_late=_days_late(one.period, one.status, actor.today),
                marks=marks.get(audit_id, ""),
            )
        )
    return lines


@guarded(Action.VIEW_AUDIT)
def open_quarters(actor: Actor, unit_id: int) -> list[OpenQuarter]:
    """Return the quarters that one unit owes and has not signed, the oldest first."""
    with reading() as db:
        unit = store.load_unit(db, actor, unit_id, Action.VIEW_AUDIT)
        standings = unit_standings(db, actor.today, Unit.id == unit.id)
    return [
        OpenQuarter(one.period, one.status, _days_late(one.period, one.status, actor.today))
        for one in standings
        if isinstance(one.period, Quarter) and not one.status.is_signed
    ]


def _days_late(quarter: Quarter, status: AuditStatus, today: date) -> int:
    """Return how many days ago the audit was due, by the day that counts; 0 once it is signed."""
    if status.is_signed:
        return 0
    return max(0, (today - unit_audit_day(quarter).effective).days)


def _records_now(db: Session, open_ones: list[Standing]) -> dict[tuple[int | None, Quarter], int]:
    """Count the records of the quarters that are not frozen, from the month sums."""
    quarter_of = {
        month: one.period
        for one in open_ones
        if isinstance(one.period, Quarter)
        for month in one.period.months
    }
    found: dict[tuple[int | None, Quarter], int] = defaultdict(int)
    rows = db.execute(
        select(UsageMonthSum.unit_id, UsageMonthSum.local_month, func.sum(UsageMonthSum.records))
        .where(
            UsageMonthSum.unit_id.in_({one.unit_id for one in open_ones}),
            UsageMonthSum.local_month.in_(list(quarter_of)),
        )
        .group_by(UsageMonthSum.unit_id, UsageMonthSum.local_month)
    )
    for unit_id, month, records in rows:
        found[unit_id, quarter_of[month]] += records
    return found
