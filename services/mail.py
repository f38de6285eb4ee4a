"""Outgoing mail: waits in the database, encrypted, until ``manage.py send-mail`` takes it along.

A message is queued in the transaction of the act that it tells of, so neither goes without the other,
and no page waits for a mail server.
"""

import os
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.fernet import InvalidToken
from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import OutgoingMail
from services import events, keys
from services.errors import Invalid
from services.events import EventType
from services.identity.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit

TRIES = 8
FIRST_PAUSE = timedelta(minutes=1)
"""The pause doubles with every try: the last one comes about two hours after the first."""
PATIENCE_SECONDS = 20
_GONE = ""
"""The body of a message that was sent or given up: what it held is no longer kept."""


@dataclass(frozen=True)
class Server:
    """A mail server from ``SMTP_URL``."""

    host: str
    port: int
    user: str
    password: str
    tls: str
    """``direct`` from the first byte, ``starttls`` before anything is said, or ``none``."""


@dataclass(frozen=True)
class Sent:
    """What one round of sending came to."""

    sent: int
    later: int
    given_up: int


def is_configured() -> bool:
    """Whether a mail server and a sender are set."""
    return bool(os.environ.get("SMTP_URL")) and bool(os.environ.get("MAIL_FROM"))


def server() -> Server:
    """Read ``SMTP_URL``; raise Invalid with what is accepted.

    ``smtps://user:secret@host:465`` and ``smtp://user:secret@host:587`` (STARTTLS) encrypt;
    ``smtp://host:25?tls=none`` is for a relay on the same machine.
    """
    parts = urlsplit(os.environ.get("SMTP_URL", ""))
    try:
        port = parts.port
    except ValueError:
        port = 0
    wanted = parse_qs(parts.query).get("tls", ["starttls"])[0]
    tls = "direct" if parts.scheme == "smtps" else wanted
    known = parts.scheme in ("smtp", "smtps") and tls in ("direct", "starttls", "none")
    if not (known and parts.hostname and port != 0 and os.environ.get("MAIL_FROM")):
        raise Invalid(
            "請設定 SMTP_URL（例如 smtps://帳號:密碼@主機:465，或 smtp://主機:25?tls=none）"
            "及寄件人 MAIL_FROM。"
        )
    return Server(
        parts.hostname or "",
        port or (465 if tls == "direct" else 587),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        tls,
    )


def queue(db: Session, recipient: str, subject: str, body: str, now: datetime) -> None:
    """Put a message into the queue, in the caller's transaction; its text can hold a one-time link."""
    db.add(
        OutgoingMail(
            recipient=recipient,
            subject=subject,
            body=keys.data_cipher().encrypt(body.encode()).decode(),
            created_at=now,
            next_try_at=now,
        )
    )


@guarded(Action.CHANGE_SETTINGS)
def send_due(actor: Actor, clock: Callable[[], datetime]) -> Sent:
    """Send every message that is due; one that fails waits longer each time and is given up at last.

    Each is claimed before it is sent, so that two senders at once send nothing twice. Raises Invalid
    when no server is set.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    target, sender = server(), os.environ["MAIL_FROM"]
    with reading() as db:
        due = db.scalars(
            select(OutgoingMail.id)
            .where(OutgoingMail.sent_at.is_(None), OutgoingMail.body != _GONE)
            .where(OutgoingMail.next_try_at <= clock())
            .order_by(OutgoingMail.id)
        ).all()
    outcomes = [_send_one(actor.at(clock()), mail_id, target, sender) for mail_id in due]
    return Sent(outcomes.count("sent"), outcomes.count("later"), outcomes.count("given_up"))


def _send_one(actor: Actor, mail_id: int, target: Server, sender: str) -> str:
    claimed = _claim(mail_id, actor.now)
    if claimed is None:
        return "another"
    try:
        _deliver(_message(claimed, sender, actor.now), target)
    except (OSError, smtplib.SMTPException, InvalidToken, ValueError) as error:
        return _put_off(actor, claimed, error)
    with transaction() as db:
        db.execute(_of(mail_id).values(sent_at=actor.now, body=_GONE, last_error=""))
    return "sent"


def _claim(mail_id: int, now: datetime) -> OutgoingMail | None:
    """Count the try and put the next one off, before sending: a sender that dies loses nothing."""
    with transaction() as db:
        found = db.get(OutgoingMail, mail_id, with_for_update=True)
        if found is None or found.sent_at is not None or found.next_try_at > now:
            return None
        found.tries += 1
        found.next_try_at = now + FIRST_PAUSE * 2 ** (found.tries - 1)
        return found


def _put_off(actor: Actor, message: OutgoingMail, error: Exception) -> str:
    over = message.tries >= TRIES
    # A server's answer can quote the message; only its kind and code are kept.
    code = getattr(error, "smtp_code", "")
    said = f"{type(error).__name__} {code}".strip()
    with transaction() as db:
        db.execute(_of(message.id).values(last_error=said, **({"body": _GONE} if over else {})))
        if over:
            about = ("mail", message.id)
            events.write(db, actor, EventType.MAIL_GIVEN_UP, about=about, error=said)
    return "given_up" if over else "later"


def _of(mail_id: int) -> Update:
    return update(OutgoingMail).where(OutgoingMail.id == mail_id)


def _message(claimed: OutgoingMail, sender: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, claimed.recipient
    message["Subject"] = f"［地籍資料使用管理系統］{claimed.subject}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(" >") or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(keys.data_cipher().decrypt(claimed.body.encode()).decode())
    return message


def _deliver(message: EmailMessage, target: Server) -> None:
    place, wait = (target.host, target.port), PATIENCE_SECONDS
    trusted = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(*place, timeout=wait, context=trusted)
        if target.tls == "direct"
        else smtplib.SMTP(*place, timeout=wait)
    ) as connection:
        if target.tls == "starttls":
            connection.starttls(context=trusted)
        if target.user:
            connection.login(target.user, target.password)
        connection.send_message(message)
