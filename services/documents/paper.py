"""A paper as it is, before anybody writes it: what stands on it, in which order (no format, no font).

The writers (`pdf.py`, `odt.py`) turn one and the same `Paper` into a file, so that the two say the same.
All texts may be other people's: the writers pass them on as data and never as markup.
"""

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import category

_LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"


class Align(StrEnum):
    """Where a line or the cells of a column stand."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True)
class Choice:
    """A box on a form, ticked (■) or not (□)."""

    text: str
    ticked: bool

    @property
    def label(self) -> str:
        return f"{'■' if self.ticked else '□'} {self.text}"


@dataclass(frozen=True)
class Field:
    """One name with its value, or with boxes to tick; a wide one takes the whole line."""

    label: str
    value: str = ""
    choices: tuple[Choice, ...] = ()
    in_a_row: int = 4
    """How many of the boxes stand side by side."""
    wide: bool = False


@dataclass(frozen=True)
class Facts:
    """A grid of names and values, two to a line."""

    fields: tuple[Field, ...]

    @property
    def lines(self) -> tuple[tuple[Field, ...], ...]:
        """The fields line by line; one that finds no partner takes the line alone."""
        lines: list[tuple[Field, ...]] = []
        for field in self.fields:
            if lines and len(lines[-1]) == 1 and not lines[-1][0].wide and not field.wide:
                lines[-1] = (lines[-1][0], field)
            else:
                lines.append((field,))
        return tuple(lines)


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its share of the width, and where its cells stand."""

    title: str
    share: int = 1
    align: Align = Align.LEFT


@dataclass(frozen=True)
class Table:
    """Rows under a heading that comes again on every page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    small: bool = False
    """Set in smaller letters, for lists of many columns."""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row of a table has as many cells as it has columns")


@dataclass(frozen=True)
class Line:
    """A paragraph of its own."""

    text: str
    align: Align = Align.LEFT
    large: bool = False
    strong: bool = False


@dataclass(frozen=True)
class Points:
    """Points counted 一、二、三、, with a title of their own or none."""

    texts: tuple[str, ...]
    title: str = ""
    small: bool = False


@dataclass(frozen=True)
class Box:
    """A place to sign or stamp: whose, and what is already there (empty: signed by hand)."""

    who: str
    act: str = ""
    """What the signature stands for: 核可, 完成辦理."""
    text: str = ""
    note: str = ""
    """What is filled in by hand below, such as the date."""


@dataclass(frozen=True)
class Signatures:
    """Boxes side by side (核章欄)."""

    title: str
    boxes: tuple[Box, ...]
    in_a_row: int = 3


Part = Facts | Table | Line | Points | Signatures


@dataclass(frozen=True)
class QrCode:
    """What a QR code says, and the words below it."""

    content: str
    caption: str = ""


@dataclass(frozen=True)
class Paper:
    """One paper (A4), ready to be written."""

    title: str
    parts: tuple[Part, ...]
    number: str = ""
    """By which people call it; stands in the footer of every page."""
    above: str = ""
    """What stands above the title, such as the name of the system."""
    corner: tuple[str, ...] = ()
    """The lines at the top right: number, date, 附件一."""
    qr_code: QrCode | None = None
    footer: str = ""
    watermark: str = ""
    """Across every page; empty for none (clause 6.3.3 asks for one on prints of register data)."""
    landscape: bool = False
    """Lying, for wide tables; else upright."""


def printable(text: str) -> str:
    """Return ``text`` without what has no place on paper; line breaks stay.

    Gone are control characters, invisible ones, and those that turn the direction of writing, which
    make a name read as another; so is what XML cannot hold.
    """
    kept = (_printable(character) for character in text.replace("\r\n", "\n"))
    return "".join(kept).strip()


def _printable(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    if character in "\t\xa0":
        return " "
    code = ord(character)
    nowhere = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    # Unassigned ones stay: younger Han characters than this Python knows are names of people.
    return "" if nowhere or category(character) in ("Cc", "Cf", "Cs") else character
