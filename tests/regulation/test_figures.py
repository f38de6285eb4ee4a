"""Every number of the rule is there, dated, and stands in ``figures.py`` and nowhere else."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from services.regulation import figures
from services.regulation.figures import ALL_FIGURES, Figure, Number

ROOT = Path(figures.__file__).resolve().parents[2]
HOME = ROOT / "services" / "regulation" / "figures.py"
ROOM_OF_THE_RULE = (ROOT / "services" / "regulation", ROOT / "services" / "audits" / "sampling")
IN_WORDS = ("30,000", "30000", "三萬", "三百筆", "百分之五十", "百分之一")


@pytest.mark.parametrize(
    ("figure", "clause", "value"),
    [
        (figures.UNIT_RECORDS_THRESHOLD, "7.1.1", 30_000),
        (figures.UNIT_RECORDS_AT_THRESHOLD, "7.1.1", 300),
        (figures.UNIT_RECORDS_RATE, "7.1.1", Fraction(1, 100)),
        (figures.UNIT_RECORDS_MINIMUM, "7.1.1", 5),
        (figures.UNIT_PEOPLE_RATE, "7.1.1", Fraction(1, 2)),
        (figures.AGENCY_PEOPLE_RATE, "7.1.2", Fraction(1, 2)),
        (figures.AGENCY_RECORDS_RATE, "7.1.2", Fraction(1, 2)),
        (figures.RETENTION_YEARS, "7.1.5", 3),
        (figures.REVIEW_MONTHS, "6.2", 6),
        (figures.FORM_YEARS_AFTER_CANCELLATION, "6.1", 1),
    ],
    ids=lambda value: value.name if isinstance(value, Figure) else None,
)
def test_the_rule_of_113(figure: Figure, clause: str, value: Number) -> None:
    assert figure.clause == clause
    assert figure.on(date(2026, 7, 1)) == value
    assert figure in ALL_FIGURES


def test_the_list_of_figures_is_whole() -> None:
    made = {name for name, value in vars(figures).items() if isinstance(value, Figure)}
    assert len(made) == len(ALL_FIGURES) == len({figure.name for figure in ALL_FIGURES})


def test_point_7_is_only_known_since_the_first_of_july_113() -> None:
    figure = figures.UNIT_RECORDS_THRESHOLD
    assert not figure.known_on(date(2024, 6, 30))
    assert figure.known_on(date(2024, 7, 1))
    # What was before is not known here, so the oldest known wording stands in.
    assert figure.on(date(2021, 1, 1)) == figure.on(date(2024, 7, 1))
    assert figure.since(date(2021, 1, 1)) == figure.since(date(2026, 1, 1)) == date(2024, 7, 1)


def test_a_later_amendment_holds_from_its_day() -> None:
    figure = Figure("x", "7.1.1", "筆", ((date(2024, 7, 1), 5), (date(2030, 1, 1), 8)))
    assert [figure.on(date(*day)) for day in ((2024, 7, 1), (2029, 12, 31), (2030, 1, 1))] == [
        5,
        5,
        8,
    ]


def strays(source: str, *, strict: bool) -> Iterator[str]:
    """Yield every spelling of a figure of the rule in code; ``strict`` in the rooms of the rule.

    Elsewhere 300 can be a width in pixels and 1/2 a half of anything, so only the figures that
    mean nothing else are looked for.
    """
    tree = ast.parse(source)
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documentation:
            value = node.value
            if isinstance(value, str):
                if any(words in value for words in IN_WORDS):
                    yield f"{node.lineno}: {value!r}"
            elif value in (30_000, 29_999) or (strict and value in (300, 0.5, 0.01)):
                yield f"{node.lineno}: {value}"
        elif strict and isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fraction":
            if all(isinstance(argument, ast.Constant) for argument in node.args):
                yield f"{node.lineno}: {ast.unparse(node)}"
        elif strict and isinstance(node, ast.BinOp) and _halves_or_hundredths(node):
            yield f"{node.lineno}: {ast.unparse(node)}"


def _halves_or_hundredths(node: ast.BinOp) -> bool:
    return (
        isinstance(node.op, ast.Div | ast.FloorDiv)
        and isinstance(node.right, ast.Constant)
        and node.right.value in (2, 100)
        and re.search("user|people|person|record|count|total", ast.unparse(node.left)) is not None
    )


@pytest.mark.parametrize(
    ("source", "strict", "found"),
    [
        ("if n >= 30000: pass", False, True),
        ("if n > 29_999: pass", False, True),
        ("LIMIT = 3e4", False, True),
        ("text = f'達 30,000 筆'", False, True),
        ("text = '百分之五十'", False, True),
        ('"""達三萬筆以上 is the clause."""', False, False),
        ("height = 300", False, False),
        ("floor = 300", True, True),
        ("people = -(-users // 2)", True, True),
        ("share = records / 100", True, True),
        ("middle = (low + high) // 2", True, False),
        ("rate = Fraction(1, 100)", True, True),
        ("rate = Fraction(figures.UNIT_PEOPLE_RATE.on(day))", True, False),
        ("people = users * 0.5", True, True),
    ],
)
def test_the_search_finds_strays(source: str, strict: bool, found: bool) -> None:
    assert bool(list(strays(source, strict=strict))) is found


def test_figures_stand_nowhere_else() -> None:
    files = [ROOT / "app.py", ROOT / "manage.py"]
    for folder in ("services", "pages"):
        files += sorted((ROOT / folder).rglob("*.py"))
    looked_at = [path for path in files if path.exists() and path != HOME]
    assert len(looked_at) > 20
    found = [
        f"{path.relative_to(ROOT)}:{stray}"
        for path in looked_at
        for stray in strays(
            path.read_text(), strict=any(room in path.parents for room in ROOM_OF_THE_RULE)
        )
    ]
    assert found == []


def test_the_home_of_the_figures_would_be_found() -> None:
    assert len(list(strays(HOME.read_text(), strict=True))) >= 5
