"""The styles of a paper as ODT: paragraphs and cells, with the measures of the PDF."""

from typing import Any

from odf import style
from odf.opendocument import OpenDocument

from services.documents.paper import Align, Line

UPRIGHT, LYING = (210, 297, 20), (297, 210, 15)
"""Width, height and margin of the page in millimetres, as is all below."""
PADDING = 1.5
"""Between the line of a cell and its text."""
FONT = "Noto Serif CJK TC"
_FAMILIES = f"標楷體, '{FONT}'"
"""What officials' machines have, or else what the PDF is set in."""
_PARAGRAPHS: dict[str, dict[str, str]] = {
    "Cell": {"size": "11pt"},
    "Middle": {"size": "11pt", "align": "center"},
    "Heading": {"size": "10pt", "align": "center", "weight": "bold"},
    "Small": {"size": "9.5pt"},
    "SmallMiddle": {"size": "9.5pt", "align": "center"},
    "SmallRight": {"size": "9.5pt", "align": "end"},
    "Tiny": {"size": "8pt"},
    "TinyMiddle": {"size": "8pt", "align": "center"},
    "TinyRight": {"size": "8pt", "align": "end"},
    "TinyHeading": {"size": "8pt", "align": "center", "weight": "bold"},
    "Above": {"size": "12pt", "align": "center"},
    "Title": {"size": "18pt", "align": "center", "weight": "bold"},
    "Corner": {"size": "9.5pt", "align": "end"},
    "Code": {"size": "7.5pt", "align": "start"},
    "Gap": {"size": "5pt"},
    "Who": {"size": "10pt", "weight": "bold"},
    "Act": {"size": "8.5pt"},
    "Given": {"size": "9.5pt"},
    "Note": {"size": "8.5pt", "align": "end"},
    "PointsTitle": {"size": "9.5pt", "weight": "bold"},
    "Point": {"size": "12pt", "hanging": "8.5mm", "below": "1mm", "height": "115%"},
    "SmallPoint": {"size": "9.5pt", "hanging": "6.7mm", "below": "0.5mm"},
}
_LINE = "0.6pt solid #000000"
_SHADE = "#f0f0f0"
_CELLS: dict[str, dict[str, str]] = {
    "Bare": {"verticalalign": "middle"},
    "Label": {"border": _LINE, "padding": f"{PADDING}mm", "verticalalign": "middle"},
    "Boxed": {"border": _LINE, "padding": f"{PADDING}mm", "verticalalign": "middle"},
    "SignBox": {"border": _LINE, "padding": "2mm", "verticalalign": "top"},
}
_ALIGNS = {Align.LEFT: "start", Align.CENTER: "center", Align.RIGHT: "end"}


class Styles:
    """The styles of one file; those that depend on the paper are added when they are asked for."""

    def __init__(self, file: OpenDocument, *, landscape: bool) -> None:
        self._file = file
        width, _, margin = LYING if landscape else UPRIGHT
        self.width = width - 2 * margin
        """Between the margins of the page."""
        self._columns: dict[float, str] = {}
        self._lines: dict[tuple[str, bool, bool], str] = {}
        self._choices: set[str] = set()
        self._fonts()
        for name, look in _PARAGRAPHS.items():
            file.styles.addElement(paragraph(name, look))
        file.styles.addElement(paragraph("Page", {"size": "9pt"}, (f"{self.width}mm",), "right"))
        for name, look in _CELLS.items():
            cell = style.Style(name=name, family="table-cell")
            shade = {"backgroundcolor": _SHADE} if name == "Label" else {}
            cell.addElement(style.TableCellProperties(**look, **shade))
            file.automaticstyles.addElement(cell)
        self._rows()
        self.picture: Any = style.Style(name="Picture", family="graphic")
        """The one style that odfpy wants itself and not by name."""
        look = style.GraphicProperties(verticalpos="top", verticalrel="baseline")
        self.picture.addElement(look)
        file.automaticstyles.addElement(self.picture)

    def _fonts(self) -> None:
        face = style.FontFace(name=FONT, fontfamily=_FAMILIES, fontfamilygeneric="roman")
        self._file.fontfacedecls.addElement(face)

    def _rows(self) -> None:
        for name, look in (
            ("Whole", {"keeptogether": "always"}),
            ("Sign", {"keeptogether": "always", "minrowheight": "34mm"}),
        ):
            row = style.Style(name=name, family="table-row")
            row.addElement(style.TableRowProperties(**look))
            self._file.automaticstyles.addElement(row)
        # Boxes to sign stay together under their title.
        for name, broken in (("Grid", "true"), ("Kept", "false")):
            grid = style.Style(name=name, family="table")
            grid.addElement(
                style.TableProperties(
                    width=f"{self.width}mm",
                    align="center",
                    bordermodel="collapsing",
                    maybreakbetweenrows=broken,
                )
            )
            self._file.automaticstyles.addElement(grid)

    def column(self, width: float) -> str:
        """Return the name of the style of a column of ``width`` millimetres."""
        if width not in self._columns:
            name = f"Column{len(self._columns) + 1}"
            column = style.Style(name=name, family="table-column")
            column.addElement(style.TableColumnProperties(columnwidth=f"{width:.2f}mm"))
            self._file.automaticstyles.addElement(column)
            self._columns[width] = name
        return self._columns[width]

    def line(self, line: Line) -> str:
        """Return the name of the style of a paragraph of its own."""
        look = (_ALIGNS[line.align], line.large, line.strong)
        if look not in self._lines:
            name = f"Line{len(self._lines) + 1}"
            self._file.styles.addElement(
                paragraph(
                    name,
                    {
                        "size": "14pt" if line.large else "12pt",
                        "align": look[0],
                        "weight": "bold" if line.strong else "normal",
                        "height": "125%",
                        "keep": "always" if line.strong else "auto",
                    },
                )
            )
            self._lines[look] = name
        return self._lines[look]

    def choices(self, in_a_row: int, width: float) -> str:
        """Return the name of the style of boxes side by side in ``width`` millimetres."""
        name = f"Choices{in_a_row}in{width:.0f}"
        if name not in self._choices:
            step = width / in_a_row
            stops = tuple(f"{step * at:.1f}mm" for at in range(1, in_a_row))
            self._file.styles.addElement(paragraph(name, {"size": "11pt"}, stops))
            self._choices.add(name)
        return name


def paragraph(
    name: str, look: dict[str, str], stops: tuple[str, ...] = (), kind: str = "left"
) -> Any:
    """Return a paragraph style with its tab stops, for Chinese and Latin writing alike."""
    made = style.Style(name=name, family="paragraph")
    layout: dict[str, str] = {"textalign": look.get("align", "start")}
    if "hanging" in look:
        layout |= {"marginleft": look["hanging"], "textindent": f"-{look['hanging']}"}
    if "below" in look:
        layout["marginbottom"] = look["below"]
    if "height" in look:
        layout["lineheight"] = look["height"]
    if "keep" in look:
        layout["keepwithnext"] = look["keep"]  # a heading stays with what it is over
    properties = style.ParagraphProperties(**layout)
    if stops:
        places = style.TabStops()
        for position in stops:
            places.addElement(style.TabStop(position=position, type=kind))
        properties.addElement(places)
    made.addElement(properties)
    size, weight = look["size"], look.get("weight", "normal")
    made.addElement(
        style.TextProperties(
            fontname=FONT,
            fontnameasian=FONT,
            fontsize=size,
            fontsizeasian=size,
            fontweight=weight,
            fontweightasian=weight,
            color=look.get("colour", "#000000"),
            language="zh",
            country="TW",
            languageasian="zh",
            countryasian="TW",
        )
    )
    return made
