"""The list of a package: every file with its hash and size, and the audits it is about."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from services.audits.forms.codes import short_code
from services.audits.forms.facts import AuditFacts
from services.audits.package.figures import figures_in_force, figures_of_audit
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
FORMAT = 2
"""Of manifest.json: 1 had no figures, no places of the audits and no scripts that check it."""
_NOT_IN_NAMES = re.compile(r"[^\w.\-]+")


@dataclass(frozen=True)
class Made:
    """One file of a package on its way in: its bytes in a file of ours, or evidence where it lies."""

    path: str
    sha256: str
    size: int
    file: Path | None = None
    evidence_id: int | None = None


@dataclass(frozen=True)
class Letter:
    """With which letter a package goes, when, and by whom."""

    number: str
    day: date
    at: datetime
    by: str


def mark_of(audit_id: int) -> str:
    """Return how the name of a unit audit's folder ends."""
    return f"_稽核-{audit_id}"


def about_audit(facts: AuditFacts, place: str) -> dict[str, Any]:
    """Return what the list says of one audit, whose files are in the folder ``place``."""
    return {
        "place": place,
        "audit_id": facts.audit_id,
        "kind": facts.kind.value,
        "unit": facts.unit_code,
        "period": str(facts.period),
        "frame_hash": facts.frame_hash,
        "content_hash": facts.content_hash,
        "code": short_code(facts.content_hash),
        "paper_sha256": _paper_hash(facts),
        "figures": figures_of_audit(facts),
    }


def _paper_hash(facts: AuditFacts) -> str:
    """Return the hash of everything that the papers say, but for the letter: whether a correction changes it."""
    said = asdict(replace(facts, sent=None, status=AuditStatus.SIGNED))
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def manifest_of(
    facts: AuditFacts, audits: Sequence[dict[str, Any]], letter: Letter, files: Iterable[Made]
) -> dict[str, Any]:
    """Return the list of a package; ``facts`` are those of the agency's audit of a half-year."""
    assert isinstance(facts.period, HalfYear)
    return {
        "format": FORMAT,
        "agency": {"code": facts.agency_code, "name": facts.agency},
        "period": str(facts.period),
        "number": 1,
        "replaces": None,
        "correction": None,
        "letter_no": letter.number,
        "letter_date": letter.day.isoformat(),
        "sent_at": letter.at.isoformat(),
        "sent_by": letter.by,
        "audits": list(audits),
        "regulation": {
            # A figure that changes within a half-year holds for one of its quarters alone.
            str(period): figures_in_force(period.last_day)
            for period in (*facts.period.quarters, facts.period)
        },
        "files": [
            {"path": one.path, "sha256": one.sha256, "size": one.size}
            for one in sorted(files, key=lambda one: one.path)
        ],
    }


def about_part(manifest: dict[str, Any], path: str) -> dict[str, Any]:
    """Return what a list says of the audit in whose folder ``path`` lies; of the agency's for what lies in no unit's."""
    # By the folder's name, which format 1 has too.
    own: dict[str, Any] = manifest["audits"][0]  # the agency's stands first
    of_units = manifest["audits"][1:]
    return next((one for one in of_units if f"{mark_of(one['audit_id'])}/" in path), own)


def manifest_bytes(manifest: dict[str, Any]) -> bytes:
    """Return the list as it stands in the package: one form only, whatever database kept it."""
    return json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1).encode()


def manifest_hash(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(manifest_bytes(manifest)).hexdigest()


def sums(manifest: dict[str, Any]) -> bytes:
    """Return the hashes as ``sha256sum -c`` reads them."""
    lines = (f"{one['sha256']}  {one['path']}\n" for one in manifest["files"])
    return "".join(lines).encode()


def safe_name(text: str) -> str:
    """Return a name that stays in its folder on every system."""
    return _NOT_IN_NAMES.sub("_", text).lstrip(".") or "_"
