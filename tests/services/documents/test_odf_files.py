"""Pieces of ODF: whatever text is put into one comes out of a parser as it was, blanks included."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.files import OPEN_DOCUMENTS, read_paper
from services.documents.odf_files import OdfFile, spaced, xml
from services.documents.paper import printable
from tests.reading_odf import cells, paragraphs
from tests.world import NOW

SPACE = 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'


def shown(element: ElementTree.Element) -> str:
    """Return the text as an office suite shows it."""
    name = element.tag.rpartition("}")[2]
    count = int(next(iter(element.attrib.values()), "1")) if name == "s" else 1
    own = {"s": " " * count, "tab": "\t", "line-break": "\n"}.get(name, element.text or "")
    return own + "".join(shown(child) + (child.tail or "") for child in element)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a b", "a b"),
        ("a  b", 'a <text:s text:c="1"/>b'),
        (" a ", '<text:s text:c="1"/>a<text:s text:c="1"/>'),
        ("a\tb\nc", "a<text:tab/>b<text:line-break/>c"),
        ("<&>\"'", "&lt;&amp;&gt;\"'"),
    ],
)
def test_blanks_are_elements_where_they_would_be_lost(text: str, written: str) -> None:
    assert spaced(text) == written


@given(st.text(st.sampled_from(" a\t\n<&\"'陳") | st.characters(codec="utf-8"), max_size=30))
def test_any_text_comes_out_of_a_piece_as_it_was(text: str) -> None:
    words = printable(text)
    named = words.replace("\n", " ").replace("\t", " ")  # a parser makes blanks of them
    piece = xml("text:p", {"title": named}, words, xml("text:tab"), words)
    read = ElementTree.fromstring(piece.replace("<text:p", f"<text:p {SPACE}", 1))
    assert shown(read) == f"{words}\t{words}"
    assert read.get("title") == named


def test_a_file_of_ours_is_one_that_people_may_hand_in() -> None:
    for file, name in ((OdfFile("text"), "a.odt"), (OdfFile("spreadsheet"), "a.ods")):
        cell = xml("table:table-cell", {}, xml("text:p", {}, "字"))
        file.body.append(xml("table:table", {}, xml("table:table-row", {}, cell)))
        content = file.written("題", NOW)
        assert read_paper(name, content, OPEN_DOCUMENTS).content == content
        assert paragraphs(content) == cells(content) == ["字"]
