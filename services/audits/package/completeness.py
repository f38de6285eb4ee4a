"""What a package for the bureau still lacks, in sentences (7.1.2)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from data.models import Audit, AuditAct, Signature, Unit
from services.audits.evidence.in_force import evidence_of
from services.audits.forms.signed import held_by_audit, newest_acts
from services.audits.owing import owing
from services.documents import file_store
from services.regulation.audit_kinds import OF_UNIT, AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear

_NOT_ALONE = {"agency_manager": "機關管理者", "ethics_officer": "政風單位"}
"""Whose signatures an agency's record bears (7.1.2: 機關管理者會同政風單位)."""


def missing_parts(db: Session, audit: Audit, *, again: bool = False) -> list[str]:
    """Return what has to be there before an agency audit can be sent; empty when nothing is missing.

    ``again`` is for the correction of one that was sent already.
    """
    if audit.kind != AuditKind.AGENCY:
        return ["只有機關稽核函送地政局；單位稽核隨同機關稽核一併函送。"]
    return [*_of_agency(db, audit, again), *_of_units(db, audit)]


def unit_audits(db: Session, audit: Audit) -> Sequence[Audit]:
    """Return the unit audits of both quarters of an agency audit, in the order of the package."""
    quarters = [str(quarter) for quarter in HalfYear.parse(audit.period).quarters]
    return db.scalars(
        select(Audit)
        .options(joinedload(Audit.unit), joinedload(Audit.agency))
        .join(Unit, Unit.id == Audit.unit_id)
        .where(
            Audit.kind.in_(OF_UNIT),
            Audit.agency_id == audit.agency_id,
            Audit.period.in_(quarters),
        )
        .order_by(Unit.code, Audit.period, Audit.id)
    ).all()


def _of_agency(db: Session, audit: Audit, again: bool) -> Iterator[str]:
    status = AuditStatus(audit.status)
    if status is AuditStatus.SENT and not again:
        yield "這件機關稽核已經函送。"
        return
    if not status.is_signed:
        yield f"機關稽核目前是「{status.label}」，尚未簽核。"
        return
    held = held_by_audit(db, [audit])[audit.id]
    for capacity, who in _NOT_ALONE.items():
        if not any(one.capacity == capacity for one in held):
            yield f"機關稽核缺{who}的簽核。"
    approved = newest_acts(db, [audit.id], "approved").get(audit.id)
    signed = held[-1].content_hash if held else ""
    ready = AuditStatus.SENT if again else AuditStatus.APPROVED
    if status is not ready or approved is None:
        yield "機關稽核尚未經機關首長核定。"
    elif approved.content_hash != signed:
        yield "機關首長核定的不是目前簽核的內容；請重新陳核。"
    yield from _lost_evidence(db, [audit])


def _of_units(db: Session, audit: Audit) -> Iterator[str]:
    audits = unit_audits(db, audit)
    known: defaultdict[tuple[int | None, str], list[Audit]] = defaultdict(list)
    for one in audits:
        known[one.unit_id, one.period].append(one)
    held = held_by_audit(db, audits)
    received = newest_acts(db, held, "received")
    owed = owing(db, Unit.agency_id == audit.agency_id, HalfYear.parse(audit.period).quarters)
    for unit, quarters in owed:
        for quarter in quarters:
            begun = known[unit.id, str(quarter)]
            name = f"{unit.name}（{unit.code}）{quarter.label}的"
            if not begun:
                yield f"{name}{AuditKind.UNIT.label}尚未辦理。"
            for one in begun:
                what = f"{name}{AuditKind(one.kind).label}"
                yield from _of_unit(what, one, held[one.id], received.get(one.id))
    yield from _lost_evidence(db, audits)


def _of_unit(
    what: str, audit: Audit, signatures: Sequence[Signature], received: AuditAct | None
) -> Iterator[str]:
    if not signatures:
        yield f"{what}目前是「{AuditStatus(audit.status).label}」，尚未簽核。"
    elif audit.status != AuditStatus.RECEIVED or received is None:
        yield f"{what}已簽核，尚未由機關管理者收存。"
    elif received.content_hash != signatures[-1].content_hash:
        yield f"{what}收存的不是目前簽核的內容；請重新收存。"


def _lost_evidence(db: Session, audits: Sequence[Audit]) -> Iterator[str]:
    """Name the files without a content: a page asks on every rerun, so reading them is for `soundness`."""
    files = evidence_of(db, [audit.id for audit in audits])
    for file in files:
        if not file_store.has(file.sha256):
            yield f"佐證資料「{file.file_name}」的內容不見了；請通知系統管理者。"
