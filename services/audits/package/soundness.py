"""Reads every evidence file of a package before it goes (7.1.2: 等資料影本).

A package is sent once and holds each file by its hash alone. A file that nobody can read any more
would be in its list for good, and no part of the package could leave again (`exporting`).
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from data.models import Audit, Evidence
from services.audits.evidence.in_force import evidence_of
from services.audits.evidence.viewing import sound_content
from services.errors import Conflict
from services.installation.alerts import alert


def require_sound_evidence(db: Session, audits: Sequence[Audit]) -> None:
    """Hold every file in force against its hash, one in memory at a time.

    Raises Conflict, after an alert, with every file that is gone, cannot be decrypted, or is not what
    was taken in.
    """
    files = evidence_of(db, [audit.id for audit in audits])
    if bad := [file for file in files if sound_content(db, file) is None]:
        numbers = ",".join(str(file.id) for file in bad)
        alert("evidence of an audit to be sent cannot be read or was altered", evidence=numbers)
        raise Conflict(
            f"還不能函送，有 {len(bad)} 個佐證資料的內容無法解密，或與加入時的雜湊值不符："
            f"{'、'.join(map(_named, bad))}。沒有函送任何資料；已通知系統維運人員。"
        )


def _named(file: Evidence) -> str:
    return f"「{file.file_name}」（編號 {file.id}，稽核 {file.audit_id}）"
