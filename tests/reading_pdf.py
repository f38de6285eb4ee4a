"""Reads what really stands in a PDF: the text that is drawn, and lines; no part of what made it.

Enough of ISO 32000 for files without object streams, with fonts of two-byte codes: pages in order, their
content, and the fonts' ToUnicode tables, by which every reader copies text.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import zxingcpp

_OBJECT = re.compile(rb"(?<!\d)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_TOKEN = re.compile(
    rb"/(\w+) [\d.]+ Tf|(\()|<([0-9A-Fa-f]*)>(?!>)|([-\d.]+) ([-\d.]+) (m|l)\b|\b(BT)\b"
)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Page:
    """What one page shows."""

    text: str
    """A line for every run of text."""
    strokes: tuple[tuple[float, float, float], ...]
    """Level strokes: where they begin (x, y), and how far they go."""


class Pdf:
    """One file, by the numbers of its objects."""

    def __init__(self, content: bytes) -> None:
        assert content.startswith(b"%PDF-1.")
        self.objects = {int(m[1]): m[2] for m in _OBJECT.finditer(content)}
        self.pages = tuple(self._page(page) for page in self._kids(self._root()))

    @property
    def text(self) -> str:
        """Return all texts without blanks, for finding what may be broken into lines."""
        return squeezed("".join(page.text for page in self.pages))

    def _root(self) -> bytes:
        return next(body for body in self.objects.values() if b"/Type/Catalog" in body)

    def _kids(self, root: bytes) -> Iterator[bytes]:
        waiting = [self._named(root, "Pages")]
        while waiting:
            node = waiting.pop(0)
            if b"/Type/Pages" in node:
                found = re.search(rb"/Kids\[([^\]]*)\]", node)
                assert found is not None
                numbers = re.findall(rb"(\d+) 0 R", found[1])
                waiting = [self.objects[int(number)] for number in numbers] + waiting
            else:
                yield node

    def _named(self, body: bytes, name: str) -> bytes:
        found = re.search(rb"/%s (\d+) 0 R" % name.encode(), body)
        assert found is not None, name
        return self.objects[int(found[1])]

    def _page(self, body: bytes) -> Page:
        found = re.search(rb"/Font<<(.*?)>>", self._named(body, "Resources"))
        fonts = re.findall(rb"/(\w+) (\d+) 0 R", found[1]) if found else []
        tables = {name: self._letters(self.objects[int(number)]) for name, number in fonts}
        return _read(_stream(self._named(body, "Contents")), tables)

    def _letters(self, font: bytes) -> dict[int, str]:
        """Return the ToUnicode table of a font."""
        table = {}
        for block in re.findall(
            rb"beginbfchar(.*?)endbfchar", _stream(self._named(font, "ToUnicode")), re.DOTALL
        ):
            for code, letters in re.findall(rb"<([0-9A-F]+)> <([0-9A-F]+)>", block):
                table[int(code, 16)] = bytes.fromhex(letters.decode()).decode("utf-16-be")
        return table


def squeezed(text: str) -> str:
    """Return ``text`` without blanks and invisible breaks."""
    return re.sub(r"[\s\u200b]", "", text)


def read_strokes(page: Page) -> str:
    """Draw the level strokes of a page (its QR code) and read them with a decoder of codes."""
    size = int(max(max(x + length, y) for x, y, length in page.strokes)) + 6
    field = np.full((size, size), 255, dtype=np.uint8)
    for x, y, length in page.strokes:
        field[int(y), int(x) : int(x + length)] = 0
    return read_code(np.kron(field, np.ones((4, 4), dtype=np.uint8)))


def read_code(pixels: "np.typing.NDArray[np.uint8]") -> str:
    """Return what the one code in a picture says."""
    (found,) = zxingcpp.read_barcodes(pixels)
    return str(found.text)


def _stream(body: bytes) -> bytes:
    head, _, rest = body.partition(b"\nstream\n")
    length = re.search(rb"/Length (\d+)", head)
    assert length is not None
    packed = rest[: int(length[1])]
    return zlib.decompress(packed) if b"/FlateDecode" in head else packed


def _read(content: bytes, fonts: dict[bytes, dict[int, str]]) -> Page:
    lines: list[str] = []
    strokes = []
    letters: dict[int, str] = {}
    at, pen = 0, (0.0, 0.0)
    while found := _TOKEN.search(content, at):
        at = found.end()
        font, opened, hexed, x, y, way, begun = found.groups()
        # What follows a name is there for reading aloud (its words, its language), and not drawn.
        drawn = not re.search(rb"/\w+\Z", content[: found.start()][-20:])
        if font is not None:
            letters = fonts[font]
        elif opened is not None:
            codes, at = _literal(content, at)
            if drawn:
                lines[-1] += _decoded(codes, letters)
        elif hexed is not None and drawn:
            lines[-1] += _decoded(bytes.fromhex(hexed.decode()), letters)
        elif way is not None:
            place = (float(x), float(y))
            if way == b"l" and place[1] == pen[1] and place[1] % 1 == 0.5:
                strokes.append((pen[0], place[1], place[0] - pen[0]))
            pen = place
        elif begun is not None:
            lines.append("")
    return Page("\n".join(lines), tuple(strokes))


def _decoded(codes: bytes, letters: dict[int, str]) -> str:
    pairs = zip(codes[::2], codes[1::2], strict=True)
    return "".join(letters[high << 8 | low] for high, low in pairs)


def _literal(content: bytes, at: int) -> tuple[bytes, int]:
    """Read a string in brackets whose first bracket is behind; return it and where it ends."""
    codes, depth = b"", 1
    while True:
        byte = content[at : at + 1]
        at += 1
        if byte == b"\\":
            octal = re.match(rb"[0-7]{1,3}", content[at : at + 3])
            taken = octal[0] if octal else content[at : at + 1]
            codes += bytes([int(taken, 8)]) if octal else _ESCAPES.get(taken, taken)
            at += len(taken)
            continue
        depth += {b"(": 1, b")": -1}.get(byte, 0)
        if depth == 0:
            return codes, at
        codes += byte
