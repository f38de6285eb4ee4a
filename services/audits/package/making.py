"""What is made aside before a package is stored: its letter looked at, its files, its list, its ZIP's hash."""

import hashlib
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Audit
from services.actor import Actor
from services.audits import ledger_proofs
from services.audits.forms.facts import AuditFacts
from services.audits.forms.signed import newest_acts
from services.audits.package.building import Builder, fingerprint
from services.audits.package.completeness import unit_audits
from services.audits.package.manifest import Letter
from services.audits.package.soundness import require_sound_evidence
from services.audits.package.zipping import Altered, write_zip
from services.errors import Conflict, Invalid
from services.regulation.purpose import document_number_problem, tidy
from services.rocdate import local_date, roc_date

CHANGED = "稽核資料在製作函送資料時有變動；請重新整理，看過後再函送。"


def checked_letter(db: Session, sender: Actor, audit: Audit, letter_no: str, day: date) -> Letter:
    """Return the letter; raise Invalid for a number or a day that cannot be."""
    number = tidy(letter_no)
    if found := document_number_problem(number, sender.today):
        raise Invalid(f"公文字號：{found}")
    approved = local_date(newest_acts(db, [audit.id], "approved")[audit.id].at)
    if not approved <= day <= sender.today:
        raise Invalid(
            f"公文日期須在機關首長核定日（{roc_date(approved)}）以後，且不晚於今天（{roc_date(sender.today)}）。"
        )
    return Letter(number, day, sender.now, sender.name)


def are_sealed(db: Session, audits: Sequence[Audit]) -> bool:
    """Whether every drawn or picked record of these audits is under a checkpoint."""
    return all(ledger_proofs.are_sealed(db, audit.id) for audit in audits)


def make_files(
    builder: Builder, audit_id: int, letter: Letter
) -> tuple[AuditFacts, tuple[object, ...]]:
    """Make the files, and return the agency's facts and the state that they were made of.

    Raises Conflict for evidence that cannot be read and for records without a proof, LedgerFault for a
    record that is not what was sealed.
    """
    with reading() as db:
        audit = db.get_one(Audit, audit_id)
        audits = [audit, *unit_audits(db, audit)]
        if not are_sealed(db, audits):
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


def zip_hash(builder: Builder, manifest: dict[str, Any], at: datetime) -> str:
    """Return the hash of the whole ZIP, written once beside the files: a letter can name it."""
    with tempfile.TemporaryFile() as file:
        try:
            with reading() as db:
                write_zip(file, manifest, at, builder.parts(db))
        except Altered:
            raise Conflict(CHANGED) from None
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()
