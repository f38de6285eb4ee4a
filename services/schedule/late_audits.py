"""Records imported after their quarter was frozen, and their supplementary audits, as tasks (7.1.1)."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from data.models import Audit, Unit
from services.actor import Actor
from services.audits.late import late_counts, supplements_of
from services.audits.worksheet import latest_verdicts, records_to_judge
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.deadlines import ended_quarters
from services.regulation.periods import Quarter
from services.schedule.standing import QUARTERS_BACK
from services.schedule.unit_audits import CONDUCTORS, RECEIVER
from services.schedule.words import Task, TaskKind, TaskState

_PAGE = "audit_sampler"


def late_tasks(db: Session, person: Actor) -> list[Task]:
    """Return the late records nobody has frozen yet, and the supplements that have not come to their end."""
    reached = reach(person, Action.VIEW_AUDIT)
    if not reached:
        return []
    return [*_unaudited(db, person), *_begun(db, person)]


def _unaudited(db: Session, person: Actor) -> Iterator[Task]:
    where = within(reach(person, Action.VIEW_AUDIT), unit=Unit.id, agency=Unit.agency_id)
    mine = reach(person, Action.CONDUCT_AUDIT)
    for one in late_counts(db, where, ended_quarters(person.today, QUARTERS_BACK)):
        own = mine.covers(one.unit_id, one.agency_id)
        name = f"{one.agency} {one.unit} {one.quarter.label}"
        yield Task(
            key=f"{TaskKind.LATE_RECORDS.value}:{one.unit_id}:{one.quarter}",
            kind=TaskKind.LATE_RECORDS,
            state=TaskState.DUE if own else TaskState.WAITING,
            words=f"{name}　凍結後匯入 {one.records:,} 筆，尚未稽核",
            strong=name,
            page=_PAGE,
            fields=(("unit", one.unit_code), ("quarter", str(one.quarter)), ("step", "scope")),
            link="前往補充" if own else "看辦理進度",
            waits_for="" if own else CONDUCTORS,
            many=f"個單位的{one.quarter.label}有凍結後匯入的紀錄，尚未稽核",
        )


def _begun(db: Session, person: Actor) -> Iterator[Task]:
    where = within(reach(person, Action.VIEW_AUDIT), unit=Audit.unit_id, agency=Audit.agency_id)
    audits = db.scalars(
        select(Audit)
        .options(joinedload(Audit.unit), joinedload(Audit.agency))
        .where(
            Audit.kind == AuditKind.SUPPLEMENT, Audit.status != AuditStatus.RECEIVED.value, where
        )
        .order_by(Audit.period, Audit.id)
    )
    for audit in audits:
        yield _to_end(db, person, audit)


def _to_end(db: Session, person: Actor, audit: Audit) -> Task:
    status = AuditStatus(audit.status)
    quarter = Quarter.parse(audit.period)
    action = Action.RECEIVE_AUDIT if status is AuditStatus.SIGNED else Action.CONDUCT_AUDIT
    own = reach(person, action).covers(audit.unit_id, audit.agency_id)
    kind = TaskKind.RECEIPT if status is AuditStatus.SIGNED else TaskKind.UNIT_AUDIT
    unit = audit.unit.name if audit.unit else ""
    name = f"{audit.agency.name} {unit} {quarter.label}{AuditKind.SUPPLEMENT.label}"
    who = RECEIVER if status is AuditStatus.SIGNED else CONDUCTORS
    step, words = _next(db, audit)
    return Task(
        key=f"{kind.value}:{audit.unit_id}:{quarter}:{audit.id}",
        kind=kind,
        state=TaskState.DUE if own else TaskState.WAITING,
        words=f"{name}　{words}",
        strong=name,
        page=_PAGE,
        fields=(
            ("unit", audit.unit.code if audit.unit else ""),
            ("quarter", str(quarter)),
            ("part", _part(db, audit)),
            ("step", step),
        ),
        link="前往辦理" if own else "看辦理進度",
        waits_for="" if own else who,
    )


def _part(db: Session, audit: Audit) -> str:
    """Return which of its quarter's supplements it is, as the sampler's address has it."""
    beside = supplements_of(db, audit.supplements or 0)
    return next(str(one.number) for one in beside if one.audit_id == audit.id)


def _next(db: Session, audit: Audit) -> tuple[str, str]:
    """Return the step of the sampler that comes next, and what is to be done there."""
    if audit.status == AuditStatus.SIGNED:
        return "sign", "已簽核，待收存"
    if audit.status == AuditStatus.FROZEN:
        return "draw", "已凍結，待抽樣"
    left = len(set(records_to_judge(db, audit.id)) - set(latest_verdicts(db, audit.id)))
    return ("judge", f"尚有 {left:,} 筆待判定") if left else ("sign", "已全部判定，待簽核")
