"""The signed record as a file: the same lines in every format, each leaving on record."""

import csv
import io
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from services.documents.formats import FileFormat
from services.regulation.access_review import Choice
from services.reviews.closing import close_review
from services.reviews.record import COLUMNS, signed_record
from services.reviews.record_paper import export_record, record_file
from services.reviews.view import view_review
from tests.reading_odf import paragraphs
from tests.reading_pdf import Pdf, read_code, squeezed
from tests.services.reviews.helping import change, decide_all, events_of, opened
from tests.world import NOW, World

HOSTILE = '=cmd|#read("/etc/passwd")</text:p>'
_PAPERS = (FileFormat.PDF, FileFormat.ODT)


def closed(world: World) -> int:
    """Return a closed review in which one is suspended, one cancelled, one called by hostile text."""
    change(world, "clerk", name=HOSTILE)
    campaign = opened(world)
    decide_all(world, campaign, clerk=Choice.SUSPEND, auditor=Choice.CANCEL)
    manager = world.actor("agency_manager")
    close_review(manager, campaign, view_review(manager, campaign).plan)
    return campaign


def text_of(content: bytes, kind: FileFormat) -> str:
    """Return what a reader of the file finds, without blanks."""
    if kind is FileFormat.PDF:
        return Pdf(content).text
    if kind is FileFormat.CSV:
        return squeezed("".join("".join(row) for row in csv.reader(io.StringIO(content.decode()))))
    return squeezed("".join(paragraphs(content)))


@pytest.mark.parametrize("kind", FileFormat)
def test_every_format_holds_every_line_whole(world: World, kind: FileFormat) -> None:
    campaign = closed(world)
    record = signed_record(world.actor("reviewer"), campaign)
    found = text_of(export_record(world.actor("reviewer"), campaign, kind), kind)
    for line, row in zip(record.content["lines"], record.rows, strict=True):
        cells = dict(zip(COLUMNS, row, strict=True))
        for cell in (line["seen"]["username"], cells["員工編號"], cells["建議理由"], cells["辦理結果"]):  # fmt: skip
            assert squeezed(cell) in found
    assert squeezed(HOSTILE) in found
    (event,) = events_of("table_exported")
    assert event.detail == {"rows": 9, "total": 9, "format": kind.value}
    assert (event.object_type, event.object_id) == ("campaign", str(campaign))


@pytest.mark.parametrize("kind", [*_PAPERS, FileFormat.ODS])
def test_it_says_whose_review_it_was_and_what_it_came_to(world: World, kind: FileFormat) -> None:
    campaign = closed(world)
    record = signed_record(world.actor("reviewer"), campaign)
    found = text_of(export_record(world.actor("agency_manager"), campaign, kind), kind)
    wanted = (
        record.content["agency"]["name"],
        "保留7個、減列項目0個、停權1個、註銷1個",
        "115年5月23日至115年11月22日",
        "測試006（agency_manager）",
        record.content_hash,
    )
    for words in wanted:
        assert squeezed(words) in found, words


@pytest.mark.parametrize("kind", _PAPERS)
def test_the_paper_has_places_to_sign(world: World, kind: FileFormat) -> None:
    campaign = closed(world)
    found = text_of(export_record(world.actor("agency_manager"), campaign, kind), kind)
    for words in ("簽章欄", "機關首長", "第六點（二）"):
        assert words in found


def test_the_code_on_the_paper_is_the_hash(world: World) -> None:
    campaign = closed(world)
    record = signed_record(world.actor("reviewer"), campaign)
    content = record_file(record, FileFormat.ODT, NOW)
    with ZipFile(io.BytesIO(content)) as file, file.open("Pictures/qr.png") as picture:
        assert read_code(np.array(Image.open(picture).convert("L"))) == record.content_hash


def test_a_hundred_lines_stand_whole_on_lying_pages_under_their_heading(world: World) -> None:
    record = signed_record(world.actor("reviewer"), closed(world))
    many = type(record)(
        record.content | {"lines": record.content["lines"] * 11},
        record.content_hash,
        record.rows * 11,
    )
    content = record_file(many, FileFormat.PDF, NOW)
    pages = Pdf(content).pages
    assert len(pages) > 5
    assert content.count(b"/MediaBox[0 0 841.8898 595.2756]") == len(pages)
    with_lines = [squeezed(page.text) for page in pages if "使用中" in squeezed(page.text)]
    assert len(with_lines) > 5
    assert all("員工編號" in page for page in with_lines)
    for number, page in enumerate(pages, 1):
        assert squeezed(f"第 {number} 頁，共 {len(pages)} 頁") in squeezed(page.text)


@pytest.mark.parametrize("kind", FileFormat)
def test_the_same_record_makes_the_same_bytes(world: World, kind: FileFormat) -> None:
    record = signed_record(world.actor("reviewer"), closed(world))
    assert record_file(record, kind, NOW) == record_file(record, kind, NOW)
