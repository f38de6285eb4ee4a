"""The agency manager receives units' signed records and keeps them (clause 7.1.1, last sentence)."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Audit, AuditFrame, Unit
from services import events
from services.actor import Actor
from services.audits import store
from services.audits.acts import add_act
from services.audits.signing import content_now
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Quarter, parse_period


@guarded(Action.RECEIVE_AUDIT)
def receive(actor: Actor, shown: Mapping[int, str]) -> None:
    """Receive units' signed audits, all or none: from then on they are kept.

    ``shown`` has for each audit its `AuditView.content_hash` as it stood on screen; one that was opened
    again and signed anew meanwhile raises Conflict, which names it. Raises Conflict too when one is not
    signed or received already, Invalid for nothing at all and for an audit of another kind.
    """
    if not shown:
        raise Invalid("請勾選要收存的單位稽核。")
    with transaction() as db:
        # Always in the same order, so that two managers who receive at once do not wait for each other.
        for audit_id in sorted(shown):
            _receive(db, actor, audit_id, shown[audit_id])


def _receive(db: Session, actor: Actor, audit_id: int, shown_hash: str) -> None:
    audit = store.load_audit(db, actor, audit_id, Action.RECEIVE_AUDIT, lock=True)
    if actor.account_id is None:
        raise Refused("收存必須由有帳號的人員辦理。")
    if AuditKind(audit.kind).rule.received_by is None:
        raise Invalid("只有單位稽核的紀錄由機關管理者收存。")
    store.require_status(audit, AuditStatus.SIGNED)
    content_hash = content_now(db, audit)
    if content_hash != shown_hash:
        raise Conflict(f"{_name(audit)}的稽核剛剛有變動；請重新看過後再收存。")
    audit.status = AuditStatus.RECEIVED.value
    add_act(db, actor, audit, "received", content_hash)
    events.write(
        db,
        actor,
        EventType.AUDIT_RECEIVED,
        about=("audit", audit.id),
        content_hash=content_hash,
    )


def waiting_for_receipt(db: Session, signed: Collection[int]) -> tuple[str, ...]:
    """Name the signed audits that wait for their receipt; a nil return needs none to be counted."""
    waiting = db.execute(
        select(Unit.name, Audit.period, Audit.kind)
        .join(AuditFrame, AuditFrame.audit_id == Audit.id)
        .join(Unit, Unit.id == Audit.unit_id)
        .where(
            Audit.id.in_(signed),
            Audit.status == AuditStatus.SIGNED.value,
            AuditFrame.records > 0,
        )
        .order_by(Audit.period, Unit.code, Audit.id)
    )
    return tuple(
        f"{unit} {Quarter.parse(period).label}{AuditKind(kind).label}"
        for unit, period, kind in waiting
    )


def _name(audit: Audit) -> str:
    unit = audit.unit.name if audit.unit else ""
    return f"{unit} {parse_period(audit.period).label}"
