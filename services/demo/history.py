"""Signed unit audits of the three quarters before the last finished one, made by the audit services.

The draws carry named seeds (and are marked so), because the demo city is the same in every load.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from data.engine import reading
from data.models import AccountDuty, Agency, Audit, AuditDraw, AuditFrame, Unit, UsageRecord
from services.actor import operator
from services.audits.drawing import draw_first, redraw
from services.audits.freezing import freeze
from services.audits.signing import sign
from services.audits.words import Ruling
from services.audits.worksheet import latest_verdicts, records_to_judge
from services.demo.acting import acting, content_of, rule
from services.demo.stories import BEHIND_AGENCY, BEHIND_QUARTERS, REDRAWN_UNITS, SENT_AGENCIES
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import SIGNED_OR_LATER
from services.regulation.periods import Quarter, last_finished_quarter
from services.regulation.roles import Duty
from services.rocdate import local_date, midnight

_QUARTERS = 3
_FORGOTTEN = 12
"""One unit audit in so many was never made."""
_REDRAWN = "首次抽樣的結果於判定前外流，為求公信重新抽樣。"
_WEAK_NOTE = "案件號或查詢原因不足以說明用途，已請使用人補正。"


@dataclass(frozen=True)
class _Task:
    """One unit audit to make: who audits, who signs, and when it began."""

    unit_id: int
    unit_code: str
    quarter: Quarter
    auditor: int
    head: int
    begins: datetime
    redrawn: bool


def sign_history(
    seed: int, now: datetime, progress: Callable[[float, str], None] | None = None
) -> int:
    """Make the audits that are still missing and return how many there were to make."""
    tasks = list(_tasks(now))
    for number, task in enumerate(tasks):
        if progress:
            progress(number / len(tasks), f"稽核 {task.quarter.label}")
        _make(task, seed)
    return len(tasks)


def _tasks(now: datetime) -> Iterator[_Task]:
    """Yield the audits to make, oldest quarter first; what is signed already is left out."""
    with reading() as db:
        units = db.execute(
            select(Unit.id, Unit.code, Agency.code).join(Unit.agency).order_by(Unit.id)
        ).all()
        holders = {
            (unit, duty): account
            for unit, duty, account in db.execute(
                select(AccountDuty.unit_id, AccountDuty.duty, AccountDuty.account_id)
            )
        }
        signed = set(
            db.execute(
                select(Audit.unit_id, Audit.period).where(
                    Audit.kind == AuditKind.UNIT, Audit.status.in_(SIGNED_OR_LATER)
                )
            ).all()
        )
    for back, quarter in _quarters(now):
        for number, (unit, code, agency) in enumerate(units):
            behind = agency == BEHIND_AGENCY and back <= BEHIND_QUARTERS
            forgotten = agency not in SENT_AGENCIES and (number * 5 + back) % _FORGOTTEN == 0
            if behind or forgotten or (unit, str(quarter)) in signed:
                continue
            begins = midnight(quarter.next().first_day) + timedelta(
                days=4 + number % 15, hours=9, minutes=number
            )
            yield _Task(
                unit,
                code,
                quarter,
                holders[unit, Duty.AUDITOR.value],
                holders[unit, Duty.UNIT_HEAD.value],
                begins,
                redrawn=code in REDRAWN_UNITS and back == 1,
            )


def _quarters(now: datetime) -> Iterator[tuple[int, Quarter]]:
    """Yield the quarters before the last finished one, oldest first, with how far back they are."""
    quarters = [last_finished_quarter(local_date(now)).previous()]
    while len(quarters) < _QUARTERS:
        quarters.append(quarters[-1].previous())
    return reversed(list(enumerate(quarters, 1)))


def _make(task: _Task, seed: int) -> None:
    audit_id = _frozen(task) or freeze(
        acting(task.auditor, task.begins), task.unit_id, task.quarter, seal=False
    )
    with reading() as db:
        frame = db.scalars(select(AuditFrame).where(AuditFrame.audit_id == audit_id)).one()
        counted = select(func.count()).where(AuditDraw.audit_id == audit_id)
        draws = db.scalar(counted) or 0
    if frame.records:
        name = f"{seed}:{task.unit_code}:{task.quarter}"
        if not draws:
            at = operator(task.begins + timedelta(minutes=10))
            draw_first(at, audit_id, named_seed=_named(name))
        if task.redrawn and draws < 2:
            at = operator(task.begins + timedelta(minutes=40))
            redraw(at, audit_id, _REDRAWN, named_seed=_named(f"{name}:2"))
        _judge(task, audit_id)
    head = acting(task.head, task.begins + timedelta(days=2, hours=5))
    sign(head, audit_id, content_of(audit_id))


def _named(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _frozen(task: _Task) -> int | None:
    """Return the audit that an interrupted load left frozen but not signed."""
    with reading() as db:
        return db.scalar(
            select(Audit.id).where(
                Audit.kind == AuditKind.UNIT,
                Audit.unit_id == task.unit_id,
                Audit.period == str(task.quarter),
            )
        )


def _judge(task: _Task, audit_id: int) -> None:
    """Judge the whole sample: compliant, but for purposes that the rule's own check has flagged."""
    with reading() as db:
        sample = records_to_judge(db, audit_id)
        judged = set(latest_verdicts(db, audit_id))
        weak = set(
            db.scalars(
                select(UsageRecord.id).where(UsageRecord.id.in_(sample), UsageRecord.flags != "")
            )
        )
    auditor = acting(task.auditor, task.begins + timedelta(days=1, hours=1))
    left = [record for record in sample if record not in judged]
    fine = [record for record in left if record not in weak]
    rule(auditor, audit_id, fine, Ruling.COMPLIANT)
    flagged = [record for record in left if record in weak]
    rule(auditor, audit_id, flagged, Ruling.DEFICIENT, _WEAK_NOTE)
