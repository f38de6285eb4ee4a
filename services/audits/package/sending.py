"""Sending an agency audit to the bureau (7.1.2): one package, complete, that does not change afterwards.

What turns out to be wrong is corrected by a further package, which names the one before it and says why.
"""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Audit, AuditPackage, PackagePart
from services import events
from services.actor import Actor
from services.audits import store
from services.audits.acts import add_act
from services.audits.package.building import Builder, fingerprint
from services.audits.package.completeness import missing_parts, unit_audits
from services.audits.package.correcting import (
    Correction,
    packages_of,
    replaced,
    require_difference,
)
from services.audits.package.making import CHANGED, are_sealed, checked_letter, make_files, zip_hash
from services.audits.package.manifest import Letter, manifest_hash, manifest_of
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.ledger.checkpoints import LedgerFault
from services.ledger.sealing import report_fault, seal_aside
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus


@guarded(Action.SEND_AUDIT)
def send_audit(
    actor: Actor, audit_id: int, letter_no: str, letter_date: date, explanation: str = ""
) -> None:
    """Send an approved agency audit with its unit audits, draws, proofs and evidence, as one package.

    The files are made aside, which takes a while; they are stored, and the audit is sent, in one short
    transaction in which everything is looked at again. ``explanation`` is what the agency says of what the
    bureau's checks will find wrong. Raises Conflict while a part is missing (with
    what is missing) or evidence cannot be read (with which, after an alert), Invalid for a letter that
    cannot be, and LedgerFault, after an event and an alert, when a drawn or picked record is not what
    was sealed.
    """
    _send(actor, audit_id, letter_no, letter_date, None, explanation)


@guarded(Action.SEND_AUDIT)
def correct_package(
    actor: Actor,
    audit_id: int,
    correction: Correction,
    letter_no: str,
    letter_date: date,
    explanation: str = "",
) -> None:
    """Send a further package of a sent audit, which takes the place of the one in force (domain.md §7.8).

    The earlier ones stay as they were and can be read; whether the audit was in time is a matter of the
    first. Raises as `send_audit` does; besides Conflict before the first sending, for a content that is
    that of the package in force, and for a kind that is not what differs; Invalid for a correction that
    does not say who asked, or why.
    """
    _send(actor, audit_id, letter_no, letter_date, correction.checked(), explanation)


def _send(
    actor: Actor,
    audit_id: int,
    letter_no: str,
    day: date,
    correction: Correction | None,
    explanation: str,
) -> None:
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.SEND_AUDIT)
        _require_complete(db, audit, correction)
        letter = checked_letter(db, actor, audit, letter_no, day)
        sealed = are_sealed(db, [audit, *unit_audits(db, audit)])
    if not sealed:
        seal_aside(actor.now)
    with tempfile.TemporaryDirectory(prefix="cadastre-") as folder:
        builder = Builder(Path(folder), actor.now)
        try:
            facts, before = make_files(builder, audit_id, letter)
        except LedgerFault as fault:
            report_fault(fault, EventType.LEDGER_VERIFIED, actor)
            raise LedgerFault(f"不能函送：{fault}請立即通知系統管理者。") from None
        manifest = manifest_of(facts, builder.audits, letter, builder.made)
        if correction:
            _name_the_one_before(audit_id, manifest, correction)
        whole = zip_hash(builder, manifest, actor.now)
        try:
            with transaction() as db:
                audit = store.load_audit(db, actor, audit_id, Action.SEND_AUDIT, lock=True)
                _require_unchanged(db, audit, before, correction)
                package = _package(actor, audit, letter, manifest, whole)
                package.explanation = explanation
                _store(db, package, builder)
                _write_down(db, actor, audit, package, correction)
        except IntegrityError:
            raise Conflict("他人剛剛函送了這件稽核；請重新整理。") from None


def _require_complete(db: Session, audit: Audit, correction: Correction | None) -> None:
    if audit.kind != AuditKind.AGENCY:
        raise Conflict(missing_parts(db, audit)[0])
    if correction and audit.status != AuditStatus.SENT:
        raise Conflict("這件稽核還沒有函送，沒有可更正的函送資料。")
    if missing := missing_parts(db, audit, again=correction is not None):
        raise Conflict(f"還不能函送，尚缺 {len(missing)} 項：{''.join(missing)}")


def _name_the_one_before(audit_id: int, manifest: dict[str, Any], correction: Correction) -> None:
    with reading() as db:
        before = packages_of(db, audit_id)[0]
        require_difference(before.manifest, manifest, correction)
        manifest["number"] = before.number + 1
        manifest["replaces"] = replaced(before)
        manifest["correction"] = correction.as_dict()


def _require_unchanged(
    db: Session, audit: Audit, before: tuple[object, ...], correction: Correction | None
) -> None:
    units = unit_audits(db, audit)
    ids = [one.id for one in units]
    db.scalars(select(Audit).where(Audit.id.in_(ids)).with_for_update()).all()
    _require_complete(db, audit, correction)
    if fingerprint(db, [audit, *units]) != before:
        raise Conflict(CHANGED)


def _package(
    actor: Actor, audit: Audit, letter: Letter, manifest: dict[str, Any], whole: str
) -> AuditPackage:
    why = manifest["correction"] or {"kind": "", "asked_by": "", "reason": ""}
    return AuditPackage(
        audit_id=audit.id,
        sent_at=actor.now,
        sent_by=actor.account_id,
        letter_no=letter.number,
        letter_date=letter.day,
        manifest=manifest,
        manifest_sha256=manifest_hash(manifest),
        zip_sha256=whole,
        number=manifest["number"],
        correction=why["kind"],
        asked_by=why["asked_by"],
        reason=why["reason"],
    )


def _store(db: Session, package: AuditPackage, builder: Builder) -> None:
    db.add(package)
    db.flush()  # of two with the same number the second is told
    for one in builder.made:
        part = PackagePart(
            package_id=package.id,
            path=one.path,
            sha256=one.sha256,
            size=one.size,
            content=one.file.read_bytes() if one.file else None,
            evidence_id=one.evidence_id,
        )
        db.add(part)
        db.flush()
        db.expunge(part)  # one file in memory at a time


def _write_down(
    db: Session, actor: Actor, audit: Audit, package: AuditPackage, correction: Correction | None
) -> None:
    add_act(
        db,
        actor,
        audit,
        "corrected" if correction else "sent",
        package.manifest["audits"][0]["content_hash"],  # the agency's own stands first
        note=package.reason,
        letter_no=package.letter_no,
        letter_date=package.letter_date,
    )
    audit.status = AuditStatus.SENT.value
    if correction is None:
        events.write(
            db,
            actor,
            EventType.AUDIT_SENT,
            about=("audit", audit.id),
            letter_no=package.letter_no,
            manifest_sha256=package.manifest_sha256,
            zip_sha256=package.zip_sha256,
            files=len(package.manifest["files"]),
        )
        return
    events.write(
        db,
        actor,
        EventType.PACKAGE_CORRECTED,
        about=("audit", audit.id),
        package=package.number,
        kind=package.correction,
        asked_by=package.asked_by,
        reason=package.reason,
        letter_no=package.letter_no,
        manifest_sha256=package.manifest_sha256,
        zip_sha256=package.zip_sha256,
        files=len(package.manifest["files"]),
    )
