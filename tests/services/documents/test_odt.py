"""Papers as ODT: the parts of the file parsed as XML, the QR code read from its picture."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from services.documents.odt import odt_bytes
from services.documents.paper import Paper, QrCode
from tests.reading_odf import paragraphs
from tests.reading_pdf import read_code, squeezed
from tests.services.documents.samples import HOSTILE, LINK, NOW, TIMES, UNFIT, paper_of

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"


def part(content: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return ElementTree.fromstring(file.read(name))


def words_of(element: ElementTree.Element) -> str:
    """Return the text as it is shown: repeated blanks and line breaks are elements in ODF."""
    if element.tag in (f"{TEXT}s", f"{TEXT}line-break", f"{TEXT}tab"):
        return " " + (element.tail or "")
    inner = "".join(words_of(child) for child in element)
    return (element.text or "") + inner + (element.tail or "")


def shown(paper: Paper) -> str:
    content = odt_bytes(paper, NOW)
    return squeezed(words_of(part(content, "content.xml")) + words_of(part(content, "styles.xml")))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_comes_out_as_text_everywhere(words: str) -> None:
    everything = shown(paper_of(words))
    # In the header and the footer too; the number stands before the footer's words.
    assert everything.count(squeezed(words)) >= TIMES + 1
    tags = {element.tag for element in part(odt_bytes(paper_of(words), NOW), "content.xml").iter()}
    assert not {tag for tag in tags if "script" in tag.lower() or tag[-2:] == "}a"}


@pytest.mark.parametrize(("text", "left"), UNFIT.items())
def test_what_has_no_place_on_paper_is_not_written(text: str, left: str) -> None:
    everything = shown(paper_of(f"前{text}後"))
    assert everything.count(f"前{squeezed(left)}後") >= TIMES + 1


def test_the_structure_is_that_of_the_paper() -> None:
    paper = paper_of("字")
    body = part(odt_bytes(paper, NOW), "content.xml")
    heading = next(body.iter(f"{TEXT}h"))
    assert words_of(heading) == "字"
    names = [table.get(f"{TABLE}name") for table in body.iter(f"{TABLE}table")]
    assert names == ["Head1", "Facts2", "Table3", "Signatures4"]
    for table in body.iter(f"{TABLE}table"):
        columns = len(list(table.iter(f"{TABLE}table-column")))
        for row in table.iter(f"{TABLE}table-row"):
            cells = [
                cell
                for cell in row
                if cell.tag in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
            ]
            assert len(cells) == len(list(row)) == columns, "covered cells are written too"
    (heading_row,) = body.iter(f"{TABLE}table-header-rows")
    assert squeezed(words_of(heading_row)) == "字乙"


def test_every_style_that_is_used_is_there() -> None:
    content = odt_bytes(paper_of("字"), NOW)
    trees = [part(content, name) for name in ("content.xml", "styles.xml")]
    made = {style.get(f"{STYLE}name") for tree in trees for style in tree.iter(f"{STYLE}style")}
    used = {
        value
        for tree in trees
        for element in tree.iter()
        for name, value in element.attrib.items()
        if name.endswith("}style-name") and not name.startswith(STYLE)
    }
    assert used <= made and len(used) > 15


def test_a_paper_on_its_side_is_as_wide_as_it_says() -> None:
    for lying in (False, True):
        paper = replace(paper_of("字"), landscape=lying)
        content = odt_bytes(paper, NOW)
        layouts = part(content, "styles.xml").iter(f"{STYLE}page-layout-properties")
        (layout,) = [dict(one.attrib) for one in layouts]
        named = {name.split("}")[1]: value for name, value in layout.items()}
        assert named["page-width"] == ("297mm" if lying else "210mm")
        assert named["print-orientation"] == ("landscape" if lying else "portrait")
        margins = sum(
            float(named[side].removesuffix("mm")) for side in ("margin-left", "margin-right")
        )
        width = float(named["page-width"].removesuffix("mm")) - margins
        body = part(content, "content.xml")
        tables = {
            style.get(f"{STYLE}name"): dict(next(iter(style)).attrib)
            for style in body.iter(f"{STYLE}style")
            if style.get(f"{STYLE}family") == "table"
        }
        assert any(f"{width:.0f}mm" in look.values() for look in tables.values())


def test_pages_are_numbered_and_bear_the_watermark() -> None:
    styles = part(odt_bytes(paper_of("浮水印"), NOW), "styles.xml")
    (footer,) = styles.iter(f"{STYLE}footer")
    tags = [element.tag for element in footer.iter()]
    assert f"{TEXT}page-number" in tags and f"{TEXT}page-count" in tags
    (header,) = styles.iter(f"{STYLE}header")
    assert words_of(header).count("浮水印") == 3
    bare = part(odt_bytes(replace(paper_of("字"), watermark=""), NOW), "styles.xml")
    assert not list(bare.iter(f"{STYLE}header"))


@pytest.mark.parametrize("content", [LINK, "A115-000123"])
def test_the_qr_code_is_a_picture_and_says_what_it_should(content: str) -> None:
    written = odt_bytes(Paper("題", (), qr_code=QrCode(content, "掃描")), NOW)
    with zipfile.ZipFile(io.BytesIO(written)) as file:
        pixels = np.array(Image.open(io.BytesIO(file.read("Pictures/qr.png"))).convert("L"))
        assert b"Pictures/qr.png" in file.read("META-INF/manifest.xml")
    assert read_code(pixels) == content
    bare = odt_bytes(Paper("題", ()), NOW)
    assert b"qr.png" not in bare


def test_the_same_paper_and_moment_make_the_same_bytes() -> None:
    paper = paper_of("陳怡伶")
    first = odt_bytes(paper, NOW)
    odt_bytes(paper_of("別的"), NOW)
    assert first == odt_bytes(paper, NOW)
    assert first != odt_bytes(paper, NOW + timedelta(seconds=2))


def test_it_is_a_file_as_odf_asks_and_other_programs_open_it() -> None:
    content = odt_bytes(paper_of("陳怡伶"), NOW)
    assert content[30:38] == b"mimetype"
    assert content[38:77] == b"application/vnd.oasis.opendocument.text"
    assert "陳怡伶" in paragraphs(content)
    meta = part(content, "meta.xml")
    assert "陳怡伶" in words_of(meta) and re.search(r"2026-11-24T11:00:00", words_of(meta))
