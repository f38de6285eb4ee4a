"""Agency audits as tasks (7.1.2): to make and sign by two, to approve, to send; and spot checks (7.1.4)."""

from collections.abc import Iterator

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from data.models import Agency, Audit
from services.actor import Actor
from services.audits.signatures import since_reopening
from services.audits.signing import content_now
from services.identity.permissions import Action, reach
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear, parse_period
from services.regulation.roles import Duty, Role
from services.schedule.days import agency_audit_day, sending_day
from services.schedule.standing import Standing, agency_standings
from services.schedule.unit_audits import empty_frames, next_step
from services.schedule.words import (
    AGENCY_PAGE,
    INCIDENT_PAGE,
    Task,
    TaskKind,
    TaskState,
    state_of,
)

SIGNERS = {one.value: one.label for place in AuditKind.AGENCY.rule.signatures for one in place}
"""Who has to sign an agency audit, by the capacity they sign in."""


def agency_audit_tasks(db: Session, person: Actor) -> list[Task]:
    """Return the agency audits that this person makes, signs, approves or sends, or sees others owe."""
    reached = reach(person, Action.VIEW_AUDIT)
    if not (reached.everything or reached.agency_ids):
        return []
    where = true() if reached.everything else Agency.id.in_(reached.agency_ids)
    standings = agency_standings(db, person.today, where)
    empty = empty_frames(db, standings)
    return [task for one in standings for task in _tasks(db, person, one, empty)]


def _tasks(db: Session, person: Actor, one: Standing, empty: set[int]) -> Iterator[Task]:
    def may(action: Action) -> bool:
        return reach(person, action).covers(None, one.agency_id)

    if not one.status.is_signed:
        if not may(Action.CONDUCT_AGENCY_AUDIT):
            both = "與".join(SIGNERS.values())
            yield _task(person, one, TaskKind.AGENCY_AUDIT, "尚未簽核", both)
            return
        step, words = next_step(db, one, empty)
        signed = _signed(db, one.audit_id) if step == "sign" and one.audit_id else {}
        waits_for = ""
        if missing := [held for held in SIGNERS if signed and held not in signed]:
            others = "、".join(SIGNERS[held] for held in missing)
            words = f"已由一方簽核，尚待{others}簽核"
            can_sign = person.account_id not in signed.values() and _holds(person) & {*missing}
            waits_for = "" if can_sign else others
        yield _task(person, one, TaskKind.AGENCY_AUDIT, words, waits_for)
    elif one.status in (AuditStatus.SIGNED, AuditStatus.RECEIVED):
        head = "" if may(Action.APPROVE_AUDIT) else Duty.AGENCY_HEAD.label
        yield _task(person, one, TaskKind.APPROVAL, "已簽核，待機關首長核定", head)
    elif one.status is AuditStatus.APPROVED:
        sender = "" if may(Action.SEND_AUDIT) else Role.AGENCY_MANAGER.label
        yield _task(person, one, TaskKind.SENDING, "已核定，待函送地政局", sender)


def _holds(person: Actor) -> set[str]:
    role = {person.role.value} if person.role else set()
    return role | {held.duty.value for held in person.duties}


def _task(person: Actor, one: Standing, kind: TaskKind, words: str, waits_for: str) -> Task:
    half = one.period
    assert isinstance(half, HalfYear)
    due = agency_audit_day(half) if kind is TaskKind.AGENCY_AUDIT else sending_day(half)
    strong = f"{one.agency} {half.label}機關稽核"
    return Task(
        key=f"{kind.value}:{one.agency_id}:{half}",
        kind=kind,
        state=TaskState.WAITING if waits_for else state_of(due, person.today),
        words=f"{strong}　{words}",
        strong=strong,
        page=AGENCY_PAGE,
        fields=(("agency", one.agency_code), ("half", str(half))),
        link="看辦理進度" if waits_for else "前往辦理",
        due=due,
        waits_for=waits_for,
        late=due.is_past(person.today),
        many=f"個機關的{half.label}機關稽核尚未函送" if waits_for else "",
    )


def _signed(db: Session, audit_id: int) -> dict[str, int]:
    """Return who has signed what the audit holds now, by capacity."""
    given = since_reopening(db, audit_id)
    now = content_now(db, db.get_one(Audit, audit_id)) if given else ""
    return {row.capacity: row.signed_by for row in given if row.content_hash == now}


def spot_check_tasks(db: Session, person: Actor) -> list[Task]:
    """Return the spot checks within reach that were begun and not signed (7.1.4)."""
    reached = reach(person, Action.SPOT_CHECK)
    if not reached:
        return []
    begun = (AuditStatus.PLANNED, AuditStatus.FROZEN, AuditStatus.JUDGING)
    rows = db.scalars(
        select(Audit)
        .where(
            Audit.kind == AuditKind.SPOT.value,
            Audit.status.in_([status.value for status in begun]),
            true() if reached.everything else Audit.agency_id.in_(reached.agency_ids),
        )
        .order_by(Audit.id)
    ).all()
    return [_spot_check(audit) for audit in rows]


def _spot_check(audit: Audit) -> Task:
    whose = audit.unit.name if audit.unit else audit.agency.name
    strong = f"{whose} {parse_period(audit.period).label}不定期檢查"
    return Task(
        key=f"{TaskKind.SPOT_CHECK.value}:{audit.id}",
        kind=TaskKind.SPOT_CHECK,
        state=TaskState.DUE,
        words=f"{strong}　{AuditStatus(audit.status).label}",
        strong=strong,
        page=INCIDENT_PAGE,
        fields=(("view", "spots"), ("spot", str(audit.id))),
        many="件不定期檢查尚未簽核",
    )
