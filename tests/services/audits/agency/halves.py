"""A half-year of the tax office: two units that used the system, and their audits up to the signature."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Audit, UsageRecord
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import sign
from services.audits.words import FrameScope, Ruling
from services.audits.worksheet import judge
from services.regulation.periods import HalfYear, Quarter
from services.regulation.roles import Duty, Role
from tests.agency_freeze import freeze_half
from tests.staged import Stage
from tests.world import World, add_person, at

HALF = HalfYear(2026, 1)
Q1, Q2 = HALF.quarters
HEADS = {"tax1": "head", "tax2": "tax2_head"}


@pytest.fixture
def half(stage: Stage, world: World) -> World:
    """Records of both units in both quarters; the second unit used nothing in the second quarter."""
    return stage.add(world, half_world)


@pytest.fixture
def units(stage: Stage, half: World) -> dict[tuple[str, str], int]:
    """Both units' audits of both quarters, signed; by unit and quarter."""
    return stage.add(half, signed_units)


@pytest.fixture
def audit_id(stage: Stage, half: World) -> int:
    """The agency's audit after all of its units', judged to the last record."""
    return stage.add(half, judged_agency)


def half_world(world: World) -> World:
    with transaction() as db:
        add_person(
            db, world, 90, "tax2_head", "tax2", Role.GENERAL_USER, ((Duty.UNIT_HEAD, "unit"),)
        )
        add_person(
            db, world, 91, "both", "tax2", Role.AGENCY_MANAGER, ((Duty.ETHICS_OFFICER, "agency"),)
        )
        add_person(
            db, world, 92, "ethics2", "tax1", Role.GENERAL_USER, ((Duty.ETHICS_OFFICER, "agency"),)
        )
    for who, months, days in (
        ("clerk", (1, 2, 3, 4, 5, 6), 8),
        ("clerk2", (1, 2, 4, 6), 5),
        ("clerk_tax2", (1, 3), 9),
    ):
        for month in months:
            world.use(who, *(at(2026, month, day) for day in range(1, days + 1)))
    # Another agency's, and days before and after.
    world.use("works_clerk", at(2026, 2, 3), at(2026, 5, 3))
    world.use("clerk", at(2025, 12, 31, 23), at(2026, 7, 1, 0))
    return world


def drawn_unit(world: World, unit: str, quarter: Quarter) -> int:
    head = world.actor(HEADS[unit])
    audit_id = freeze(head, world.units[unit], quarter, seal=False)
    if view_audit(head, audit_id).frame.picture.records:  # type: ignore[union-attr]
        draw_first(head, audit_id)
    return audit_id


def signed_unit(world: World, unit: str, quarter: Quarter, wanting: Sequence[int] = ()) -> int:
    """Audit a unit's quarter to the signature; the records of ``wanting`` places are deficient."""
    head = world.actor(HEADS[unit])
    audit_id = drawn_unit(world, unit, quarter)
    judge_all(world, audit_id, HEADS[unit], wanting)
    sign(head, audit_id, view_audit(head, audit_id).content_hash)
    return audit_id


def signed_units(world: World) -> dict[tuple[str, str], int]:
    """Audit every unit's both quarters; return their ids."""
    return {
        (unit, str(quarter)): signed_unit(world, unit, quarter)
        for unit in HEADS
        for quarter in (Q1, Q2)
    }


def judge_all(world: World, audit_id: int, by: str, wanting: Sequence[int] = ()) -> None:
    """Judge what is still open: compliant, but the records at some places of the list."""
    person = world.actor(by)
    still_open = [r.record_id for r in worksheet_rows(person, audit_id) if not r.judged.sequence]
    bad = {still_open[place] for place in wanting}
    for records, ruling in ((set(still_open) - bad, Ruling.COMPLIANT), (bad, Ruling.DEFICIENT)):
        if records:
            note = "調卷後查無此案" if ruling.deviates else ""
            seen = dict.fromkeys(records, 0)
            judge(person, audit_id, seen, ruling, note, flagged_too=seen)


def frozen_agency(world: World, scope: FrameScope = FrameScope.AUDITED) -> int:
    return freeze_half(world.actor("agency_manager"), world.agencies["tax"], HALF, scope)


def judged_agency(world: World, wanting: Sequence[int] = ()) -> int:
    """Audit the half-year up to the last verdict, after all its units."""
    signed_units(world)
    audit_id = frozen_agency(world)
    draw_first(world.actor("agency_manager"), audit_id)
    judge_all(world, audit_id, "agency_manager", wanting)
    return audit_id


def audited_records(world: World, *audits: int) -> set[int]:
    """The records that stand on the worksheets of audits."""
    return {row.record_id for one in audits for row in worksheet_rows(world.actor("reviewer"), one)}


def agency_records(world: World) -> set[int]:
    with reading() as db:
        return set(
            db.scalars(
                select(UsageRecord.id).where(
                    UsageRecord.agency_id == world.agencies["tax"],
                    UsageRecord.local_month.between("2026-01", "2026-06"),
                )
            )
        )


def audit_row(audit_id: int) -> Audit:
    with reading() as db:
        return db.get_one(Audit, audit_id)
