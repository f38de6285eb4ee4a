"""Seeds that are another one for every draw, and the same in every run of a test."""

import hashlib

import pytest

from services.audits import drawing


class Numbers:
    """How many seeds were given; kept with a stage (`tests.staged`), so that those after it are the same."""

    given = 0

    @classmethod
    def seed(cls) -> str:
        cls.given += 1
        return hashlib.sha256(str(cls.given).encode()).hexdigest()


@pytest.fixture(autouse=True)
def known_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests of a folder draw the same samples every time: what they assert must not be luck."""
    Numbers.given = 0
    monkeypatch.setattr(drawing, "new_seed", Numbers.seed)
