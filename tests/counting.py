"""Counts the attack tests by kind, as pytest collects them, and writes them into docs/security.md.

``python -m tests.counting`` brings the table of the document up to date. A test counts under its
nearest ``@pytest.mark.attack("kind")``.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "security.md"
KINDS = (
    *("cookie", "sign-in", "fixation", "foreign-id", "script", "formula", "path", "sql"),
    *("websocket", "ledger", "upload", "proxy"),
)
_MARK = "attack cases: "


def pytest_collection_finish(session: pytest.Session) -> None:
    """Print the number of cases of every kind (this module is then pytest's plugin)."""
    found = [item.get_closest_marker("attack") for item in session.items]
    counts = Counter(str(mark.args[0]) for mark in found if mark is not None)
    print(_MARK + json.dumps(counts))


def count_attacks() -> dict[str, int]:
    """Return how many attack cases of each kind the whole test suite has."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "attack"]
    done = subprocess.run(
        [*command, "-p", "tests.counting", "-p", "no:cacheprovider", "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith(_MARK)), None)
    assert line is not None and done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return dict(json.loads(line.removeprefix(_MARK)))


def documented() -> dict[str, int]:
    """Return the numbers that the document gives."""
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \|.*\| ([\d,]+) \|$", text, re.MULTILINE)
    return {kind: int(number.replace(",", "")) for kind, number in rows}


def write_counts() -> None:
    """Put the numbers of this moment into the document."""
    counts = count_attacks()
    text = DOCUMENT.read_text(encoding="utf-8")
    for kind in KINDS:
        row = rf"^(\| `{kind}` \|.*\| )[\d,]+( \|)$"
        text = re.sub(row, rf"\g<1>{counts.get(kind, 0):,}\g<2>", text, flags=re.MULTILINE)
    total = f"**{sum(counts.values()):,}** attack cases"
    text = re.sub(r"\*\*[\d,]+\*\* attack cases", total, text)
    DOCUMENT.write_text(text, encoding="utf-8")
    print(total, counts)


if __name__ == "__main__":
    write_counts()
