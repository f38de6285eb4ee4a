"""A paper as ODT, for whoever has to write in it; the same parts in the same order as the PDF."""

from collections.abc import Iterable
from datetime import datetime
from functools import singledispatchmethod

from services.documents.odf_files import OdfFile, Xml, spaced, xml
from services.documents.odt_page import add_page
from services.documents.odt_styles import PADDING, PICTURE, Styles
from services.documents.paper import (
    Align,
    Box,
    Facts,
    Field,
    Line,
    Paper,
    Points,
    Signatures,
    Table,
    printable,
)
from services.documents.qr_codes import qr_png
from services.regulation.clauses import numeral

_QR_FILE = "Pictures/qr.png"
_LABEL, _SIDE = 25, 44
"""Widths in millimetres of a name in a grid of facts, and of what stands beside the title."""


def odt_bytes(paper: Paper, moment: datetime) -> bytes:
    """Return the paper as ODT, the same bytes for the same paper and ``moment``."""
    return _Writer(paper).written(moment)


class _Writer:
    """Writes one paper from top to bottom."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self._file = OdfFile("text")
        self._styles = Styles(self._file, landscape=paper.landscape)
        self._width = self._styles.width
        self._value_width = self._width / 2 - _LABEL
        self._tables = 0

    def written(self, moment: datetime) -> bytes:
        paper = self._paper
        words = "　".join(word for word in (paper.number, paper.footer) if word)
        add_page(
            self._file,
            printable(words),
            printable(paper.watermark),
            landscape=paper.landscape,
        )
        self._head()
        for part in paper.parts:
            self._part(part)
            self._put(self._paragraph("", "Gap"))
        return self._file.written(printable(paper.title), moment)

    def _put(self, element: Xml) -> None:
        self._file.body.append(element)

    def _paragraph(self, words: str, style: str = "Cell") -> Xml:
        return xml("text:p", {"text:style-name": style}, printable(words))

    # --- the head ---------------------------------------------------------------------------------

    def _head(self) -> None:
        paper = self._paper
        title = {"text:outline-level": "1", "text:style-name": "Title"}
        heading = xml("text:h", title, printable(paper.title))
        above = [self._paragraph(paper.above, "Above")] if paper.above else []
        corner = [self._paragraph(line, "Corner") for line in paper.corner]
        cells = (self._code(), [*above, heading], corner or [self._paragraph("")])
        row = xml("table:table-row", {}, *(self._cell(cell, "Bare") for cell in cells))
        self._put(self._grid("Head", (_SIDE, self._width - 2 * _SIDE, _SIDE), [row]))
        self._put(self._paragraph("", "Gap"))

    def _code(self) -> list[Xml]:
        code = self._paper.qr_code
        if code is None:
            return [self._paragraph("")]
        self._file.pictures[_QR_FILE] = qr_png(code.content)
        frame = {
            "draw:name": "QR",
            "svg:width": "25mm",
            "svg:height": "25mm",
            "text:anchor-type": "as-char",
            "draw:style-name": PICTURE,
        }
        image = {
            "xlink:href": _QR_FILE,
            "xlink:type": "simple",
            "xlink:show": "embed",
            "xlink:actuate": "onLoad",
        }
        picture = xml("draw:frame", frame, xml("draw:image", image))
        return [
            xml("text:p", {"text:style-name": "Code"}, picture),
            self._paragraph(code.caption, "Code"),
        ]

    # --- grids ------------------------------------------------------------------------------------

    def _grid(
        self, name: str, widths: tuple[float, ...], rows: list[Xml], style: str = "Grid"
    ) -> Xml:
        """Return a table; widths in millimetres."""
        self._tables += 1
        columns = (
            xml("table:table-column", {"table:style-name": self._styles.column(width)})
            for width in widths
        )
        look = {"table:name": f"{name}{self._tables}", "table:style-name": style}
        return xml("table:table", look, *columns, *rows)

    def _cell(self, content: list[Xml], style: str, span: int = 1) -> Xml:
        """Return a cell, and after it those that it covers."""
        look = {
            "table:style-name": style,
            "office:value-type": "string",
            "table:number-columns-spanned": str(span),
        }
        cell = xml("table:table-cell", look, *content)
        return Xml(cell + xml("table:covered-table-cell") * (span - 1))

    def _row(self, cells: Iterable[Xml], style: str = "Whole") -> Xml:
        return xml("table:table-row", {"table:style-name": style}, *cells)

    # --- the parts --------------------------------------------------------------------------------

    @singledispatchmethod
    def _part(self, part: object) -> None:
        raise TypeError(f"no such part of a paper: {part!r}")

    @_part.register
    def _(self, part: Facts) -> None:
        rows = []
        for fields in part.lines:
            span = 3 if len(fields) == 1 else 1
            cells = []
            for field in fields:
                cells.append(self._cell([self._paragraph(field.label, "Middle")], "Label"))
                cells.append(self._cell(self._value(field, span > 1), "Boxed", span))
            rows.append(self._row(cells))
        self._put(self._grid("Facts", (_LABEL, self._value_width) * 2, rows))

    def _value(self, field: Field, alone: bool) -> list[Xml]:
        if not field.choices:
            return [self._paragraph(field.value)]
        width = self._width - _LABEL if alone else self._value_width
        style = {"text:style-name": self._styles.choices(field.in_a_row, width - 2 * PADDING)}
        labels = [spaced(printable(choice.label)) for choice in field.choices]
        return [
            xml("text:p", style, Xml(xml("text:tab").join(labels[at : at + field.in_a_row])))
            for at in range(0, len(labels), field.in_a_row)
        ]

    @_part.register
    def _(self, part: Table) -> None:
        whole = sum(column.share for column in part.columns)
        widths = tuple(self._width * column.share / whole for column in part.columns)
        size, heading_style = ("Tiny", "TinyHeading") if part.small else ("Small", "Heading")
        titles = (
            self._cell([self._paragraph(column.title, heading_style)], "Label")
            for column in part.columns
        )
        heading = xml("table:table-header-rows", {}, xml("table:table-row", {}, *titles))
        styles = [size + _ALIGNED[column.align] for column in part.columns]
        rows = [
            self._row(
                self._cell([self._paragraph(text, style)], "Boxed")
                for text, style in zip(cells, styles, strict=True)
            )
            for cells in part.rows
        ]
        self._put(self._grid("Table", widths, [heading, *rows]))

    @_part.register
    def _(self, part: Line) -> None:
        self._put(self._paragraph(part.text, self._styles.line(part)))

    @_part.register
    def _(self, part: Points) -> None:
        if part.title:
            self._put(self._paragraph(part.title, "PointsTitle"))
        style = "SmallPoint" if part.small else "Point"
        for number, words in enumerate(part.texts, 1):
            self._put(self._paragraph(f"{numeral(number)}、{words}", style))

    @_part.register
    def _(self, part: Signatures) -> None:
        count = min(part.in_a_row, len(part.boxes))
        title = self._cell([self._paragraph(part.title, "Heading")], "Label", count)
        rows = [self._row([title])]
        for at in range(0, len(part.boxes), count):
            boxes: list[Box | None] = [*part.boxes[at : at + count]]
            boxes += [None] * (count - len(boxes))
            rows.append(self._row((self._cell(self._box(box), "SignBox") for box in boxes), "Sign"))
        self._put(self._grid("Signatures", (self._width / count,) * count, rows, "Kept"))

    def _box(self, box: Box | None) -> list[Xml]:
        if box is None:
            return [self._paragraph("")]
        head = [self._paragraph(box.who, "Who"), self._paragraph(box.act, "Act")]
        return [*head, self._paragraph(box.text, "Given"), self._paragraph(box.note, "Note")]


_ALIGNED = {Align.LEFT: "", Align.CENTER: "Middle", Align.RIGHT: "Right"}
