"""One function opens an audit of any kind; what it cannot be is said before anything is stored."""

import pytest
from sqlalchemy import func, select

from data.engine import reading, transaction
from data.models import Agency, Audit, Event, Unit
from services.audits.opening import open_audit
from services.audits.words import FrameScope
from services.regulation.audit_kinds import AuditKind
from services.regulation.periods import HalfYear, Period, Quarter
from tests.world import World

Q3, HALF = Quarter(2026, 3), HalfYear(2026, 2)


def test_every_kind_is_opened_and_told(world: World) -> None:
    manager = world.actor("agency_manager")
    with transaction() as db:
        unit = db.get_one(Unit, world.units["tax1"])
        agency = db.get_one(Agency, world.agencies["tax"])
        main = open_audit(db, manager, AuditKind.UNIT, unit, Q3).id
        open_audit(db, manager, AuditKind.SUPPLEMENT, unit, Q3, supplements=main)
        open_audit(db, manager, AuditKind.AGENCY, agency, HALF, scope=FrameScope.BOTH)
        open_audit(db, manager, AuditKind.SPOT, unit, Q3, reason="例行抽查")
    with reading() as db:
        rows = db.execute(
            select(Audit.kind, Audit.agency_id, Audit.unit_id, Audit.period, Audit.scope,
                   Audit.reason, Audit.supplements, Audit.status).order_by(Audit.id)
        ).all()  # fmt: skip
        told = db.scalars(select(Event).where(Event.type == "audit_opened").order_by(Event.id))
        details = [event.detail for event in told]
    tax, tax1 = world.agencies["tax"], world.units["tax1"]
    assert [tuple(row) for row in rows] == [
        ("unit", tax, tax1, "2026Q3", "", "", None, "planned"),
        ("supplement", tax, tax1, "2026Q3", "", "", main, "planned"),
        ("agency", tax, None, "2026H2", "both", "", None, "planned"),
        ("spot", tax, tax1, "2026Q3", "", "例行抽查", None, "planned"),
    ]
    of_unit = {"unit": "TAX-DAAN", "period": "2026Q3"}
    assert details == [
        of_unit, of_unit | {"supplements": main}, {"unit": "TAX", "period": "2026H2"}, of_unit,
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "period"), [(AuditKind.UNIT, HALF), (AuditKind.AGENCY, Q3)])
def test_a_period_that_the_kind_is_not_made_for(
    world: World, kind: AuditKind, period: Period
) -> None:
    manager = world.actor("agency_manager")
    with pytest.raises(ValueError, match="為期間"), transaction() as db:
        open_audit(db, manager, kind, db.get_one(Unit, world.units["tax1"]), period)
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Audit)) == 0
