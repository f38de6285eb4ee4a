"""What ODT and ODS have in common: pieces of their XML, and the file, whose bytes depend on nothing else.

odfdo makes the file, its list of parts and its description. What fills the parts is put together as text: an
element of odfdo's own takes up to a third of a millisecond, and a list of records has hundreds of thousands.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from odfdo import Document
from odfdo.const import ODF_CONTENT, ODF_MANIFEST, ODF_META, ODF_SETTINGS, ODF_STYLES
from odfdo.element import ODF_NAMESPACES

from services.rocdate import taipei

_VERSION = "1.2"
"""What every office suite in use reads without a warning; nothing here needs more."""
_PREFIXES = ("office", "style", "text", "table", "draw", "fo", "svg", "xlink", "dc", "meta")
_BLANKS = re.compile(r"\n|\t|^ +| +\Z| {2,}")


class Xml(str):
    """A piece of XML. Any other text is somebody's words and is escaped where it is put into one."""

    __slots__ = ()


def xml(tag: str, attributes: Mapping[str, str] | None = None, *inner: str) -> Xml:
    """Return an element with its attributes, holding pieces of XML and words in their order."""
    named = "".join(f' {name}="{html.escape(value)}"' for name, value in (attributes or {}).items())
    held = "".join(one if isinstance(one, Xml) else spaced(one) for one in inner)
    return Xml(f"<{tag}{named}>{held}</{tag}>" if held else f"<{tag}{named}/>")


def spaced(text: str) -> Xml:
    """Return text with its blanks, tabs and line breaks as ODF writes them."""
    return Xml(_BLANKS.sub(_blank, html.escape(text, quote=False)))


def _blank(found: re.Match[str]) -> str:
    blank = found[0]
    if blank == "\n":
        return "<text:line-break/>"
    if blank == "\t":
        return "<text:tab/>"
    at_an_edge = found.start() == 0 or found.end() == len(found.string)
    kept = "" if at_an_edge else " "
    return f'{kept}<text:s text:c="{len(blank) - len(kept)}"/>'


class OdfFile:
    """An ODT or ODS while it is written: what goes into its parts, in order."""

    def __init__(self, kind: Literal["text", "spreadsheet"]) -> None:
        self._kind = kind
        self.fonts: list[Xml] = []
        self.styles: list[Xml] = []
        """Of paragraphs, by name for whoever writes in the file."""
        self.looks: list[Xml] = []
        """Of tables, rows, cells and pictures of the body."""
        self.page_looks: list[Xml] = []
        """Of pages, and of what stands in headers and footers."""
        self.pages: list[Xml] = []
        self.body: list[Xml] = []
        self.pictures: dict[str, bytes] = {}
        """PNG, by path."""

    def written(self, title: str, moment: datetime) -> bytes:
        """Return the file: the same bytes for the same content, title and ``moment``."""
        fonts = xml("office:font-face-decls", {}, *self.fonts)
        stamp = taipei(moment).strftime("%Y-%m-%dT%H:%M:%S")
        described = (
            xml("dc:title", {}, title),
            xml("meta:creation-date", {}, stamp),
            xml("dc:date", {}, stamp),
            xml("dc:language", {}, "zh-TW"),
        )
        parts = {
            ODF_CONTENT: _part(
                "content",
                fonts,
                xml("office:automatic-styles", {}, *self.looks),
                xml("office:body", {}, xml(f"office:{self._kind}", {}, *self.body)),
            ),
            ODF_STYLES: _part(
                "styles",
                fonts,
                xml("office:styles", {}, *self.styles),
                xml("office:automatic-styles", {}, *self.page_looks),
                xml("office:master-styles", {}, *self.pages),
            ),
            ODF_META: _part("meta", xml("office:meta", {}, *described)),
            ODF_SETTINGS: _part("settings", xml("office:settings")),
        }
        return _packed(Document(self._kind), parts, self.pictures, moment)


def _part(name: str, *pieces: Xml) -> bytes:
    spaces = {f"xmlns:{prefix}": ODF_NAMESPACES[prefix] for prefix in _PREFIXES}
    root = xml(f"office:document-{name}", spaces | {"office:version": _VERSION}, *pieces)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}'.encode()


def _packed(
    document: Document, parts: Mapping[str, bytes], pictures: Mapping[str, bytes], moment: datetime
) -> bytes:
    """Return odfdo's empty document with these parts and pictures, and nothing else of its template."""
    container, manifest = document.container, document.manifest
    assert container is not None  # `Document` has made it from a template
    kept = {"mimetype", "/", ODF_MANIFEST, *parts}
    for path in set(container.parts) - kept:
        container.del_part(path)
    for path in set(manifest.get_paths()) - kept:
        manifest.del_full_path(path)
    for path, content in pictures.items():
        manifest.add_full_path(path, "image/png")
        container.set_part(path, content)
    for path, content in parts.items():
        container.set_part(path, content)
    for element in (manifest.root, manifest.get_element('//*[@manifest:full-path="/"]')):
        if element is not None:
            element.set_attribute("manifest:version", _VERSION)
    container.set_part(ODF_MANIFEST, manifest.serialize())
    raw = io.BytesIO()
    container.save(raw)
    return _dated(raw, moment)


def _dated(raw: io.BytesIO, moment: datetime) -> bytes:
    """Return the archive with ``moment`` in the place of the machine's time."""
    packed = io.BytesIO()
    stamp = taipei(moment).timetuple()[:6]
    with zipfile.ZipFile(raw) as parts, zipfile.ZipFile(packed, "w") as file:
        for part in _in_order(parts.infolist()):
            entry = zipfile.ZipInfo(part.filename, stamp)
            entry.compress_type = part.compress_type
            file.writestr(entry, parts.read(part))
    return packed.getvalue()


def _in_order(parts: Iterable[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Return what says the kind first, as ODF asks, and the rest by name."""
    return sorted(parts, key=lambda part: (part.filename != "mimetype", part.filename))
