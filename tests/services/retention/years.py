"""Years of a small house, acted out at their own moments: audits long done, done lately, and records."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from data import files
from data.engine import reading, transaction
from data.models import (
    Audit,
    Evidence,
    Incident,
    IncidentRecord,
    IncidentStep,
    UsageRecord,
)
from services.actor import Actor, operator
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.sheet import worksheet_rows
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.ledger.sealing import seal
from services.regulation.periods import Quarter
from tests.services.audits.test_unit_audit import sign_as_shown
from tests.world import NOW, World, at

TODAY = date(2026, 11, 23)
BEFORE = date(2023, 11, 23)
"""The latest date that can be named on the day of `NOW`."""
OPERATOR = operator(NOW)


@dataclass
class Years:
    """The world, the audit that is wholly old, and one whose signature is not."""

    world: World
    old_audit: int
    late_audit: int

    def head(self, when: datetime) -> Actor:
        # Its own records are nobody's to judge: the head has none.
        return replace(self.world.actor("head"), now=when)


def live(world: World) -> Years:
    """Use, audit and seal from 2022 to 2026."""
    years = Years(world, 0, 0)
    world.use("works_clerk", *(at(2022, 5, day) for day in range(1, 11)))  # 1 to 10
    world.use("clerk", *(at(2022, 7 + day % 3, 1 + day % 28) for day in range(60)))  # 11 to 70
    years.old_audit = audit_whole(years, Quarter(2022, 3), at(2022, 10, 5), at(2022, 10, 9))
    world.use("works_clerk", *(at(2023, 8, day) for day in range(1, 11)))  # 71 to 80
    world.use("clerk", *(at(2023, 7 + day % 3, 1 + day % 28) for day in range(40)))  # 81 to 120
    years.late_audit = audit_whole(years, Quarter(2023, 3), at(2023, 10, 5), at(2024, 2, 1))
    world.use("clerk", *(at(2026, 8, 1 + day % 28) for day in range(30)))  # 121 to 150
    seal(operator(NOW - timedelta(hours=1)))
    return years


def audit_whole(years: Years, quarter: Quarter, frozen: datetime, signed: datetime) -> int:
    """Freeze (which seals), draw, judge and sign a quarter of the first unit."""
    head = years.head(frozen)
    audit_id = freeze(head, years.world.units["tax1"], quarter)
    draw_first(head, audit_id)
    rows = worksheet_rows(head, audit_id)
    seen = {row.record_id: 0 for row in rows}
    judge(head, audit_id, seen, Ruling.COMPLIANT, flagged_too=seen)
    sign_as_shown(years.head(signed), audit_id)
    return audit_id


def record_ids() -> list[int]:
    with reading() as db:
        return list(db.scalars(select(UsageRecord.id).order_by(UsageRecord.id)))


def audit_ids() -> list[int]:
    with reading() as db:
        return list(db.scalars(select(Audit.id).order_by(Audit.id)))


def add_incident(
    years: Years,
    audit_id: int | None,
    *,
    status: str = "closed",
    when: datetime,
    closed: datetime | None = None,
    record: int = 5,
) -> int:
    """Store an incident with a record, a step and a file of evidence, all of one moment."""
    world = years.world
    with transaction() as db:
        made = Incident(
            number=f"件{audit_id}-{status}-{when:%y%m%d%H}"[:20],
            agency_id=world.agencies["tax"],
            unit_id=world.units["tax1"],
            audit_id=audit_id,
            gravity="major",
            title="重大缺失",
            status=status,
            opened_at=when,
            closed_at=closed,
        )
        db.add(made)
        db.flush()
        evidence = Evidence(
            incident_id=made.id, file_name="x.pdf", media_type="application/pdf", size=3,
            sha256="0" * 64, added_at=when, adder_name="測試",
        )  # fmt: skip
        db.add(evidence)
        db.flush()
        files.write(evidence.sha256, b"\x00\xff\n")
        db.add_all(
            [
                IncidentRecord(
                    incident_id=made.id, record_id=record, gravity="major", added_at=when
                ),
                IncidentStep(
                    incident_id=made.id, step="reported", done_on=when.date(), at=when,
                    actor_name="測試",
                ),
            ]
        )  # fmt: skip
        return made.id


def add_evidence(audit_id: int, when: datetime, **more: Any) -> int:
    with transaction() as db:
        made = Evidence(
            audit_id=audit_id, file_name="佐證.pdf", media_type="application/pdf", size=1,
            sha256="0" * 64, added_at=when, adder_name="測試", **more,
        )  # fmt: skip
        db.add(made)
        db.flush()
        return made.id
