"""The small demo city for tests, as it stands at the moment of the small world."""

from dataclasses import dataclass
from pathlib import Path

from services.demo.load import DemoSummary, load
from tests.world import NOW


@dataclass(frozen=True)
class DemoTemplate:
    """A file that holds the small demo city, and what is in it."""

    path: Path
    summary: DemoSummary


def load_small() -> DemoSummary:
    """Load the small demo city into the configured, migrated and empty database."""
    return load("small", NOW)
