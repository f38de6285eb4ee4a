"""Facts about this installation: is its database ready, does it hold demo data, where its secrets are."""

import os
import secrets
from pathlib import Path

from sqlalchemy import inspect

from data.engine import ROOT, engine, reading
from data.models import Account, Setting

DEMO_KEY = "demo_data"
DEMO_UNFINISHED_KEY = "demo_unfinished"
"""A setting that stands while the demo city's audits are being signed."""


def has_tables() -> bool:
    """Whether the database was ever prepared."""
    return inspect(engine()).has_table(Account.__tablename__)


def is_ready() -> bool:
    """Whether the tables exist and at least one account does."""
    if not has_tables():
        return False
    with reading() as db:
        return db.query(Account.id).first() is not None


def demo_scale() -> str | None:
    """Return the scale of the demo data that is loaded, or None in earnest use."""
    return _setting(DEMO_KEY)


def demo_unfinished() -> bool:
    """Whether loading the demo city was cut off and has to be taken up again."""
    return _setting(DEMO_UNFINISHED_KEY) is not None


def _setting(key: str) -> str | None:
    with reading() as db:
        setting = db.get(Setting, key)
        return setting.value if setting else None


def cookie_key() -> str:
    """Return the key that signs session cookies: ``COOKIE_KEY``, or one made once under ``var/``."""
    if key := os.environ.get("COOKIE_KEY"):
        return key
    path = ROOT / "var" / "cookie.key"
    if not path.exists():
        _write_secret(path, secrets.token_hex(32))
    return path.read_text().strip()


def _write_secret(path: Path, value: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process made it first; its key is the one
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
