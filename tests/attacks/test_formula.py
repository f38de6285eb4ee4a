"""Formulas in exports: whatever people typed, no cell of any exported table starts as a formula."""

import csv
import io
import re
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audits.drawing import draw_first
from services.audits.export import export_draw
from services.audits.freezing import freeze
from services.documents.neutral import neutral
from services.documents.tables import csv_bytes
from services.regulation.periods import Quarter
from tests.world import World, at

SIGNS = "=+-@＝＋－＠"
LOOKED_PAST = " \t\r\n　\u00a0\u200b\u2060\ufeff\"'“”"
FORMULAS = [
    *(f"{sign}HYPERLINK(\"http://evil.example\",1)" for sign in SIGNS),
    "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "　=1+1", "\u200b=1+1", "\ufeff=1+1", "\u00a0=1+1",
    '"=1+1"', "'=1+1", '" =1+1', "\t平常的字", "\r平常的字",
    "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
    "府授地資字第1號\n=1+1", "甲\r\n　@SUM(1)", "甲\u2028+1",
]  # fmt: skip


def harmful(cell: str) -> bool:
    """Whether a spreadsheet could read a cell, or a line of it, as a formula."""
    return any(
        line.lstrip(LOOKED_PAST).startswith(tuple(SIGNS)) and not line.startswith("'")
        for line in cell.splitlines()
    ) or cell.startswith(("\t", "\r"))


def cells_of(content: bytes) -> list[str]:
    """Return every cell of a CSV file as a spreadsheet reads it, and as one that knows no quotes does."""
    text = content.decode("utf-8-sig")
    rows = csv.reader(io.StringIO(text, newline=""))
    return [cell for row in rows for cell in row]


@pytest.mark.attack("formula")
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_text_as_a_cell_and_as_a_heading(formula: str) -> None:
    assert harmful(formula) or formula == "'=1+1"
    content = csv_bytes([formula], [[formula], [f"平常{formula}"]], 2)
    assert not [cell for cell in cells_of(content) if harmful(cell)]


@pytest.mark.attack("formula")
@given(
    st.text(alphabet=LOOKED_PAST, max_size=4),
    st.sampled_from(SIGNS),
    st.text(max_size=8),
    st.text(alphabet=LOOKED_PAST, max_size=3),
)
def test_nothing_before_the_sign_hides_a_formula(
    before: str, sign: str, rest: str, between: str
) -> None:
    for text in (f"{before}{sign}{rest}", f"甲{between}\n{before}{sign}{rest}"):
        (cell,) = cells_of(csv_bytes(["欄"], [[text]], 1))[1:-1]
        assert not harmful(cell)


@given(st.text())
def test_only_apostrophes_are_added_and_only_nul_is_taken_away(text: str) -> None:
    made, kept = neutral(text), text.replace("\x00", "")
    assert made.replace("'", "") == kept.replace("'", "")
    if not any(sign in kept for sign in [*SIGNS, *"﹣﹢﹦﹫−⁺⁼₊₌﬩", "\t", "\r"]):
        assert made == kept


@pytest.mark.attack("formula")
def test_signs_that_compatibility_folding_turns_into_formulas_are_known() -> None:
    """Readers fold full-width signs; every character that folds into one of the four is caught."""
    folds = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.normalize("NFKC", chr(code)) in tuple("=+-@")
    ]
    assert [char for char in folds if neutral(f"{char}1") == f"{char}1"] == []


@pytest.mark.parametrize("value", [0, -5, 3.5, None, True])
def test_numbers_stay_numbers(value: object) -> None:
    assert neutral(value) is value


def test_tables_are_written_in_one_place_and_draws_hold_ids_only() -> None:
    """Whoever exports a table goes through the writer above; the draw's ZIP has no typed text in it."""
    root = Path(__file__).parents[2]
    writers = {
        str(path.relative_to(root))
        for folder in ("services", "pages", "data")
        for path in (root / folder).rglob("*.py")
        if re.search(r"csv\.(writer|DictWriter)|to_csv", path.read_text(encoding="utf-8"))
    }
    assert writers == {"services/documents/tables.py", "services/audits/export.py"}


@pytest.mark.attack("formula")
def test_a_draw_of_people_with_formulas_for_names_holds_no_formula(world: World) -> None:
    when = at(2026, 8, 3)
    for number, sign in enumerate(SIGNS):
        code = f"{sign}cmd{number}"
        world.use("clerk", when, account_id=None, person_key=f"S9:{code}", username=code)
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Quarter(2026, 3))
    draw_first(head, audit_id)
    with zipfile.ZipFile(io.BytesIO(export_draw(head, audit_id))) as archive:
        tables = [name for name in archive.namelist() if name.endswith(".csv")]
        cells = [cell for name in tables for cell in cells_of(archive.read(name))]
    assert any("cmd0" in cell for cell in cells)
    assert [cell for cell in cells if harmful(cell)] == []
