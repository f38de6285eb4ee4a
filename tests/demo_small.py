"""The small demo city for tests, as it stands at the moment of the small world."""

from dataclasses import dataclass
from pathlib import Path

import bcrypt
from sqlalchemy import update

from data.engine import transaction
from data.models import Account
from services.demo.load import DemoSummary, load
from services.demo.people import DEMO_PASSWORD
from tests.world import NOW


@dataclass(frozen=True)
class DemoTemplate:
    """A file that holds the small demo city, and what is in it."""

    path: Path
    summary: DemoSummary


def load_small() -> DemoSummary:
    """Load the small demo city into the configured, migrated and empty database."""
    return load("small", NOW)


def hash_cheaply() -> None:
    """Let everybody's demo password be checked in a millisecond: tests sign in hundreds of times."""
    hashed = bcrypt.hashpw(DEMO_PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    with transaction() as db:
        db.execute(update(Account).values(password_hash=hashed))
