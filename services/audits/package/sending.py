"""Sending an agency audit to the bureau (7.1.2): one package, complete, that does not change afterwards."""

import hashlib
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Audit, AuditPackage, PackagePart
from services import events
from services.actor import Actor
from services.audits import ledger_proofs, store
from services.audits.acts import add_act
from services.audits.forms.facts import AuditFacts
from services.audits.forms.signed import newest_acts
from services.audits.package.building import Builder, fingerprint
from services.audits.package.completeness import missing_parts, unit_audits
from services.audits.package.manifest import Letter, manifest_hash, manifest_of
from services.audits.package.soundness import require_sound_evidence
from services.audits.package.zipping import Altered, write_zip
from services.audits.words import AuditKind, AuditStatus
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.ledger.checkpoints import LedgerFault
from services.ledger.sealing import report_fault, seal_aside
from services.regulation.purpose import document_number_problem, tidy
from services.rocdate import local_date, roc_date

_CHANGED = "稽核資料在製作函送資料時有變動；請重新整理，看過後再函送。"


@guarded(Action.SEND_AUDIT)
def send_audit(actor: Actor, audit_id: int, letter_no: str, letter_date: date) -> None:
    """Send an approved agency audit with its unit audits, draws, proofs and evidence, as one package.

    The files are made aside, which takes a while; they are stored, and the audit is sent, in one short
    transaction in which everything is looked at again. Raises Conflict while a part is missing (with
    what is missing) or evidence cannot be read (with which, after an alert), Invalid for a letter that
    cannot be, and LedgerFault, after an event and an alert, when a drawn or picked record is not what
    was sealed.
    """
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.SEND_AUDIT)
        _require_complete(db, audit)
        letter = _letter(db, actor, audit, letter_no, letter_date)
        sealed = _are_sealed(db, [audit, *unit_audits(db, audit)])
    if not sealed:
        seal_aside(actor.now)
    with tempfile.TemporaryDirectory(prefix="cadastre-") as folder:
        builder = Builder(Path(folder), actor.now)
        try:
            facts, before = _build(builder, audit_id, letter)
        except LedgerFault as fault:
            report_fault(fault, EventType.LEDGER_VERIFIED, actor)
            raise LedgerFault(f"不能函送：{fault}請立即通知系統管理者。") from None
        manifest = manifest_of(facts, builder.audits, letter, builder.made)
        zip_sha256 = _zip_hash(builder, manifest, actor.now)
        try:
            with transaction() as db:
                audit = store.load_audit(db, actor, audit_id, Action.SEND_AUDIT, lock=True)
                _require_unchanged(db, audit, before)
                package = _package(actor, audit, letter, manifest, zip_sha256)
                _store(db, actor, audit, package, builder)
        except IntegrityError:
            raise Conflict("他人剛剛函送了這件稽核；請重新整理。") from None


def _require_complete(db: Session, audit: Audit) -> None:
    if audit.kind != AuditKind.AGENCY:
        raise Conflict(missing_parts(db, audit)[0])
    if missing := missing_parts(db, audit):
        raise Conflict(f"還不能函送，尚缺 {len(missing)} 項：{''.join(missing)}")


def _letter(db: Session, actor: Actor, audit: Audit, letter_no: str, day: date) -> Letter:
    number = tidy(letter_no)
    if found := document_number_problem(number, actor.today):
        raise Invalid(f"公文字號：{found}")
    approved = local_date(newest_acts(db, [audit.id], "approved")[audit.id].at)
    if not approved <= day <= actor.today:
        raise Invalid(
            f"公文日期須在機關首長核定日（{roc_date(approved)}）以後，且不晚於今天（{roc_date(actor.today)}）。"
        )
    return Letter(number, day, actor.now, actor.name)


def _are_sealed(db: Session, audits: Sequence[Audit]) -> bool:
    return all(ledger_proofs.are_sealed(db, audit.id) for audit in audits)


def _build(
    builder: Builder, audit_id: int, letter: Letter
) -> tuple[AuditFacts, tuple[object, ...]]:
    """Make the files, and return the agency's facts and the state that they were made of."""
    with reading() as db:
        audit = db.get_one(Audit, audit_id)
        audits = [audit, *unit_audits(db, audit)]
        if not _are_sealed(db, audits):
            raise Conflict(
                "有抽出或判斷抽查的紀錄尚未封存於帳本，無法附上證明；請通知系統管理者封存帳本後再函送。"
            )
        # Before the papers are set: that takes a while, and what cannot be read is known at once.
        require_sound_evidence(db, audits)
        before = fingerprint(db, audits)
        facts = builder.agency(db, audit, letter)
        for one in audits[1:]:
            builder.unit(db, one)
            db.expunge_all()  # its records and frame are not needed any more
        builder.scripts()
    return facts, before


def _require_unchanged(db: Session, audit: Audit, before: tuple[object, ...]) -> None:
    units = unit_audits(db, audit)
    ids = [one.id for one in units]
    db.scalars(select(Audit).where(Audit.id.in_(ids)).with_for_update()).all()
    _require_complete(db, audit)
    if fingerprint(db, [audit, *units]) != before:
        raise Conflict(_CHANGED)


def _zip_hash(builder: Builder, manifest: dict[str, Any], at: datetime) -> str:
    """Return the hash of the whole ZIP, written once beside the files: a letter can name it."""
    with tempfile.TemporaryFile() as file:
        try:
            with reading() as db:
                write_zip(file, manifest, at, builder.parts(db))
        except Altered:
            raise Conflict(_CHANGED) from None
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _package(
    actor: Actor, audit: Audit, letter: Letter, manifest: dict[str, Any], zip_sha256: str
) -> AuditPackage:
    return AuditPackage(
        audit_id=audit.id,
        sent_at=actor.now,
        sent_by=actor.account_id,
        letter_no=letter.number,
        letter_date=letter.day,
        manifest=manifest,
        manifest_sha256=manifest_hash(manifest),
        zip_sha256=zip_sha256,
    )


def _store(
    db: Session, actor: Actor, audit: Audit, package: AuditPackage, builder: Builder
) -> None:
    db.add(package)
    db.flush()
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
    add_act(
        db,
        actor,
        audit,
        "sent",
        package.manifest["audits"][0]["content_hash"],  # the agency's own stands first
        letter_no=package.letter_no,
        letter_date=package.letter_date,
    )
    audit.status = AuditStatus.SENT.value
    events.write(
        db,
        actor,
        EventType.AUDIT_SENT,
        about=("audit", audit.id),
        letter_no=package.letter_no,
        manifest_sha256=package.manifest_sha256,
        zip_sha256=package.zip_sha256,
        files=len(builder.made),
    )
