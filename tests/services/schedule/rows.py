"""Audits put into the tables as they are after each step, for tests of what is due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.engine import transaction
from data.models import Audit, AuditDraw, AuditFrame, SampleItem, Signature, Unit, Verdict
from services.audits.signing import content_now
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.roles import Duty, Role
from tests.world import NOW, World


@dataclass(frozen=True)
class Made:
    """The ids of an audit and of the usage records in its sample."""

    audit_id: int
    records: tuple[int, ...]


def audit_of(
    world: World,
    place: str,
    period: str,
    status: AuditStatus,
    *,
    kind: AuditKind = AuditKind.UNIT,
    sample: int = 2,
    judged: int = 0,
) -> Made:
    """Store an audit of a unit, or of an agency, as it stands in ``status``; the records are invented."""
    of_unit = kind is AuditKind.UNIT
    with transaction() as db:
        unit = world.units[place] if of_unit else None
        agency = db.get_one(Unit, unit).agency_id if of_unit else world.agencies[place]
        audit = Audit(
            kind=kind.value,
            agency_id=agency,
            unit_id=unit,
            period=period,
            status=status.value,
            opened_at=NOW,
        )
        db.add(audit)
        db.flush()
        if status is not AuditStatus.PLANNED:
            db.add(_frame(audit.id, sample))
        records: tuple[int, ...] = ()
        if sample and status not in (AuditStatus.PLANNED, AuditStatus.FROZEN):
            records = tuple(range(1, sample + 1))
            _draw(db, audit, records)
            for record in records[:judged]:
                db.add(_verdict(audit.id, record))
        return Made(audit.id, records)


def sign_as(world: World, audit_id: int, who: str, at: datetime = NOW) -> None:
    """Store a signature of ``who``, in the capacity in which they sign an agency audit."""
    actor = world.actor(who)
    manager = actor.role is Role.AGENCY_MANAGER
    capacity = Role.AGENCY_MANAGER.value if manager else Duty.ETHICS_OFFICER.value
    with transaction() as db:
        db.add(
            Signature(
                audit_id=audit_id,
                capacity=capacity,
                signed_at=at,
                signed_by=actor.account_id,
                signer_name=actor.name,
                content_hash=content_now(db, db.get_one(Audit, audit_id)),
                summary={},
            )
        )


def judge_anew(audit_id: int, record: int, at: datetime) -> None:
    with transaction() as db:
        db.add(_verdict(audit_id, record, sequence=2, at=at))


def _verdict(audit_id: int, record: int, sequence: int = 1, at: datetime = NOW) -> Verdict:
    return Verdict(
        audit_id=audit_id,
        record_id=record,
        sequence=sequence,
        verdict="compliant",
        note="",
        judged_at=at,
        judge_name="測試",
    )


def _frame(audit_id: int, records: int) -> AuditFrame:
    return AuditFrame(
        audit_id=audit_id,
        frozen_at=NOW,
        frame_hash="0" * 64,
        content=b"",
        records=records,
        people=min(records, 1),
        months=min(records, 1),
        people_counted=min(records, 1),
        planned_records=records,
    )


def _draw(db: Any, audit: Audit, records: tuple[int, ...]) -> None:
    draw = AuditDraw(
        audit_id=audit.id,
        number=1,
        kind="first",
        seed="00",
        seed_source="system",
        frame_hash="0" * 64,
        base_records=len(records),
        users_floor=1,
        months_floor=1,
        size=len(records),
        drawn_at=NOW,
    )
    db.add(draw)
    db.flush()
    for place, record in enumerate(records, 1):
        db.add(
            SampleItem(
                audit_id=audit.id,
                draw_id=draw.id,
                record_id=record,
                person_key="1",
                local_month="2026-07",
                position=place,
                ticket=f"0.{place}",
                rank=place,
                basis="base",
            )
        )
