"""What makes a package a correction: who asked, what kind, why, and that it differs from the one before it.

After a package is sent nothing is changed quietly (domain.md §7.8): the second one names the first.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import AuditPackage
from services.audits import store
from services.audits.words import CorrectionKind
from services.errors import Conflict, Invalid
from services.regulation.purpose import tidy

ASKED_MIN, ASKED_MAX = 2, 60


@dataclass(frozen=True)
class Correction:
    """Why a sent package is corrected."""

    kind: CorrectionKind
    asked_by: str
    """Who asked for it: the bureau by a letter, the agency itself …"""
    reason: str

    def checked(self) -> "Correction":
        """Return it tidied; raise Invalid for a reason or an asker that says nothing or too much."""
        asked_by = tidy(self.asked_by)
        if not ASKED_MIN <= len(asked_by) <= ASKED_MAX:
            raise Invalid(
                f"請填由誰要求更正，{ASKED_MIN} 至 {ASKED_MAX} 個字，例如：地政局來函、機關自行發現。"
            )
        return Correction(self.kind, asked_by, store.require_reason(self.reason, "更正的理由"))

    def as_dict(self) -> dict[str, str]:
        """Return it as the list of the package has it."""
        return asdict(self)


def packages_of(db: Session, audit_id: int) -> list[AuditPackage]:
    """Return every package of an audit, the one in force first."""
    return list(
        db.scalars(
            select(AuditPackage)
            .where(AuditPackage.audit_id == audit_id)
            .order_by(AuditPackage.number.desc())
        )
    )


def replaced(before: AuditPackage) -> dict[str, Any]:
    """Return how a list names the package that it takes the place of."""
    return {
        "number": before.number,
        "letter_no": before.letter_no,
        "manifest_sha256": before.manifest_sha256,
        "zip_sha256": before.zip_sha256,
    }


def require_difference(
    before: dict[str, Any], after: dict[str, Any], correction: Correction
) -> None:
    """Raise Conflict unless the list ``after`` differs from ``before``, and in what the kind says.

    Material is what was audited and found: audits, frames, signed content, evidence. Clerical is
    everything else that the papers say, and the letter. The moment of making counts for nothing.
    """
    material = _material(before) != _material(after)
    words = _words(before) != _words(after)
    letter = _letter(before) != _letter(after)
    if not (material or words or letter):
        raise Conflict("內容與目前有效的函送資料完全相同，沒有可更正的；未製作更正函送。")
    if correction.kind is CorrectionKind.CLERICAL and material:
        raise Conflict(
            "稽核、簽核內容或佐證資料與目前有效的函送資料不同，不只是文字；"
            f"請選「{CorrectionKind.MATERIAL.label}」。"
        )
    if correction.kind is CorrectionKind.MATERIAL and not (material or words):
        raise Conflict(
            "除公文外，內容與目前有效的函送資料完全相同，不是實質更正；"
            f"公文字號或日期有誤時，請選「{CorrectionKind.CLERICAL.label}」。"
        )


def _material(manifest: dict[str, Any]) -> tuple[Any, ...]:
    audits = {
        one["audit_id"]: (one["frame_hash"], one["content_hash"]) for one in manifest["audits"]
    }
    evidence = sorted(one["sha256"] for one in manifest["files"] if "/佐證/" in one["path"])
    return audits, evidence


def _words(manifest: dict[str, Any]) -> dict[int, str]:
    # A list of the first format has no hash of what the papers say: that it is another one is not known.
    return {one["audit_id"]: one.get("paper_sha256", "") for one in manifest["audits"]}


def _letter(manifest: dict[str, Any]) -> tuple[str, str]:
    return manifest["letter_no"], manifest["letter_date"]
