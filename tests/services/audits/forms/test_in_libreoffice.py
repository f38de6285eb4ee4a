"""The ODT of both forms opened in LibreOffice: what it shows is what the record says."""

from pathlib import Path

from services.audits.forms.exporting import export_form
from services.audits.forms.facts import AuditFacts
from services.documents.formats import FileFormat
from tests.reading_office import opened_texts
from tests.reading_pdf import squeezed
from tests.services.audits.forms.test_forms import (
    CASES,
    Case,
    facts,
    record_words,
    traces,
)
from tests.staged import Stage
from tests.world import build_world


def test_libreoffice_shows_every_field(stage: Stage, tmp_path: Path) -> None:
    wanted: dict[str, tuple[Case, AuditFacts]] = {}
    papers = {}
    for name in ("normal", "agency", "draft"):
        world = stage.set(build_world)
        case = stage.add(world, CASES[name])
        wanted[name] = case, facts(case.audit_id)
        papers[name] = export_form(world.actor("reviewer"), case.audit_id, FileFormat.ODT)
    for name, found in opened_texts(papers, tmp_path).items():
        case, held = wanted[name]
        for words in (*case.words, *traces(held), *record_words(held), held.sentence):
            assert squeezed(words) in found, (name, words)
        for words in case.absent:
            assert squeezed(words) not in found, (name, words)
