"""The styles of a paper as ODT: paragraphs and cells, with the measures of the PDF."""

from services.documents.odf_files import OdfFile, Xml, xml
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
    "Bare": {"style:vertical-align": "middle"},
    "Label": {
        **{"fo:border": _LINE, "fo:padding": f"{PADDING}mm", "style:vertical-align": "middle"},
        "fo:background-color": _SHADE,
    },
    "Boxed": {"fo:border": _LINE, "fo:padding": f"{PADDING}mm", "style:vertical-align": "middle"},
    "SignBox": {"fo:border": _LINE, "fo:padding": "2mm", "style:vertical-align": "top"},
}
_ALIGNS = {Align.LEFT: "start", Align.CENTER: "center", Align.RIGHT: "end"}


PICTURE = "Picture"
"""The style of the QR code's frame."""


class Styles:
    """The styles of one file; those that depend on the paper are added when they are asked for."""

    def __init__(self, file: OdfFile, *, landscape: bool) -> None:
        self._file = file
        width, _, margin = LYING if landscape else UPRIGHT
        self.width = width - 2 * margin
        """Between the margins of the page."""
        self._columns: dict[float, str] = {}
        self._lines: dict[tuple[str, bool, bool], str] = {}
        self._choices: set[str] = set()
        face = {
            "style:name": FONT,
            "svg:font-family": _FAMILIES,
            "style:font-family-generic": "roman",
        }
        file.fonts.append(xml("style:font-face", face))
        file.styles += [paragraph(name, look) for name, look in _PARAGRAPHS.items()]
        file.styles.append(paragraph("Page", {"size": "9pt"}, (f"{self.width}mm",), "right"))
        for name, look in _CELLS.items():
            file.looks.append(styled(name, "table-cell", xml("style:table-cell-properties", look)))
        self._rows()
        place = {"style:vertical-pos": "top", "style:vertical-rel": "baseline"}
        file.looks.append(styled(PICTURE, "graphic", xml("style:graphic-properties", place)))

    def _rows(self) -> None:
        whole = {"fo:keep-together": "always"}
        for name, look in (("Whole", whole), ("Sign", whole | {"style:min-row-height": "34mm"})):
            row = xml("style:table-row-properties", look)
            self._file.looks.append(styled(name, "table-row", row))
        # Boxes to sign stay together under their title.
        for name, broken in (("Grid", "true"), ("Kept", "false")):
            grid = {
                "style:width": f"{self.width}mm",
                "table:align": "center",
                "table:border-model": "collapsing",
                "style:may-break-between-rows": broken,
            }
            self._file.looks.append(styled(name, "table", xml("style:table-properties", grid)))

    def column(self, width: float) -> str:
        """Return the name of the style of a column of ``width`` millimetres."""
        if width not in self._columns:
            name = f"Column{len(self._columns) + 1}"
            look = xml("style:table-column-properties", {"style:column-width": f"{width:.2f}mm"})
            self._file.looks.append(styled(name, "table-column", look))
            self._columns[width] = name
        return self._columns[width]

    def line(self, line: Line) -> str:
        """Return the name of the style of a paragraph of its own."""
        look = (_ALIGNS[line.align], line.large, line.strong)
        if look not in self._lines:
            name = f"Line{len(self._lines) + 1}"
            self._file.styles.append(
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
            self._file.styles.append(paragraph(name, {"size": "11pt"}, stops))
            self._choices.add(name)
        return name


def styled(name: str, family: str, *properties: Xml) -> Xml:
    """Return a style with its properties."""
    return xml("style:style", {"style:name": name, "style:family": family}, *properties)


def paragraph(
    name: str, look: dict[str, str], stops: tuple[str, ...] = (), kind: str = "left"
) -> Xml:
    """Return a paragraph style with its tab stops, for Chinese and Latin writing alike."""
    layout = {"fo:text-align": look.get("align", "start")}
    if "hanging" in look:
        layout |= {"fo:margin-left": look["hanging"], "fo:text-indent": f"-{look['hanging']}"}
    if "below" in look:
        layout["fo:margin-bottom"] = look["below"]
    if "height" in look:
        layout["fo:line-height"] = look["height"]
    if "keep" in look:
        layout["fo:keep-with-next"] = look["keep"]  # a heading stays with what it is over
    places = [
        xml("style:tab-stop", {"style:position": position, "style:type": kind})
        for position in stops
    ]
    tabs = [xml("style:tab-stops", {}, *places)] if places else []
    size, weight = look["size"], look.get("weight", "normal")
    letters = {
        "style:font-name": FONT,
        "style:font-name-asian": FONT,
        "fo:font-size": size,
        "style:font-size-asian": size,
        "fo:font-weight": weight,
        "style:font-weight-asian": weight,
        "fo:color": look.get("colour", "#000000"),
        "fo:language": "zh",
        "fo:country": "TW",
        "style:language-asian": "zh",
        "style:country-asian": "TW",
    }
    return styled(
        name,
        "paragraph",
        xml("style:paragraph-properties", layout, *tabs),
        xml("style:text-properties", letters),
    )
