"""Makes the files of a package one at a time, into a folder that is gone afterwards."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from data.models import Audit
from services.audits import verify_package
from services.audits.evidence.in_force import content_of, evidence_of
from services.audits.export import draw_zip
from services.audits.forms.exporting import form_file
from services.audits.forms.facts import ActFact, AuditFacts
from services.audits.forms.gathering import facts_of
from services.audits.forms.signed import held_by_audit
from services.audits.package.manifest import Letter, Made, about_audit, mark_of, safe_name
from services.documents.formats import FileFormat
from services.regulation.audit_kinds import AuditKind

AGENCY, UNITS = "機關稽核", "單位稽核"
_TITLES: dict[AuditKind, str] = {
    AuditKind.AGENCY: "附件三_機關稽核紀錄表",
    AuditKind.UNIT: "附件二_單位稽核紀錄表",
    AuditKind.SUPPLEMENT: "附件二_單位補充稽核紀錄表",
}
RECORDS = "稽核紀錄明細"
SCRIPTS = tuple(Path(verify_package.__file__).with_name(name) for name in verify_package.SCRIPTS)
"""What checks the package as a stranger: the whole, the audits, their draws, the proofs of those."""
DRAW, EVIDENCE = "抽樣.zip", "佐證"


class Builder:
    """Makes the files of one package and remembers what they are."""

    def __init__(self, folder: Path, moment: datetime) -> None:
        self._folder, self._moment = folder, moment
        self.made: list[Made] = []
        self.audits: list[dict[str, Any]] = []

    def agency(self, db: Session, audit: Audit, letter: Letter) -> AuditFacts:
        """Make the files of the agency's audit; its record already bears the letter it goes with."""
        sent = ActFact(letter.by, letter.at, "", letter.number, letter.day)
        facts = replace(facts_of(db, audit), sent=sent)
        self._add(db, audit, facts, AGENCY)
        return facts

    def unit(self, db: Session, audit: Audit) -> None:
        """Make the files of one unit audit."""
        facts = facts_of(db, audit)
        place = f"{safe_name(facts.unit_code)}_{facts.period}{mark_of(audit.id)}"
        self._add(db, audit, facts, f"{UNITS}/{place}")

    def _add(self, db: Session, audit: Audit, facts: AuditFacts, place: str) -> None:
        self.audits.append(about_audit(facts, place))
        title = _TITLES[facts.kind]
        for kind, name in (
            (FileFormat.PDF, title),
            (FileFormat.ODT, title),
            (FileFormat.ODS, RECORDS),
        ):
            self._write(f"{place}/{name}.{kind.value}", form_file(facts, kind, self._moment))
        if facts.draws:
            self._write(f"{place}/{DRAW}", draw_zip(db, audit))
        for file in evidence_of(db, [audit.id]):
            path = f"{place}/{EVIDENCE}/{file.id}_{safe_name(file.file_name)}"
            self.made.append(Made(path, file.sha256, file.size, evidence_id=file.id))

    def scripts(self) -> None:
        """Put in what checks the package, as it is on the day of the sending."""
        for script in SCRIPTS:
            self._write(script.name, script.read_bytes())

    def parts(self, db: Session) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of every file in the order of their paths, one in memory at a time."""
        for one in sorted(self.made, key=lambda one: one.path):
            if one.file is not None:
                yield one.path, one.file.read_bytes()
            elif one.evidence_id is not None:
                yield one.path, content_of(db, one.evidence_id) or b""

    def _write(self, path: str, content: bytes) -> None:
        file = self._folder / str(len(self.made))
        file.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        self.made.append(Made(path, digest, len(content), file))


def fingerprint(db: Session, audits: Sequence[Audit]) -> tuple[Any, ...]:
    """Return what must not change between the making of the files and the sending."""
    return tuple(_state(db, audits))


def _state(db: Session, audits: Sequence[Audit]) -> Iterator[Any]:
    held = held_by_audit(db, audits)
    for audit in audits:
        yield audit.id, audit.status, [one.id for one in held[audit.id]]
    yield [file.id for file in evidence_of(db, [audit.id for audit in audits])]
