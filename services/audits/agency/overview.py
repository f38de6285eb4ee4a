"""What a screen shows of an agency's half-year: what the units owe it, and what it owes the bureau."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import null, select

from data.engine import reading
from data.models import Agency, Audit, Unit
from services.actor import Actor
from services.audits.agency.audited import units_of
from services.audits.agency.store import find, load_agency
from services.audits.late import Supplement, supplements_by_audit
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear, Quarter


@dataclass(frozen=True)
class AgencyLine:
    """One agency in the list of a half-year; ``audit_id`` is None before anything was frozen."""

    agency_id: int
    code: str
    name: str
    audit_id: int | None
    status: AuditStatus


@dataclass(frozen=True)
class OwedAudit:
    """One unit's quarter, or a supplement to it, as the agency waits for it."""

    unit_id: int
    code: str
    unit: str
    """With （補充） behind it where it is a supplement."""
    quarter: Quarter
    audit_id: int | None
    status: AuditStatus


@dataclass(frozen=True)
class AgencyHalf:
    """Everything about an agency's half-year that is not in its audit."""

    agency_id: int
    code: str
    name: str
    half: HalfYear
    audit_id: int | None
    units: list[OwedAudit]
    may_conduct: bool
    may_receive: bool


@guarded(Action.VIEW_AUDIT)
def list_agencies(actor: Actor, half: HalfYear) -> list[AgencyLine]:
    """Return every agency within reach with where its audit of the half-year stands.

    Whoever may look at some units only has no agency here.
    """
    with reading() as db:
        rows = db.execute(
            select(Agency, Audit)
            .outerjoin(
                Audit,
                (Audit.agency_id == Agency.id)
                & (Audit.kind == AuditKind.AGENCY)
                & (Audit.period == str(half)),
            )
            .where(
                Agency.active,
                within(reach(actor, Action.VIEW_AUDIT), unit=null(), agency=Agency.id),
            )
            .order_by(Agency.code)
        ).all()
    return [
        AgencyLine(
            agency.id,
            agency.code,
            agency.name,
            audit.id if audit else None,
            AuditStatus(audit.status) if audit else AuditStatus.PLANNED,
        )
        for agency, audit in rows
    ]


@guarded(Action.VIEW_AUDIT)
def agency_half(actor: Actor, agency_id: int, half: HalfYear) -> AgencyHalf:
    """Return an agency's half-year: its own audit, and where every unit's audit of both quarters stands."""
    with reading() as db:
        agency = load_agency(db, actor, agency_id, Action.VIEW_AUDIT)
        audit = find(db, agency.id, half)
        owed = [
            (unit, of_unit, quarter)
            for quarter in half.quarters
            for unit, of_unit in units_of(db, agency, quarter)
        ]
        beside = supplements_by_audit(db, [one.id for _, one, _ in owed if one is not None])
        units = [
            line
            for unit, of_unit, quarter in owed
            for line in _owed(unit, of_unit, quarter, beside.get(of_unit.id, ()) if of_unit else ())
        ]
        return AgencyHalf(
            agency.id,
            agency.code,
            agency.name,
            half,
            audit.id if audit else None,
            units,
            reach(actor, Action.CONDUCT_AGENCY_AUDIT).covers(agency_id=agency.id),
            reach(actor, Action.RECEIVE_AUDIT).covers(agency_id=agency.id),
        )


def _owed(
    unit: Unit, audit: Audit | None, quarter: Quarter, supplements: tuple[Supplement, ...]
) -> Iterator[OwedAudit]:
    status = AuditStatus(audit.status) if audit else AuditStatus.PLANNED
    begun = audit.id if audit else None
    yield OwedAudit(unit.id, unit.code, unit.name, quarter, begun, status)
    for one in supplements:
        name = f"{unit.name}（補充）"
        yield OwedAudit(unit.id, unit.code, name, quarter, one.audit_id, one.status)
