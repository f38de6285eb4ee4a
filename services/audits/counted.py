"""Which unit audits stay as they were signed, because their agency's audit rests on them (7.1.2)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Audit, AuditAct, AuditFrame
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear, Quarter


def why_final(db: Session, audit: Audit) -> str:
    """Return why a signed audit can never be opened again; empty while it can.

    What went to the bureau stays as it was sent: the agency's audit and, with it, its units'. A unit's that
    the agency's frozen audit has counted stays too: frame and floors rest on what it holds, and two people
    sign for them.
    """
    if audit.status == AuditStatus.SENT:
        return "這件稽核已函送地政局，不能再開啟；要更正請由機關管理者辦理更正函送。"
    if not AuditKind(audit.kind).of_unit:
        return ""
    half = HalfYear.of(Quarter.parse(audit.period).first_day)
    agencys = db.execute(
        select(Audit.id, Audit.status, AuditFrame.basis)
        .outerjoin(AuditFrame, AuditFrame.audit_id == Audit.id)
        .where(
            Audit.kind == AuditKind.AGENCY,
            Audit.agency_id == audit.agency_id,
            Audit.period == str(half),
        )
    ).one_or_none()
    if agencys is None:
        return ""
    if agencys.status == AuditStatus.SENT and _was_there(db, audit, agencys.id):
        return f"這件稽核已隨{half.label}機關稽核函送地政局，不能再開啟；要更正請由機關管理者辦理更正函送。"
    if audit.id in counted_audits(agencys.basis or {}):
        return (
            f"這件稽核已計入{half.label}機關稽核的母體與應稽核數，不能再開啟；"
            "判定不同之處請由機關稽核判定並說明。"
        )
    return ""


def _was_there(db: Session, audit: Audit, agencys: int) -> bool:
    """Whether a unit's audit was begun before the agency's was sent last: a supplement can come later."""
    sent = select(func.max(AuditAct.at)).where(
        AuditAct.audit_id == agencys, AuditAct.act.in_(("sent", "corrected"))
    )
    at = db.scalar(sent)
    return audit.kind == AuditKind.UNIT or at is None or audit.opened_at <= at


def counted_audits(basis: Mapping[str, Any]) -> list[int]:
    """Return the unit audits, supplements included, that an agency's frozen frame has counted."""
    return [
        audit_id
        for unit in basis.get("units", ())
        for audit_id in (unit["audit_id"], *unit.get("supplements", ()))
    ]
