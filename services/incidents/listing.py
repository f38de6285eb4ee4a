"""Incidents within a person's reach, the gravest and oldest first; never those about the person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, func, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from data.engine import reading
from data.models import Audit, Incident
from services.actor import Actor
from services.audits import store
from services.errors import Invalid
from services.identity.guard import guarded
from services.identity.organisation import UnitInfo, units_within
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.incidents.store import not_about, standing
from services.incidents.words import IncidentStatus
from services.regulation.audit_kinds import AuditKind
from services.regulation.incidents import Gravity, missing, needed
from services.rocdate import local_date

_PAGE_MOST = 200


@dataclass(frozen=True)
class IncidentFilters:
    """What to keep; the defaults keep everything."""

    status: IncidentStatus | None = None
    gravity: Gravity | None = None
    unit_id: int | None = None
    mine: bool = False
    """Only those that the person can do something about."""


@dataclass(frozen=True)
class IncidentRow:
    """One incident as the list shows it."""

    id: int
    number: str
    title: str
    gravity: Gravity
    status: IncidentStatus
    agency: str
    unit: str
    person: str
    opened_on: date
    days: int
    """How long it has been, or was, open."""
    next_step: str
    """The required step that is due; empty where nothing is, or it is not open."""
    to_close: bool
    """Whether all required steps stand and only the closing is left."""


@dataclass(frozen=True)
class IncidentPage:
    """Some incidents, how many match in all, and where the next page starts."""

    rows: tuple[IncidentRow, ...]
    total: int
    next_after: int | None
    open_by_gravity: Mapping[Gravity, int]
    """How many are open within reach, whatever the filters."""


@guarded(Action.VIEW_INCIDENTS)
def list_incidents(
    actor: Actor, filters: IncidentFilters, after_id: int | None, limit: int
) -> IncidentPage:
    """Return the matching incidents within reach, the gravest and oldest first, after the one named."""
    if not 1 <= limit <= _PAGE_MOST:
        raise Invalid(f"一頁 1 至 {_PAGE_MOST} 件。")
    seen = _within(actor, Action.VIEW_INCIDENTS)
    where = and_(seen, *_conditions(actor, filters))
    order = (_rank(), Incident.id)
    page = (
        select(Incident)
        .where(where)
        .order_by(*order)
        .limit(limit + 1)
        .options(
            joinedload(Incident.unit), joinedload(Incident.agency), selectinload(Incident.steps)
        )
    )
    with reading() as db:
        if after_id is not None:
            last = db.execute(select(*order).where(Incident.id == after_id, seen)).first()
            if last is not None:
                page = page.where(tuple_(*order) > tuple_(*last))
        found = db.scalars(page).all()
        spots = _spot_checks(db, found)
        rows = tuple(_row(one, actor.today, one.audit_id in spots) for one in found[:limit])
        total = db.scalar(select(func.count()).select_from(Incident).where(where)) or 0
        counts = db.execute(
            select(Incident.gravity, func.count())
            .where(seen, Incident.status == IncidentStatus.OPEN)
            .group_by(Incident.gravity)
        )
        by_gravity = {Gravity(gravity): count for gravity, count in counts}
    next_after = rows[-1].id if len(found) > limit else None
    return IncidentPage(rows, total, next_after, by_gravity)


@guarded(Action.VIEW_INCIDENTS)
def incident_units(actor: Actor) -> tuple[tuple[UnitInfo, ...], frozenset[int]]:
    """Return the units whose incidents the person may see, and in which of them handle any."""
    handles = reach(actor, Action.HANDLE_INCIDENT)
    with reading() as db:
        # The list is that of `within`, so nothing beyond the person's reach is named.
        units = units_within(db, reach(actor, Action.VIEW_INCIDENTS))
    mine = frozenset(unit.id for unit in units if handles.covers(unit.id, unit.agency_id))
    return units, mine


@guarded(Action.VIEW_AUDIT)
def open_incidents_of(actor: Actor, audit_id: int) -> int:
    """Return how many incidents of an audit are open; those about the person are not counted."""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        return (
            db.scalar(
                select(func.count())
                .select_from(Incident)
                .where(
                    Incident.audit_id == audit.id,
                    Incident.status == IncidentStatus.OPEN,
                    not_about(actor),
                )
            )
            or 0
        )


def _within(actor: Actor, action: Action) -> ColumnElement[bool]:
    reached = within(reach(actor, action), unit=Incident.unit_id, agency=Incident.agency_id)
    return and_(reached, not_about(actor))


def _conditions(actor: Actor, filters: IncidentFilters) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if filters.status is not None:
        parts.append(Incident.status == filters.status.value)
    if filters.gravity is not None:
        parts.append(Incident.gravity == filters.gravity.value)
    if filters.unit_id is not None:
        parts.append(Incident.unit_id == filters.unit_id)
    if filters.mine:
        parts.append(_within(actor, Action.HANDLE_INCIDENT))
    return parts


def _rank() -> ColumnElement[int]:
    """What is open comes first, and among it what is grave."""
    gravity = case(
        {one.value: len(Gravity) - 1 - one.rank for one in Gravity}, value=Incident.gravity, else_=9
    )
    return case((Incident.status == IncidentStatus.OPEN.value, gravity), else_=gravity + 10)


def _spot_checks(db: Session, incidents: Iterable[Incident]) -> set[int | None]:
    ids = {one.audit_id for one in incidents if one.audit_id is not None}
    return set(db.scalars(select(Audit.id).where(Audit.id.in_(ids), Audit.kind == AuditKind.SPOT)))


def _row(incident: Incident, today: date, spot: bool) -> IncidentRow:
    gravity, status = Gravity(incident.gravity), IncidentStatus(incident.status)
    done = standing(step.step for step in incident.steps)
    left = missing(needed(gravity, spot_check=spot), done)
    is_open = status is IncidentStatus.OPEN
    opened = local_date(incident.opened_at)
    ended = today if is_open or incident.closed_at is None else local_date(incident.closed_at)
    return IncidentRow(
        id=incident.id,
        number=incident.number,
        title=incident.title,
        gravity=gravity,
        status=status,
        agency=incident.agency.name,
        unit=incident.unit.name,
        person=incident.person,
        opened_on=opened,
        days=(ended - opened).days,
        next_step=left[0].step.label if is_open and left else "",
        to_close=is_open and not left,
    )
