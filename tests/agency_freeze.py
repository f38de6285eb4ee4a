"""Freezing an agency's half-year as a manager does: receive what was signed, declare missing what was not."""

from typing import Any

from services.actor import Actor
from services.audits.agency.freezing import freeze_agency, preview_agency_frame
from services.audits.agency.overview import agency_half
from services.audits.agency.receiving import receive
from services.audits.overview import view_audit
from services.audits.words import FrameScope
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear

WHY = "單位主管懸缺，經催辦仍未完成"


def receive_signed(manager: Actor, agency: int, half: HalfYear) -> None:
    """Receive every unit audit and supplement of the half-year that is signed."""
    signed = [
        one.audit_id
        for one in agency_half(manager, agency, half).units
        if one.audit_id is not None and one.status is AuditStatus.SIGNED
    ]
    if signed:
        receive(manager, {one: view_audit(manager, one).content_hash for one in signed})


def reasons(actor: Actor, agency: int, half: HalfYear, why: str = WHY) -> dict[str, str]:
    """Return a reason for every unit audit that is missing."""
    preview = preview_agency_frame(actor, agency, half, FrameScope.AUDITED)
    return {one.key: why for one in preview.audited.missing}


def freeze_half(
    manager: Actor, agency: int, half: HalfYear, scope: FrameScope, **options: Any
) -> int:
    """Freeze a half-year after receiving and declaring; return the audit's id."""
    receive_signed(manager, agency, half)
    missing = reasons(manager, agency, half)
    return freeze_agency(manager, agency, half, scope, seal=False, missing=missing, **options)
