"""The page of a paper as ODT: its size, the footer with page n of m, the watermark behind the text."""

from typing import Any

from odf import draw, style, text
from odf.opendocument import OpenDocument

from services.documents.odt_styles import LYING, UPRIGHT, paragraph


def add_page(file: OpenDocument, footer: str, watermark: str, *, landscape: bool) -> None:
    """Set the page: A4, the footer with page n of m, the watermark in the header."""
    width, height, margin = LYING if landscape else UPRIGHT
    layout = style.PageLayout(name="A4")
    layout.addElement(
        style.PageLayoutProperties(
            pagewidth=f"{width}mm",
            pageheight=f"{height}mm",
            printorientation="landscape" if landscape else "portrait",
            margintop="14mm",
            marginbottom="12mm",
            marginleft=f"{margin}mm",
            marginright=f"{margin}mm",
        )
    )
    below = style.FooterStyle()
    below.addElement(style.HeaderFooterProperties(minheight="8mm", margintop="3mm"))
    layout.addElement(below)
    file.automaticstyles.addElement(layout)
    master = style.MasterPage(name="Standard", pagelayoutname=layout)
    if watermark:
        master.addElement(_watermark(file, watermark))
    foot = style.Footer()
    foot.addElement(_footer_line(footer))
    master.addElement(foot)
    file.masterstyles.addElement(master)


def _watermark(file: OpenDocument, words: str) -> Any:
    """Return a header with the words slanting across the page, behind the text."""
    look = style.Style(name="Watermark", family="graphic")
    look.addElement(
        style.GraphicProperties(
            stroke="none",
            fill="none",
            wrap="run-through",
            runthrough="background",
            horizontalpos="from-left",
            horizontalrel="page",
            verticalpos="from-top",
            verticalrel="page",
        )
    )
    file.automaticstyles.addElement(look)
    faint = paragraph("Faint", {"size": "26pt", "align": "center", "colour": "#d8d8d8"})
    file.styles.addElement(faint)
    header = style.Header()
    line = text.P(stylename="Page")
    for top in ("95mm", "175mm", "255mm"):
        shape = draw.CustomShape(
            stylename=look,
            anchortype="paragraph",
            width="230mm",
            height="24mm",
            transform=f"rotate (0.5) translate (0mm {top})",
        )
        words_line = text.P(stylename="Faint")
        words_line.addText(words)
        shape.addElement(words_line)
        shape.addElement(
            draw.EnhancedGeometry(
                type="rectangle",
                viewbox="0 0 21600 21600",
                enhancedpath="M 0 0 L 21600 0 21600 21600 0 21600 0 0 Z N",
            )
        )
        line.addElement(shape)
    header.addElement(line)
    return header


def _footer_line(words: str) -> Any:
    line = text.P(stylename="Page")
    line.addText(words)
    line.addElement(text.Tab())
    line.addText("第 ")
    line.addElement(text.PageNumber(selectpage="current", text="1"))
    line.addText(" 頁，共 ")
    line.addElement(text.PageCount(text="1"))
    line.addText(" 頁")
    return line
