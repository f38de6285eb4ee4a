"""Whether a file in hand is one that the system handed out, by its hash: nothing of it is read or kept."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import AuditPackage, Event, PackagePart, Signature
from services.actor import Actor
from services.audits.forms.codes import Found, find_signed
from services.audits.package.building import SCRIPTS
from services.audits.package.manifest import MANIFEST, about_part
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
    at: datetime | None
    """When it was exported, or sent to the bureau; None for what goes with every package."""
    audit_id: int | None
    """The audit that it belongs to; None for what goes with every package."""
    found: Found | None
    """The signature that it stands for; None for a draft."""
    replaced: bool = False
    """Whether it is of a package in whose place a correction was sent since."""


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
        return _script(db, digest) or _exported(db, actor, digest) or _in_package(db, actor, digest)


def _script(db: Session, digest: str) -> KnownFile | None:
    """Know a script of today, or of any package: the same bytes go with everybody's, so it tells of no audit."""
    of_today = {hashlib.sha256(script.read_bytes()).hexdigest(): script.name for script in SCRIPTS}
    name = of_today.get(digest) or db.scalar(
        select(PackagePart.path)
        .where(
            PackagePart.sha256 == digest, PackagePart.path.in_([script.name for script in SCRIPTS])
        )
        .limit(1)
    )
    if name is None:
        return None
    return KnownFile(digest, f"附於每份函送資料的檢核程式「{name}」", None, None, None)


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
    """Find a whole package, its list, or a file in one; of several packages the newest, which is in force."""
    row = db.execute(
        select(AuditPackage, PackagePart.path)
        .outerjoin(
            PackagePart,
            and_(PackagePart.package_id == AuditPackage.id, PackagePart.sha256 == digest),
        )
        .where(
            or_(
                PackagePart.id.is_not(None),
                AuditPackage.zip_sha256 == digest,
                AuditPackage.manifest_sha256 == digest,
            )
        )
        .order_by(AuditPackage.id.desc(), PackagePart.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    package, path = row[0], row[1] or ""
    newest = db.scalar(
        select(func.max(AuditPackage.number)).where(AuditPackage.audit_id == package.audit_id)
    )
    of = f"（第 {package.number} 次函送）" if newest and newest > 1 else ""
    if package.manifest_sha256 == digest:
        path = MANIFEST
    what = f"函送地政局的檔案「{path}」{of}" if path else f"函送地政局的資料（ZIP）{of}"
    about = about_part(package.manifest, path)
    audit_id = about["audit_id"]
    found = _signature(db, actor, audit_id, about["content_hash"])
    replaced = package.number != newest
    return KnownFile(digest, what, package.sent_at, audit_id, found, replaced)


def _signature(db: Session, actor: Actor, audit_id: int, signed: str) -> Found | None:
    if not signed:
        return None
    where = and_(Signature.audit_id == audit_id, Signature.content_hash == signed)
    return find_signed(db, actor, where)
