"""The page of a paper as ODT: its size, the footer with page n of m, the watermark behind the text."""

from services.documents.odf_files import OdfFile, Xml, xml
from services.documents.odt_styles import LYING, UPRIGHT, paragraph, styled

_TOPS = ("95mm", "175mm", "255mm")
_TEXT = {"text:style-name": "Page"}


def add_page(file: OdfFile, footer: str, watermark: str, *, landscape: bool) -> None:
    """Set the page: A4, the footer with page n of m, the watermark in the header."""
    width, height, margin = LYING if landscape else UPRIGHT
    page = {
        "fo:page-width": f"{width}mm",
        "fo:page-height": f"{height}mm",
        "style:print-orientation": "landscape" if landscape else "portrait",
        "fo:margin-top": "14mm",
        "fo:margin-bottom": "12mm",
        "fo:margin-left": f"{margin}mm",
        "fo:margin-right": f"{margin}mm",
    }
    below = {"fo:min-height": "8mm", "fo:margin-top": "3mm"}
    file.page_looks.append(
        xml(
            "style:page-layout",
            {"style:name": "A4"},
            xml("style:page-layout-properties", page),
            xml("style:footer-style", {}, xml("style:header-footer-properties", below)),
        )
    )
    header = [_watermark(file, watermark)] if watermark else []
    file.pages.append(
        xml(
            "style:master-page",
            {"style:name": "Standard", "style:page-layout-name": "A4"},
            *(*header, xml("style:footer", {}, _footer_line(footer))),
        )
    )


def _watermark(file: OdfFile, words: str) -> Xml:
    """Return a header with the words slanting across the page, behind the text."""
    look = {
        "draw:stroke": "none",
        "draw:fill": "none",
        "style:wrap": "run-through",
        "style:run-through": "background",
        "style:horizontal-pos": "from-left",
        "style:horizontal-rel": "page",
        "style:vertical-pos": "from-top",
        "style:vertical-rel": "page",
    }
    file.page_looks.append(styled("Watermark", "graphic", xml("style:graphic-properties", look)))
    file.styles.append(paragraph("Faint", {"size": "26pt", "align": "center", "colour": "#d8d8d8"}))
    return xml("style:header", {}, xml("text:p", _TEXT, *(_slanting(words, top) for top in _TOPS)))


def _slanting(words: str, top: str) -> Xml:
    outline = {
        "draw:type": "rectangle",
        "svg:viewBox": "0 0 21600 21600",
        "draw:enhanced-path": "M 0 0 L 21600 0 21600 21600 0 21600 0 0 Z N",
    }
    place = {
        "draw:style-name": "Watermark",
        "text:anchor-type": "paragraph",
        "svg:width": "230mm",
        "svg:height": "24mm",
        "draw:transform": f"rotate (0.5) translate (0mm {top})",
    }
    return xml(
        "draw:custom-shape",
        place,
        xml("text:p", {"text:style-name": "Faint"}, words),
        xml("draw:enhanced-geometry", outline),
    )


def _footer_line(words: str) -> Xml:
    number = xml("text:page-number", {"text:select-page": "current"}, "1")
    return xml(
        "text:p",
        _TEXT,
        words,
        xml("text:tab"),
        "第 ",
        number,
        " 頁，共 ",
        xml("text:page-count", {}, "1"),
        " 頁",
    )
