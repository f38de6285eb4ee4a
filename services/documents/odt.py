"""A paper as ODT, for whoever has to write in it; the same parts in the same order as the PDF."""

from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from odf import draw, table, text
from odf.opendocument import IS_IMAGE, OpenDocumentText
from odf.teletype import addTextToElement

from services.documents.odf_files import described, file_bytes
from services.documents.odt_page import add_page
from services.documents.odt_styles import PADDING, Styles
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
        self._file = OpenDocumentText()
        self._styles = Styles(self._file, landscape=paper.landscape)
        self._width = self._styles.width
        self._value_width = self._width / 2 - _LABEL
        self._tables = 0

    def written(self, moment: datetime) -> bytes:
        paper = self._paper
        described(self._file, printable(paper.title), moment)
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
        return file_bytes(self._file, moment)

    def _put(self, element: Any) -> None:
        self._file.text.addElement(element)

    def _paragraph(self, words: str, style: str = "Cell") -> Any:
        paragraph = text.P(stylename=style)
        addTextToElement(paragraph, printable(words))
        return paragraph

    # --- the head ---------------------------------------------------------------------------------

    def _head(self) -> None:
        paper = self._paper
        grid = self._grid("Head", (_SIDE, self._width - 2 * _SIDE, _SIDE))
        row = table.TableRow()
        row.addElement(self._cell(self._code(), "Bare"))
        title = text.H(outlinelevel=1, stylename="Title")
        addTextToElement(title, printable(paper.title))
        above = [self._paragraph(paper.above, "Above")] if paper.above else []
        row.addElement(self._cell([*above, title], "Bare"))
        corner = [self._paragraph(line, "Corner") for line in paper.corner]
        row.addElement(self._cell(corner or [self._paragraph("")], "Bare"))
        grid.addElement(row)
        self._put(grid)
        self._put(self._paragraph("", "Gap"))

    def _code(self) -> list[Any]:
        code = self._paper.qr_code
        if code is None:
            return [self._paragraph("")]
        # odfpy's own call would name the picture by chance, another name for every file.
        self._file.Pictures[_QR_FILE] = (IS_IMAGE, qr_png(code.content), "image/png")
        frame = draw.Frame(
            name="QR",
            width="25mm",
            height="25mm",
            anchortype="as-char",
            stylename=self._styles.picture,
        )
        frame.addElement(draw.Image(href=_QR_FILE, type="simple", show="embed", actuate="onLoad"))
        picture = text.P(stylename="Code")
        picture.addElement(frame)
        return [picture, self._paragraph(code.caption, "Code")]

    # --- grids ------------------------------------------------------------------------------------

    def _grid(self, name: str, widths: tuple[float, ...], style: str = "Grid") -> Any:
        """Return a table without rows; widths in millimetres."""
        self._tables += 1
        grid = table.Table(name=f"{name}{self._tables}", stylename=style)
        for width in widths:
            grid.addElement(table.TableColumn(stylename=self._styles.column(width)))
        return grid

    def _cell(self, content: list[Any], style: str, span: int = 1) -> Any:
        cell = table.TableCell(stylename=style, valuetype="string", numbercolumnsspanned=span)
        for paragraph in content:
            cell.addElement(paragraph)
        return cell

    def _fill(self, row: Any, cell: Any, span: int = 1) -> None:
        row.addElement(cell)
        for _ in range(span - 1):
            row.addElement(table.CoveredTableCell())

    # --- the parts --------------------------------------------------------------------------------

    @singledispatchmethod
    def _part(self, part: object) -> None:
        raise TypeError(f"no such part of a paper: {part!r}")

    @_part.register
    def _(self, part: Facts) -> None:
        grid = self._grid("Facts", (_LABEL, self._value_width) * 2)
        for fields in part.lines:
            row = table.TableRow(stylename="Whole")
            span = 3 if len(fields) == 1 else 1
            for field in fields:
                row.addElement(self._cell([self._paragraph(field.label, "Middle")], "Label"))
                self._fill(row, self._cell(self._value(field, span > 1), "Boxed", span), span)
            grid.addElement(row)
        self._put(grid)

    def _value(self, field: Field, alone: bool) -> list[Any]:
        if not field.choices:
            return [self._paragraph(field.value)]
        width = self._width - _LABEL if alone else self._value_width
        style = self._styles.choices(field.in_a_row, width - 2 * PADDING)
        lines = []
        for at, choice in enumerate(field.choices):
            if at % field.in_a_row == 0:
                lines.append(text.P(stylename=style))
            else:
                lines[-1].addElement(text.Tab())
            addTextToElement(lines[-1], printable(choice.label))
        return lines

    @_part.register
    def _(self, part: Table) -> None:
        whole = sum(column.share for column in part.columns)
        widths = tuple(self._width * column.share / whole for column in part.columns)
        grid = self._grid("Table", widths)
        size, heading_style = ("Tiny", "TinyHeading") if part.small else ("Small", "Heading")
        heading, row = table.TableHeaderRows(), table.TableRow()
        for column in part.columns:
            row.addElement(self._cell([self._paragraph(column.title, heading_style)], "Label"))
        heading.addElement(row)
        grid.addElement(heading)
        styles = [size + _ALIGNED[column.align] for column in part.columns]
        for cells in part.rows:
            row = table.TableRow(stylename="Whole")
            for words, style in zip(cells, styles, strict=True):
                row.addElement(self._cell([self._paragraph(words, style)], "Boxed"))
            grid.addElement(row)
        self._put(grid)

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
        grid = self._grid("Signatures", (self._width / count,) * count, "Kept")
        row = table.TableRow(stylename="Whole")
        self._fill(row, self._cell([self._paragraph(part.title, "Heading")], "Label", count), count)
        grid.addElement(row)
        for at in range(0, len(part.boxes), count):
            row = table.TableRow(stylename="Sign")
            boxes: list[Box | None] = [*part.boxes[at : at + count]]
            for box in boxes + [None] * (count - len(boxes)):
                row.addElement(self._cell(self._box(box), "SignBox"))
            grid.addElement(row)
        self._put(grid)

    def _box(self, box: Box | None) -> list[Any]:
        if box is None:
            return [self._paragraph("")]
        head = [self._paragraph(box.who, "Who"), self._paragraph(box.act, "Act")]
        return [*head, self._paragraph(box.text, "Given"), self._paragraph(box.note, "Note")]


_ALIGNED = {Align.LEFT: "", Align.CENTER: "Middle", Align.RIGHT: "Right"}
