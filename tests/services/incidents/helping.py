"""A drawn unit audit with records of three people, and shorthands to judge them and to look."""

from dataclasses import dataclass

from sqlalchemy import select

from data.engine import reading
from data.models import Incident, IncidentRecord, IncidentStep
from services.actor import Actor
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.sheet import worksheet_rows
from services.audits.words import Ruling
from services.audits.worksheet import judge, latest_verdicts
from services.regulation.periods import Quarter
from tests.world import World, at

Q3 = Quarter(2026, 3)
WHY = "補正後重新看過"


@dataclass
class Audited:
    """One audit in which every record is drawn: four of ``clerk``, three of ``clerk2``, one more."""

    world: World
    audit_id: int
    of: dict[str, list[int]]

    def judge(self, records: list[int], ruling: Ruling, by: str = "head") -> None:
        with reading() as db:
            verdicts = latest_verdicts(db, self.audit_id)
        seen = {r: verdicts[r].sequence if r in verdicts else 0 for r in records}
        person = self.world.actor(by)
        judge(person, self.audit_id, seen, ruling, "說明文字", WHY if any(seen.values()) else "")


def audited(world: World) -> Audited:
    """Freeze and draw a quarter with eight records."""
    world.use("clerk", *(at(2026, 7, day) for day in (1, 2, 3, 4)))
    world.use("clerk2", *(at(2026, 8, day) for day in (5, 6, 7)))
    world.use("unit_manager", at(2026, 9, 8))
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Q3, base_records=8)
    draw_first(head, audit_id)
    of: dict[str, list[int]] = {}
    names = {str(id_): name for name, id_ in world.accounts.items()}
    for row in sorted(worksheet_rows(head, audit_id), key=lambda row: row.record_id):
        of.setdefault(names[row.person_key], []).append(row.record_id)
    return Audited(world, audit_id, of)


def incidents() -> list[Incident]:
    with reading() as db:
        return list(db.scalars(select(Incident).order_by(Incident.id)))


def records_in(incident_id: int) -> dict[int, str]:
    with reading() as db:
        rows = db.scalars(
            select(IncidentRecord)
            .where(IncidentRecord.incident_id == incident_id)
            .order_by(IncidentRecord.record_id)
        )
        return {row.record_id: row.gravity for row in rows}


def steps_of(incident_id: int) -> list[str]:
    with reading() as db:
        return list(
            db.scalars(
                select(IncidentStep.step)
                .where(IncidentStep.incident_id == incident_id)
                .order_by(IncidentStep.id)
            )
        )


def handler(world: World) -> Actor:
    """Somebody who handles incidents and has no record in any."""
    return world.actor("ethics")
