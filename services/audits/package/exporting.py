"""A sent package as one ZIP: the same bytes every time, and nothing that is not what was sent."""

import hashlib
import io
import zipfile
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import AuditPackage, PackagePart
from services import events
from services.actor import Actor
from services.audits import store
from services.audits.evidence.in_force import content_of
from services.audits.package.manifest import MANIFEST, SUMS, manifest_bytes, manifest_hash, sums
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.installation.alerts import alert
from services.rocdate import taipei


class _Altered(Exception):
    """Which part of a package is not what was sent."""


@guarded(Action.VIEW_AUDIT)
def export_package(actor: Actor, audit_id: int) -> bytes:
    """Return the package of a sent agency audit as a ZIP; the export is recorded.

    Raises Conflict before the audit is sent; and, after an event and an alert, when a part is not what
    was sent: then nothing leaves.
    """
    content, fault = b"", ""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        package = db.scalar(select(AuditPackage).where(AuditPackage.audit_id == audit.id))
        if package is None:
            raise Conflict("這件稽核還沒有函送，沒有函送資料可下載。")
        manifest_sha256 = package.manifest_sha256
        try:
            content = _zip(db, package)
        except _Altered as altered:
            fault = str(altered)
    with transaction() as db:
        events.write(
            db,
            actor,
            EventType.PACKAGE_EXPORTED,
            about=("audit", audit_id),
            outcome="fault" if fault else "done",
            manifest_sha256=manifest_sha256,
        )
    if fault:
        alert(f"稽核 {audit_id} 的函送資料與函送時的雜湊值不符：{fault}")
        raise Conflict(
            f"函送資料中的「{fault}」與函送時的雜湊值不符，可能遭到更動，不予提供；已通知系統維運人員。"
        )
    return content


def _zip(db: Session, package: AuditPackage) -> bytes:
    manifest = package.manifest
    if manifest_hash(manifest) != package.manifest_sha256:
        raise _Altered(MANIFEST)
    listed = {one["path"]: one["sha256"] for one in manifest["files"]}
    buffer = io.BytesIO()
    stamp = taipei(package.sent_at).timetuple()[:6]
    with zipfile.ZipFile(buffer, "w") as archive:
        # Stored, not packed: nearly all of it is packed already, and no library decides on the bytes.
        for path, content in (
            (MANIFEST, manifest_bytes(manifest)),
            (SUMS, sums(manifest)),
        ):
            archive.writestr(zipfile.ZipInfo(path, stamp), content)
        for path, content in _parts(db, package.id):
            if listed.pop(path, None) != hashlib.sha256(content).hexdigest():
                raise _Altered(path)
            archive.writestr(zipfile.ZipInfo(path, stamp), content)
    if listed:
        raise _Altered(min(listed))
    return buffer.getvalue()


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
            raise _Altered(path)
        yield path, content
