"""Verdicts lead to incidents: a deficient one opens one, a changed one takes its record out (7.1.3)."""

from collections import Counter
from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Audit, Incident, IncidentRecord, UsageRecord, Verdict
from services.actor import Actor
from services.audits.words import Ruling
from services.incidents.store import number_incident, write_opening, write_step
from services.incidents.words import IncidentStatus, Mark
from services.regulation.audit_kinds import AuditKind
from services.regulation.incidents import Gravity, gravest
from services.regulation.periods import parse_period

_GRAVITY = {Ruling.DEFICIENT: Gravity.DEFICIENT, Ruling.MAJOR: Gravity.MAJOR}
_SHOWN = 10
"""As many record numbers as a note names."""
Found = Mapping[int, Gravity | None]
"""How grave each record is now; None: not at all."""


def follow_verdicts(db: Session, actor: Actor, audit: Audit, records: Collection[int]) -> None:
    """Let the incidents of an audit follow the verdicts just given, in the same transaction.

    Each person of an audit has one incident. A deficient or major verdict opens it, joins it, or takes
    it up again; another verdict takes its record out, and an incident left without any is dropped. The
    caller holds the audit's lock.
    """
    wrong = {
        record: _GRAVITY[ruling]
        for record, ruling in _in_force(db, audit.id, records).items()
        if ruling in _GRAVITY
    }
    known = db.scalars(
        select(IncidentRecord.record_id)
        .join(Incident, Incident.id == IncidentRecord.incident_id)
        .where(Incident.audit_id == audit.id, IncidentRecord.record_id.in_(records))
    )
    if not (touched := wrong.keys() | set(known)):
        return
    people: dict[str, list[UsageRecord]] = {}
    uses = select(UsageRecord).where(UsageRecord.id.in_(touched)).order_by(UsageRecord.id)
    for use in db.scalars(uses):
        people.setdefault(use.person_key, []).append(use)
    for person_key, theirs in people.items():
        found = {use.id: wrong.get(use.id) for use in theirs}
        incident = db.scalar(
            select(Incident)
            .where(Incident.audit_id == audit.id, Incident.person_key == person_key)
            .with_for_update()
        )
        if incident is None:
            _open(db, actor, audit, theirs[0], found)
        else:
            _follow(db, actor, incident, found)


def _in_force(db: Session, audit_id: int, records: Collection[int]) -> dict[int, Ruling]:
    rows = db.execute(
        select(Verdict.record_id, Verdict.verdict)
        .where(Verdict.audit_id == audit_id, Verdict.record_id.in_(records))
        .order_by(Verdict.sequence)
    )
    return {record: Ruling(verdict) for record, verdict in rows}


def _open(db: Session, actor: Actor, audit: Audit, use: UsageRecord, found: Found) -> None:
    grave = {record: gravity for record, gravity in found.items() if gravity is not None}
    about = f"{parse_period(audit.period).label}{AuditKind(audit.kind).label}"
    incident = Incident(
        agency_id=use.agency_id,
        unit_id=use.unit_id,
        audit_id=audit.id,
        person_key=use.person_key,
        person=f"{use.person_name}（{use.username}）",
        account_id=use.account_id,
        gravity=gravest(grave.values()).value,
        title=f"{about}查核發現的缺失",
        opened_at=actor.now,
        opened_by=actor.account_id,
    )
    number_incident(db, actor, incident)
    db.add_all(_row(actor, incident, record, gravity) for record, gravity in grave.items())
    write_step(db, actor, incident, Mark.OPENED, note=f"{about}判定{_counted(grave)}。")
    write_opening(db, actor, incident, sorted(grave))


def _row(actor: Actor, incident: Incident, record: int, gravity: Gravity) -> IncidentRecord:
    return IncidentRecord(
        incident_id=incident.id, record_id=record, gravity=gravity.value, added_at=actor.now
    )


def _follow(db: Session, actor: Actor, incident: Incident, found: Found) -> None:
    rows = db.scalars(select(IncidentRecord).where(IncidentRecord.incident_id == incident.id))
    held = {row.record_id: row for row in rows}
    left = {record: Gravity(row.gravity) for record, row in held.items()}
    said, worse = [], False
    for record, gravity in found.items():
        before = left.get(record)
        if gravity is before:
            continue
        if gravity is None:
            db.delete(held[record])
            del left[record]
            said.append(f"{record} 改判移出")
            continue
        worse |= before is None or gravity.rank > before.rank
        left[record] = gravity
        if before is None:
            db.add(_row(actor, incident, record, gravity))
        else:
            held[record].gravity = gravity.value
        said.append(f"{record} 判定{gravity.label}")
    if said:
        mark = _settle(actor, incident, left, worse)
        rest = f"等 {len(said):,} 筆" if len(said) > _SHOWN else ""
        write_step(db, actor, incident, mark, note=f"紀錄 {'、'.join(said[:_SHOWN])}{rest}。")


def _settle(actor: Actor, incident: Incident, left: Mapping[int, Gravity], worse: bool) -> Mark:
    """Put the incident into the state that its records ask for, and return what happened to it."""
    status = IncidentStatus(incident.status)
    if not left:
        incident.status = IncidentStatus.DROPPED.value
        return Mark.DROPPED
    incident.gravity = gravest(left.values()).value
    if status is IncidentStatus.OPEN or (status is IncidentStatus.CLOSED and not worse):
        return Mark.CHANGED
    if status is IncidentStatus.DROPPED:
        incident.opened_at = actor.now
    incident.status, incident.closed_at = IncidentStatus.OPEN.value, None
    return Mark.REOPENED


def _counted(grave: Mapping[int, Gravity]) -> str:
    counts = Counter(grave.values())
    return "、".join(f"{one.label} {counts[one]:,} 筆" for one in reversed(Gravity) if counts[one])
