"""Outgoing mail: waits in the database, encrypted, until ``manage.py send-mail`` takes it along.

A message is queued in the transaction of the act that it tells of, so neither goes without the other,
and no page waits for a mail server. What sends it is `services.operation.mailing`.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from data.models import OutgoingMail
from services.installation import keys
from services.mail import server


def is_configured() -> bool:
    """Whether a mail server and a sender are set."""
    return server.is_configured()


def queue(
    db: Session,
    recipient: str,
    subject: str,
    body: str,
    now: datetime,
    *,
    useful_until: datetime | None = None,
    application_id: int | None = None,
) -> None:
    """Put a message into the queue, in the caller's transaction; its text can hold a one-time link.

    ``useful_until`` is when that link ends. Of a message about an application those concerned are
    told when it is given up.
    """
    db.add(
        OutgoingMail(
            recipient=recipient,
            subject=subject,
            body=keys.data_cipher().encrypt(body.encode()).decode(),
            created_at=now,
            next_try_at=now,
            useful_until=useful_until,
            application_id=application_id,
        )
    )
