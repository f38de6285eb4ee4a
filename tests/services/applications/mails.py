"""What waits in the outbox, read; and the settings by which mail goes out."""

import re

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import OutgoingMail
from services.installation import keys

SITE = "https://cadastre.example.gov.tw"


def mailing_to(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Set a mail server, a sender and this system's own address."""
    monkeypatch.setenv("PUBLIC_URL", f"{SITE}/")
    monkeypatch.setenv("SMTP_URL", url)
    monkeypatch.setenv("MAIL_FROM", "cadastre@example.gov.tw")


def mail_texts() -> list[str]:
    """Return the text of every message that waits, the oldest first."""
    with reading() as db:
        waiting = db.scalars(
            select(OutgoingMail).where(OutgoingMail.body != "").order_by(OutgoingMail.id)
        )
        return [keys.data_cipher().decrypt(one.body.encode()).decode() for one in waiting]


def token_in(text: str, parameter: str) -> str:
    """Return the token of the one link of this kind in a message."""
    found = re.findall(rf"{re.escape(SITE)}/\?{parameter}=([\w-]+)", text)
    assert len(found) == 1, text
    return str(found[0])
