"""Whole audits in one call, for the command line and the demo city."""

from typing import Any

from sqlalchemy import select

from data.engine import reading
from data.models import Audit, AuditDraw, AuditFrame, SampleItem, Unit
from services.actor import Actor
from services.audits.drawing import checked_seed, draw_first
from services.audits.freezing import freeze
from services.errors import NotFound
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.audit_kinds import AuditKind
from services.regulation.periods import Quarter
from services.regulation.purpose import tidy


@guarded(Action.CONDUCT_AUDIT)
def freeze_and_draw(
    actor: Actor, unit_code: str, quarter: Quarter, named_seed: str = ""
) -> dict[str, Any]:
    """Freeze a unit's quarter (unless it is frozen and not drawn yet) and draw its sample.

    A named seed is for tests and demonstrations and marks the draw. Returns what
    ``manage.py draw --json`` prints.
    """
    if named_seed:
        checked_seed(named_seed)  # before anything is frozen
    with reading() as db:
        unit = db.scalar(select(Unit).where(Unit.code == tidy(unit_code)))
        if unit is None:
            raise NotFound(f"沒有代碼為「{tidy(unit_code)[:40]}」的單位。")
        permit(actor, Action.CONDUCT_AUDIT, unit_id=unit.id, agency_id=unit.agency_id)
        audit = db.scalar(
            select(Audit).where(
                Audit.kind == AuditKind.UNIT, Audit.unit_id == unit.id, Audit.period == str(quarter)
            )
        )
    frozen = audit is not None and audit.status != "planned"
    audit_id = audit.id if audit is not None and frozen else freeze(actor, unit.id, quarter)
    draw_id = draw_first(actor, audit_id, named_seed=named_seed)
    return _report(audit_id, draw_id, unit_code, quarter)


def _report(audit_id: int, draw_id: int, unit_code: str, quarter: Quarter) -> dict[str, Any]:
    with reading() as db:
        frame = db.scalars(select(AuditFrame).where(AuditFrame.audit_id == audit_id)).one()
        draw = db.get_one(AuditDraw, draw_id)
        ids = db.scalars(
            select(SampleItem.record_id)
            .where(SampleItem.draw_id == draw_id)
            .order_by(SampleItem.position)
        ).all()
    return {
        "audit_id": audit_id,
        "unit": unit_code,
        "quarter": str(quarter),
        "frame_hash": frame.frame_hash,
        "records": frame.records,
        "people": frame.people,
        "months": frame.months,
        "seed": draw.seed,
        "seed_source": draw.seed_source,
        "base": draw.base_records,
        "size": draw.size,
        "sample_ids": list(ids),
    }
