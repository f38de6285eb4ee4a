"""The ODT of both forms opened in LibreOffice: what it shows is what the record says."""

from pathlib import Path

import pytest

from services.audits.forms.exporting import export_form
from services.documents.formats import FileFormat
from tests.reading_office import opened_text
from tests.reading_pdf import squeezed
from tests.services.audits.forms.test_forms import (
    CASES,
    Case,
    facts,
    record_words,
    traces,
)
from tests.world import World


@pytest.mark.parametrize("name", ["normal", "agency", "draft"])
def test_libreoffice_shows_every_field(world: World, tmp_path: Path, name: str) -> None:
    case: Case = CASES[name](world)
    held = facts(case.audit_id)
    content = export_form(world.actor("reviewer"), case.audit_id, FileFormat.ODT)
    found = opened_text(content, tmp_path)
    for words in (*case.words, *traces(held), *record_words(held), held.sentence):
        assert squeezed(words) in found, words
    for words in case.absent:
        assert squeezed(words) not in found, words
