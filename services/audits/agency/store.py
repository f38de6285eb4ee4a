"""Reading the rows of an agency and its audit of a half-year; shared by the services of its life."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Agency, Audit
from services.actor import Actor
from services.errors import NotFound
from services.identity.permissions import Action, permit
from services.regulation.audit_kinds import AuditKind
from services.regulation.periods import HalfYear


def load_agency(db: Session, actor: Actor, agency_id: int, action: Action) -> Agency:
    """Return an agency that ``actor`` may do ``action`` in; refuse without saying whether it exists."""
    agency = db.get(Agency, agency_id)
    if agency is None:
        raise NotFound("找不到這個機關，或您沒有它的權限。")
    permit(actor, action, agency_id=agency.id)
    return agency


def find(db: Session, agency_id: int, half: HalfYear, *, lock: bool = False) -> Audit | None:
    """Return the agency's audit of a half-year, or None while nothing was frozen."""
    query = select(Audit).where(
        Audit.kind == AuditKind.AGENCY, Audit.agency_id == agency_id, Audit.period == str(half)
    )
    return db.scalar(query.with_for_update() if lock else query)
