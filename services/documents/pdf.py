"""A paper as PDF/A-2a (for keeping, and for screen readers), set by Typst from `paper.typ`."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from unicodedata import category

import typst

from services.documents.paper import Facts, Field, Paper, Part, printable
from services.documents.qr_codes import qr_svg
from services.errors import Conflict

FONT = "Noto Serif CJK TC"
NO_GLYPH = "〓"
"""Stands, as printers have it, for a character that no font on this machine has."""
NO_FONT = (
    f"本主機沒有中文字型「{FONT}」，無法製作 PDF；"
    "請系統維運安裝 Debian 套件 fonts-noto-cjk，或改用 ODT。"
)
_TEMPLATE = Path(__file__).with_name("paper.typ")
_NOT_SHOWN = re.compile(
    r'(?:the text|the PDF contains the codepoint) `"(.+?)"`(?: could not be displayed|$)',
    re.DOTALL | re.MULTILINE,
)
"""What Typst says: no font has the character, or only one with a sign of its own in its place."""


def pdf_bytes(paper: Paper, moment: datetime) -> bytes:
    """Return the paper as PDF, the same bytes for the same paper and ``moment``.

    A character without a glyph becomes 〓. Raises Conflict when the machine lacks the Chinese font.
    """
    data = paper_data(paper)
    stamp = int(moment.timestamp())
    while True:
        try:
            return _archived(typesetting(data), timestamp=stamp)
        except typst.TypstError:
            there = _characters(data) - {NO_GLYPH}
            # No font has them, or else a mark cannot be set upon its letter; or else it is our own fault.
            unknown = _without_glyph(there) or _marks(there)
            if not unknown:
                raise
            data = _each_text(data, partial(_marked, unknown))


def _archived(call: dict[str, Any], **more: Any) -> bytes:
    done: bytes = typst.compile(**call, **more, pdf_standards="a-2a")
    return done


def paper_data(paper: Paper) -> dict[str, Any]:
    """Return what the template reads: the paper's texts, fit to print, and its QR code drawn."""
    data: dict[str, Any] = _each_text(asdict(paper), printable)
    data["parts"] = [_part_data(part) for part in paper.parts]
    code = paper.qr_code
    data["qr"] = code and {
        "svg": qr_svg(code.content).decode(),
        "caption": printable(code.caption),
    }
    data["font"] = FONT
    return data


def typesetting(data: dict[str, Any]) -> dict[str, Any]:
    """Return what Typst is called with: the fixed template, and the data beside it."""
    fonts = _fonts()
    if FONT not in fonts.families():
        raise Conflict(NO_FONT)
    return {
        "input": _TEMPLATE.read_bytes(),
        "sys_inputs": {"paper": json.dumps(data)},
        "font_paths": fonts,
        "ignore_system_fonts": True,  # they are in `fonts` already, looked up once
    }


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)


def _part_data(part: Part) -> dict[str, Any]:
    data: dict[str, Any] = asdict(part)
    if isinstance(part, Facts):
        data["lines"] = [[_field_data(field) for field in line] for line in part.lines]
    data = _each_text(data, printable)
    return data | {"type": type(part).__name__}


def _field_data(field: Field) -> dict[str, Any]:
    return asdict(field) | {"choices": [choice.label for choice in field.choices]}


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Return ``value`` with every text in it changed; the names of things stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _each_text(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(inner, change) for inner in value]
    return value


# --- characters without a glyph -------------------------------------------------------------------

_PROBE = b"""#let probe = json(bytes(sys.inputs.paper))
#set text(font: probe.font)
#for character in probe.characters [#box(character) ]"""


def _without_glyph(characters: frozenset[str]) -> frozenset[str]:
    """Return which of the characters cannot be shown: on a page that costs little to try again."""
    # Marks, blanks and line breaks show nothing by themselves.
    alone = left = frozenset(
        letter
        for letter in characters
        if category(letter) != "Cc" and category(letter)[0] not in "MZ"
    )
    while True:
        data = {"font": FONT, "characters": sorted(left)}
        try:
            _archived(typesetting(data) | {"input": _PROBE})
            return alone - left
        except typst.TypstError as error:
            unknown = _named(error) & left
            if not unknown:
                return alone - left
            left -= unknown


def _named(error: typst.TypstError) -> frozenset[str]:
    """Return the characters that Typst says it cannot show."""
    found = _NOT_SHOWN.search(error.message)
    text = found[1] if found else ""
    return frozenset(re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), text))


def _marks(characters: Iterable[str]) -> frozenset[str]:
    """Return those that are set upon the letter before them, tones of colour included."""
    return frozenset(
        each
        for each in characters
        if category(each)[0] == "M" or (category(each) == "Sk" and each > "~")
    )


def _characters(data: dict[str, Any]) -> frozenset[str]:
    return frozenset(json.dumps(data, ensure_ascii=False))


def _marked(unknown: frozenset[str], text: str) -> str:
    return "".join(NO_GLYPH if character in unknown else character for character in text)
