"""Papers as PDF: read back by a reader of our own, from the drawn text and lines."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from services.documents import pdf
from services.documents.paper import Align, Column, Line, Paper, QrCode, Table, printable
from services.documents.pdf import NO_GLYPH, pdf_bytes
from services.errors import Conflict
from tests.reading_pdf import Pdf, read_strokes, squeezed
from tests.services.documents.samples import HOSTILE, LINK, NOW, TIMES, UNFIT, drawn, paper_of


def read(paper: Paper) -> Pdf:
    return Pdf(pdf_bytes(paper, NOW))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_comes_out_as_text_everywhere(words: str) -> None:
    shown = read(paper_of(words)).text
    assert min(shown.count(piece) for piece in drawn(words)) >= TIMES


@pytest.mark.parametrize(("text", "left"), UNFIT.items())
def test_what_has_no_place_on_paper_is_not_drawn(text: str, left: str) -> None:
    shown = read(Paper("題", (Line(f"前{text}後"),))).text
    assert squeezed(printable(f"前{text}後")) in shown
    assert squeezed(left)


PLAIN = st.text(st.sampled_from("#$*_`@<>/\\\"'{}[]()=+-.~^&%,;:!? \n字陳abcXYZ019"), max_size=40)


@settings(max_examples=60, deadline=None)
@given(PLAIN)
def test_no_signs_are_markup(text: str) -> None:
    shown = read(Paper("題", (Line(f"前{text}後"),))).text
    assert squeezed(f"前{text}後") in shown


def test_a_paper_can_lie_on_its_side() -> None:
    for paper, page in (
        (paper_of("字"), (595, 842)),
        (replace(paper_of("字"), landscape=True), (842, 595)),
    ):
        found = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", pdf_bytes(paper, NOW))
        assert {(round(float(w)), round(float(h))) for w, h in found} == {page}


def test_pages_are_numbered_and_headings_and_watermark_come_again() -> None:
    rows = tuple((str(number), f"第{number}列") for number in range(90))
    table = Table((Column("序", align=Align.CENTER), Column("內容的標題", 4)), rows)
    found = read(Paper("長表", (table,), number="R-7", footer="頁尾", watermark="浮水印A7"))
    assert len(found.pages) > 1
    for number, page in enumerate(found.pages, 1):
        shown = squeezed(page.text)
        assert f"第{number}頁，共{len(found.pages)}頁" in shown
        assert "R-7頁尾" in shown and "內容的標題" in shown
        assert shown.count("浮水印A7") >= 8
    assert all(f"第{number}列" in found.text for number in range(90))
    bare = read(Paper("長表", (table,)))
    assert "浮水印" not in bare.text


@pytest.mark.parametrize("content", [LINK, "A115-000123"])
def test_the_qr_code_is_lines_and_says_what_it_should(content: str) -> None:
    found = read(Paper("題", (), qr_code=QrCode(content, "掃描")))
    assert read_strokes(found.pages[0]) == content
    assert "掃描" in found.text


def test_the_same_paper_and_moment_make_the_same_bytes() -> None:
    paper = paper_of("陳怡伶")
    first = pdf_bytes(paper, NOW)
    assert first == pdf_bytes(paper, NOW)
    assert first != pdf_bytes(paper, NOW + timedelta(seconds=1))
    assert first != pdf_bytes(replace(paper, number="別的"), NOW)


def test_it_is_made_for_keeping_and_for_reading_aloud() -> None:
    content = pdf_bytes(paper_of("陳怡伶"), NOW)
    assert b'pdfaid:part="2"' in content or b"<pdfaid:part>2</pdfaid:part>" in content
    assert b"/Lang(zh-TW)" in content and b"/StructTreeRoot" in content
    assert b"/JavaScript" not in content and b"/URI" not in content


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("陳\ue000玉", "陳〓玉"),
        ("\ue000\uf8ff", "〓〓"),
        ('"\ue001"\\', '"〓"\\'),
        ("a\uf000b", "a〓b"),  # some font has a sign of its own there
        ("\U00012000\U00012001", "〓〓"),
        ("\u0301\u0302x", "〓〓x"),  # marks with nothing to stand on
        ("".join(chr(0xE000 + number) for number in range(60)), "〓" * 60),
        ("e\u0301", "e\u0301"),
    ],
)
def test_a_character_that_no_font_has_is_printed_as_the_printers_mark(
    name: str, printed: str
) -> None:
    shown = read(Paper("題", (Line(f"前{name}後"), Line("陳怡伶")))).text
    assert f"前{printed}後" in shown and "陳怡伶" in shown
    assert shown.count(NO_GLYPH) == printed.count(NO_GLYPH)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12))
def test_whatever_is_typed_the_rest_of_the_paper_is_printed(text: str) -> None:
    shown = read(Paper("題", (Line("前"), Line(text), Line("後")))).text
    assert re.fullmatch("題前.*後第1頁，共1頁", shown, re.DOTALL)


def test_without_the_chinese_font_there_is_a_sentence_and_no_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    none = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    monkeypatch.setattr(pdf, "_fonts", lambda: none)
    with pytest.raises(Conflict, match=r"沒有中文字型.*fonts-noto-cjk.*ODT。"):
        pdf_bytes(paper_of("陳怡伶"), NOW)
