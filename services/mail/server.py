"""The mail server: its settings, handing it one message, and what its answers mean."""

import os
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from services.errors import Invalid

PATIENCE_SECONDS = 20
_OF_THE_SERVER = {503, 530, 534, 535, 538}
"""Refusals for good that are about how it was talked to, or who signed in: no message is at fault."""
_ENHANCED = re.compile(rb"\s*5\.(\d{1,3})\.\d{1,3}\b")
_SYSTEM, _POLICY = 3, 7
"""Subjects of enhanced codes (RFC 3463): the receiving system, and policy, such as a relay that does
not know this host."""


@dataclass(frozen=True)
class Server:
    """A mail server from ``SMTP_URL``, and the sender that it is given."""

    host: str
    port: int
    user: str
    password: str
    tls: str
    """``direct`` from the first byte, ``starttls`` before anything is said, or ``none``."""
    sender: str


def is_configured() -> bool:
    """Whether a mail server and a sender are set."""
    return bool(os.environ.get("SMTP_URL")) and bool(os.environ.get("MAIL_FROM"))


def server() -> Server:
    """Read ``SMTP_URL`` and ``MAIL_FROM``; raise Invalid with what is accepted.

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
    sender = os.environ.get("MAIL_FROM", "")
    if not (known and parts.hostname and port != 0 and _is_sender(sender)):
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
        sender,
    )


def _is_sender(sender: str) -> bool:
    """Whether it can stand in a message: otherwise every message would look malformed."""
    try:
        EmailMessage()["From"] = sender
    except ValueError:
        return False
    return bool(sender.strip())


def deliver(message: EmailMessage, target: Server) -> None:
    """Hand a message to the server; raises what smtplib and the network raise."""
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


def refused_for_good(error: Exception) -> bool:
    """Whether the server refused this message, or its recipient, for good: trying again is no use.

    Everything else is the server's trouble or the settings', and passes: a server that is not there,
    one that answers "later" (4xx), a sign-in or a sender it does not take, a relay that is closed to
    this host. In doubt the message is kept.
    """
    if not isinstance(error, (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)):
        return False
    code, said = _answer(error)
    if not 500 <= code < 600 or code in _OF_THE_SERVER:
        return False
    enhanced = _ENHANCED.match(said)
    return enhanced is None or int(enhanced[1]) not in (_SYSTEM, _POLICY)


def kind_of(error: Exception) -> str:
    """Return the kind of a failure and the server's code; its words are left out: they can quote a message."""
    code = _answer(error)[0]
    return f"{type(error).__name__} {code or ''}".strip()


def _answer(error: Exception) -> tuple[int, bytes]:
    """Return code and words of what the server answered; 0 where it did not."""
    code: int
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # A message has one recipient.
        code, said = next(iter(error.recipients.values()), (0, b""))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return 0, b""
    return code, said if isinstance(said, bytes) else said.encode()
