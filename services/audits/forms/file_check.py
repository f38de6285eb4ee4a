"""Whether a file in hand is one that the system handed out, by its hash: nothing of it is read or kept."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import AuditPackage, Event, PackagePart, Signature
from services.actor import Actor
from services.audits.forms.codes import Found, find_signed
from services.documents.formats import FileFormat
from services.errors import Invalid
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit

LARGEST = 200 * 1024 * 1024
"""Bytes of a file that is looked up; a package with its evidence is the largest there is."""


@dataclass(frozen=True)
class KnownFile:
    """A file of the very bytes that the system once handed out."""

    sha256: str
    what: str
    at: datetime
    """When it was exported, or sent to the bureau."""
    audit_id: int
    found: Found | None
    """The signature that it stands for; None for a draft."""


@guarded(Action.VERIFY_PAPER)
def check_file(actor: Actor, content: bytes) -> KnownFile | None:
    """Return what the system knows of a file with these bytes; None when it never handed them out.

    Raises Invalid for an empty file and one too large.
    """
    permit(actor, Action.VERIFY_PAPER, account_id=actor.account_id)
    if not content:
        raise Invalid("這個檔案是空的；請選擇系統匯出的紀錄表或函送資料。")
    if len(content) > LARGEST:
        raise Invalid(f"檔案太大；最多 {LARGEST // 1024 // 1024} MB。")
    digest = hashlib.sha256(content).hexdigest()
    with reading() as db:
        return _exported(db, actor, digest) or _in_package(db, actor, digest)


def _exported(db: Session, actor: Actor, digest: str) -> KnownFile | None:
    event = db.scalars(
        select(Event)
        .where(
            Event.type == EventType.AUDIT_FORM_EXPORTED.value,
            Event.detail["sha256"].as_string() == digest,
        )
        .order_by(Event.id)
        .limit(1)
    ).first()
    if event is None or event.object_id is None:
        return None
    audit_id, detail = int(event.object_id), event.detail
    signed = detail.get("content_hash", "")
    kind = FileFormat(detail["format"])
    name = "紀錄表" if kind in (FileFormat.PDF, FileFormat.ODT) else "紀錄明細"
    what = f"匯出的{name}（{kind.value.upper()}）"
    return KnownFile(digest, what, event.at, audit_id, _signature(db, actor, audit_id, signed))


def _in_package(db: Session, actor: Actor, digest: str) -> KnownFile | None:
    row = db.execute(
        select(PackagePart.path, AuditPackage)
        .join(AuditPackage, AuditPackage.id == PackagePart.package_id)
        .where(PackagePart.sha256 == digest)
        .order_by(AuditPackage.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    path, package = row
    what = f"函送地政局的檔案「{path}」"
    signed = next(
        one["content_hash"]
        for one in package.manifest["audits"]
        if one["audit_id"] == package.audit_id
    )
    found = _signature(db, actor, package.audit_id, signed)
    return KnownFile(digest, what, package.sent_at, package.audit_id, found)


def _signature(db: Session, actor: Actor, audit_id: int, signed: str) -> Found | None:
    if not signed:
        return None
    where = and_(Signature.audit_id == audit_id, Signature.content_hash == signed)
    return find_signed(db, actor, where)
