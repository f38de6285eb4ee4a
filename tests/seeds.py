"""Seeds that are another one for every draw, and the same in every run of a test."""

import hashlib
from itertools import count

import pytest

from services.audits import drawing


@pytest.fixture(autouse=True)
def known_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests of a folder draw the same samples every time: what they assert must not be luck."""
    numbers = count(1)
    monkeypatch.setattr(
        drawing, "new_seed", lambda: hashlib.sha256(str(next(numbers)).encode()).hexdigest()
    )
