"""A ledger of the test's own: a key, and a file outside the database."""

import base64
from pathlib import Path

import pytest

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(32)).decode()


@pytest.fixture(autouse=True)
def checkpoints_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "checkpoints.txt"
    monkeypatch.setenv("LEDGER_CHECKPOINTS", str(path))
    monkeypatch.setenv("LEDGER_KEY", KEY)
    monkeypatch.delenv("LEDGER_PUBLIC_KEY", raising=False)
    monkeypatch.delenv("TSA_URL", raising=False)
    return path
