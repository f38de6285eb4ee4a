"""Opening an audit of any kind: its row, and the event that says so."""

from typing import Any

from sqlalchemy.orm import Session

from data.models import Agency, Audit, Unit
from services import events
from services.actor import Actor
from services.audits.words import FrameScope
from services.events import EventType
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Period


def open_audit(
    db: Session,
    actor: Actor,
    kind: AuditKind,
    of: Unit | Agency,
    period: Period,
    *,
    scope: FrameScope | None = None,
    reason: str = "",
    supplements: int | None = None,
) -> Audit:
    """Open an audit of a unit or a whole agency and return it, not frozen yet; who may is the caller's.

    ``scope`` is an agency audit's, ``reason`` a spot check's, ``supplements`` the audit that a supplement
    is to. Raises ValueError for a period that the kind is not made for, and IntegrityError where somebody
    else opened the same one meanwhile.
    """
    if not isinstance(period, kind.rule.periods):
        raise ValueError(f"{kind.label}不以{period.label}為期間。")
    unit = of if isinstance(of, Unit) else None
    audit = Audit(
        kind=kind.value,
        agency_id=unit.agency_id if unit else of.id,
        unit_id=unit.id if unit else None,
        period=str(period),
        scope=scope.value if scope else "",
        reason=reason,
        supplements=supplements,
        status=AuditStatus.PLANNED.value,
        opened_at=actor.now,
        opened_by=actor.account_id,
    )
    db.add(audit)
    db.flush()
    more: dict[str, Any] = {"supplements": supplements} if supplements else {}
    events.write(
        db,
        actor,
        EventType.AUDIT_OPENED,
        about=("audit", audit.id),
        unit=of.code,
        period=str(period),
        **more,
    )
    return audit
