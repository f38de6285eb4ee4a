"""Reads ODT and ODS: the paragraphs and the cells, as odfdo finds them in a file."""

import io

from odfdo import Document, Element


def paragraphs(content: bytes) -> list[str]:
    """Return the text of every paragraph and heading of the body."""
    return [one.text_recursive for one in _elements(content, "text:p", "text:h")]


def cells(content: bytes) -> list[str]:
    """Return the text of every cell; none may be a formula."""
    found = _elements(content, "table:table-cell")
    assert not [cell for cell in found if cell.get_attribute("table:formula")]
    return [cell.text_recursive.removesuffix("\n") for cell in found]


def _elements(content: bytes, *tags: str) -> list[Element]:
    body = Document(io.BytesIO(content)).body
    return [one for tag in tags for one in body.get_elements(f"descendant::{tag}")]
