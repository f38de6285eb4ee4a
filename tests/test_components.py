"""The component list is complete, the audit never takes silence for health, no secret is in the files."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.components import LIST, components, pinned, verdict

ROOT = Path(__file__).parents[1]


def listed() -> dict[str, str]:
    found = json.loads(LIST.read_text(encoding="utf-8"))
    assert found["bomFormat"] == "CycloneDX"
    return {part["name"]: part["version"] for part in found["components"]}


def test_the_list_has_every_pinned_package_in_its_version() -> None:
    assert pinned().items() <= listed().items(), "run: make sbom"
    assert len(pinned()) > 15


def test_the_list_has_what_those_need_in_turn() -> None:
    assert {"starlette", "uvicorn", "pyarrow"} <= set(listed())
    # Versions of what is not pinned are those of whoever wrote the list.
    assert set(listed()) == set(components()), "run: make sbom"


ANSWERS = [
    ("", "ConnectionError: no route", 2, "could not be reached: ConnectionError: no route"),
    ("<html>", "", 2, "NOT DONE"),
    ('{"dependencies": [{"name": "a", "skip_reason": "not found"}]}', "", 2, "NOT DONE for 1 of 1"),
    ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', "", 0, "in 1 packages"),
    (
        '{"dependencies": [{"name": "a", "version": "1", "vulns": '
        '[{"id": "PYSEC-1", "fix_versions": ["2"]}]}, {"name": "b", "skip_reason": "x"}]}',
        "",
        1,
        "a 1: PYSEC-1, fixed in 2",
    ),
]


@pytest.mark.parametrize(("answer", "problem", "code", "says"), ANSWERS)
def test_an_audit_that_was_not_done_is_not_a_pass(
    answer: str, problem: str, code: int, says: str
) -> None:
    found, sentences = verdict(answer, problem)
    assert found == code
    assert says in "\n".join(sentences)


# --- no secrets -----------------------------------------------------------------------------------

SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{40}",
    "a Fernet key": r"(?<![\w/+-])[A-Za-z0-9_-]{43}=(?![\w=])",
    "32 bytes in Base64": r"(?<![\w/+-])[A-Za-z0-9+/]{43}=(?![\w=])",
    "64 hexadecimal digits": r"(?<![0-9a-fA-F])[0-9a-f]{64}(?![0-9a-fA-F])",
    "a key of Amazon": r"AKIA[0-9A-Z]{16}",
    "a token of GitHub": r"gh[pousr]_[A-Za-z0-9]{36}",
    "a token of Slack": r"xox[abprs]-[A-Za-z0-9-]{10,}",
    "a password in an address": r"://[\w.-]+:(?!secret@|x@|password@)[^\s@/'\"{}$<>]{6,}@[\w.]",
    "a JSON web token": r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
}
KNOWN = {
    # Hashes, not keys: of the two inline scripts of the Content-Security-Policy.
    "pages/shared/serving.py": {"32 bytes in Base64"},
    "deploy/nginx/cadastre.conf": {"32 bytes in Base64"},
    # The worked example of a draw: its hashes and a seed of "1e" over and over.
    "docs/draw.md": {"64 hexadecimal digits"},
}
BINARY = {".png", ".xlsx", ".ods", ".woff2"}


def tracked() -> list[str]:
    answer = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in answer.stdout.split("\0") if name]


def secrets_in(text: str) -> set[str]:
    return {what for what, pattern in SECRETS.items() if re.search(pattern, text)}


def test_no_tracked_file_holds_anything_like_a_key() -> None:
    names = tracked()
    assert len(names) > 200
    found = {}
    for name in names:
        path = ROOT / name
        if path.suffix in BINARY or not path.exists():
            continue
        # Tests know published hashes by heart; what looks like a key in any other form is one.
        hashes = {"64 hexadecimal digits"} if name.startswith("tests/") else set()
        known = KNOWN.get(name, set()) | hashes
        if extra := secrets_in(path.read_text(encoding="utf-8")) - known:
            found[name] = extra
    assert found == {}


def test_no_tracked_file_is_one_that_keys_live_in() -> None:
    bad = re.compile(r"(^|/)(\.env|secrets\.toml|id_rsa|.+\.(pem|key|p12|pfx|db))$|^var/")
    assert [name for name in tracked() if bad.search(name)] == []


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\n" + "A" * 64,
        "COOKIE_KEY=" + "0f" * 32,
        "DATA_KEYS=" + "Ab3_" * 10 + "xyz=",
        "LEDGER_KEY=" + "Ab3+" * 10 + "xyz=",
        "postgresql://cadastre:" + "hunter2" * 2 + "@db/x",
    ],
)
def test_the_scan_would_find_one(text: str) -> None:
    assert secrets_in(text)
