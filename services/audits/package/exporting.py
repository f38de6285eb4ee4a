"""A sent package as one ZIP: the same bytes every time, and nothing that is not what was sent."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Audit, AuditPackage, PackagePart
from services import events
from services.actor import Actor
from services.audits import store
from services.audits.evidence.in_force import content_of
from services.audits.package.completeness import missing_parts
from services.audits.package.correcting import packages_of
from services.audits.package.manifest import MANIFEST, manifest_hash
from services.audits.package.zipping import Altered, write_zip
from services.errors import Conflict, NotFound
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.installation.alerts import alert

WHOLE = "整份檔案"


@guarded(Action.VIEW_AUDIT)
def export_package(actor: Actor, audit_id: int, number: int | None = None) -> bytes:
    """Return the package in force of a sent agency audit as a ZIP, or its ``number``; the export is recorded.

    Raises Conflict before the audit is sent, with what is still missing; and, after an event and an alert, when a part is not what
    was sent: then nothing leaves.
    """
    content, fault = b"", ""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        packages = packages_of(db, audit.id)
        if not packages:
            raise Conflict(f"這件稽核還沒有函送，沒有函送資料可下載。{_what_is_missing(db, audit)}")
        package = next((one for one in packages if number in (None, one.number)), None)
        if package is None:
            raise NotFound(f"這件稽核沒有第 {number} 次函送的資料。")
        number, manifest_sha256 = package.number, package.manifest_sha256
        try:
            content = _zip(db, package)
        except Altered as altered:
            fault = str(altered)
    with transaction() as db:
        events.write(
            db,
            actor,
            EventType.PACKAGE_EXPORTED,
            about=("audit", audit_id),
            outcome="fault" if fault else "done",
            package=number,
            manifest_sha256=manifest_sha256,
        )
    if fault:
        alert(f"稽核 {audit_id} 的函送資料與函送時的雜湊值不符：{fault}")
        raise Conflict(
            f"函送資料中的「{fault}」與函送時的雜湊值不符，可能遭到更動，不予提供；已通知系統維運人員。"
        )
    return content


def described(audit_id: int, content: bytes) -> dict[str, Any]:
    """Return what ``manage.py package --json`` prints of an exported package."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    sha256 = hashlib.sha256(content).hexdigest()
    return {"audit": audit_id, "files": len(manifest["files"]), "sha256": sha256}


def _what_is_missing(db: Session, audit: Audit) -> str:
    if missing := missing_parts(db, audit):
        return f"尚缺 {len(missing)} 項：{''.join(missing)}"
    return "資料已備齊，可以函送。"


def _zip(db: Session, package: AuditPackage) -> bytes:
    if manifest_hash(package.manifest) != package.manifest_sha256:
        raise Altered(MANIFEST)
    buffer = io.BytesIO()
    write_zip(buffer, package.manifest, package.sent_at, _parts(db, package.id))
    content = buffer.getvalue()
    if package.zip_sha256 not in ("", hashlib.sha256(content).hexdigest()):
        raise Altered(WHOLE)
    return content


def _parts(db: Session, package_id: int) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every part in the order of their paths, one in memory at a time."""
    rows = db.execute(
        select(PackagePart.id, PackagePart.path, PackagePart.evidence_id).where(
            PackagePart.package_id == package_id
        )
    ).all()
    for id_, path, evidence_id in sorted(rows, key=lambda row: row.path):
        if evidence_id is None:
            content = db.scalar(select(PackagePart.content).where(PackagePart.id == id_))
        else:
            content = content_of(db, evidence_id)
        if content is None:
            raise Altered(path)
        yield path, content
