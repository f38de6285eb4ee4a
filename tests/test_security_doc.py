"""docs/security.md answers every row of 附表十, names tests that exist, and counts the attacks right."""

import ast
import re
from pathlib import Path

import pytest

from tests.counting import DOCUMENT, KINDS, count_attacks, documented

ROOT = Path(__file__).parents[1]
TEXT = DOCUMENT.read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([普中高]) \| ([^|]+?) \| ([^|]+?) \| ([^|]+?) \|$", TEXT, re.MULTILINE)
REQUIRED = {
    "普": """account procedure (apply, create, change, enable, disable, delete) · expired temporary accounts
disabled · idle accounts disabled · periodic account review · least privilege · remote access authorised, monitored,
encrypted · permission checks on the server · defined access points · log policy, at least 6 months (the rule's
3 years wins) · named events logged · every administrator function logged · log holds type, time, place,
identity · log capacity · action on log failure · UTC time stamps, synchronised clock · logs readable only by
the authorised · RPO set, data backed up · no shared accounts · default password changed at first sign-in · no
plain credentials in transit · 5 failures lock for 15 minutes · password complexity and age · not one of the
last 3 passwords · input masked · short error with a code only · known weaknesses avoided, scanned, patched ·
needless services closed · no default passwords · component list · server-side input validation""",
    "中": """idle time and conditions defined, automatic sign-out · log reviewed periodically · log integrity by
hash · backups tested · resists automated sign-in and password change · reset by one-time, time-limited token ·
passwords hashed · development, test and production apart · version control · detect attacks and unauthorised
use · integrity tool for software and data, action on breach""",
    "高": """use only under set conditions · monitor accounts, report abnormal use · alert on log failure · logs
backed up to another system · restore drill, off-site backup · multi-factor · source scan, penetration test ·
notice on serious error · encrypted transport · public algorithms, keys rotated and held safely · stored secrets and
protected data encrypted · periodic integrity check""",
}
"""The table's rows, short (資通系統防護基準, 附表十)."""


def required(level: str) -> list[str]:
    return [" ".join(row.split()) for row in REQUIRED[level].split(" ·")]


@pytest.mark.parametrize("level", REQUIRED)
def test_every_row_of_the_table_stands_once_and_in_order(level: str) -> None:
    assert [what for of, what, _, _ in ROWS if of == level] == required(level)


@pytest.mark.parametrize(("level", "what", "how", "shown"), ROWS, ids=[row[1] for row in ROWS])
def test_a_row_says_how_and_shows_it_or_names_who_must(
    level: str, what: str, how: str, shown: str
) -> None:
    assert len(how) > 20
    tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
    assert tests or "agency" in how.lower() or "not yet" in how.lower(), "neither test nor agency"
    for file, name in tests:
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{name}"


def test_the_attacks_are_counted_right() -> None:
    counts = count_attacks()
    assert set(counts) <= set(KINDS), "a kind that pyproject.toml does not list"
    assert documented() == {kind: counts.get(kind, 0) for kind in KINDS}, "run: make docs"
    assert f"**{sum(counts.values()):,}** attack cases" in TEXT


def test_no_module_calls_all_its_tests_attacks() -> None:
    """A mark for a whole module also counts what shows that the right thing works."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
                assert "attack" not in ast.unparse(node.value), path


def test_every_password_is_typed_masked() -> None:
    """附表十: 輸入遮蔽. Every field that asks for a password or shows one typed is masked."""
    fields = []
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "text_input":
                label = ast.unparse(node.args[0]) if node.args else ""
                if "密碼" in label:
                    kinds = [ast.unparse(k.value) for k in node.keywords if k.arg == "type"]
                    fields.append((str(path), label, kinds))
    assert len(fields) >= 2
    assert [field for field in fields if field[2] != ["'password'"]] == []
