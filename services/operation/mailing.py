"""Sends the mail that waits: the operator's job (``manage.py send-mail``).

A message waits for as long as a server is out of order, and is given up only where waiting is of no use:
refused for good, or past the time of the link in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from smtplib import SMTPException

from cryptography.fernet import InvalidToken
from sqlalchemy import Update, func, select, update
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Event, OutgoingMail
from services import events
from services.actor import Actor
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.installation import keys
from services.installation.alerts import alert
from services.mail import server as mail_server
from services.mail.server import Server

FIRST_PAUSE = timedelta(minutes=1)
"""The pause doubles with every try, up to `LONGEST_PAUSE`."""
LONGEST_PAUSE = timedelta(hours=1)
_DOUBLINGS = 10
"""More would come to nothing but numbers that no date can hold."""
ALARMING_TRIES = 5
"""A message that failed so many times, in a quarter of an hour, is no passing thing."""
UNREADABLE_DAYS = 7
"""So long a message that no key opens is kept: wrong ``DATA_KEYS`` can be put right."""
_GONE = ""
"""The body of a message that was sent or given up: what it held is no longer kept."""

Lost = Callable[[Session, Actor, OutgoingMail], None]
"""What is done about a message given up, in the transaction in which it is."""


@dataclass(frozen=True)
class Sent:
    """What one round of sending came to."""

    sent: int
    later: int
    given_up: int


@guarded(Action.CHANGE_SETTINGS)
def send_due(actor: Actor, clock: Callable[[], datetime], lost: Lost | None = None) -> Sent:
    """Send every message that is due; one that fails waits, longer each time, up to an hour.

    Each is claimed before it is sent, so that two senders at once send nothing twice. ``lost`` is told
    of each that is given up. Raises Invalid when no server is set.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    target = mail_server.server()
    with reading() as db:
        due = db.scalars(
            select(OutgoingMail.id)
            .where(OutgoingMail.sent_at.is_(None), OutgoingMail.body != _GONE)
            .where(OutgoingMail.next_try_at <= clock())
            .order_by(OutgoingMail.id)
        ).all()
    outcomes = [_send_one(actor.at(clock()), mail_id, target, lost) for mail_id in due]
    return Sent(outcomes.count("sent"), outcomes.count("later"), outcomes.count("given_up"))


def _send_one(actor: Actor, mail_id: int, target: Server, lost: Lost | None) -> str:
    claimed = _claim(mail_id, actor.now)
    if claimed is None:
        return "another"
    if claimed.useful_until is not None and claimed.useful_until <= actor.now:
        return _give_up(actor, claimed, "Expired", lost)
    try:
        text = keys.data_cipher().decrypt(claimed.body.encode()).decode()
    except InvalidToken as error:
        if actor.now - claimed.created_at >= timedelta(days=UNREADABLE_DAYS):
            return _give_up(actor, claimed, mail_server.kind_of(error), lost)
        return _put_off(actor, claimed, error)
    try:
        message = _message(claimed, text, target.sender, actor.now)
    except ValueError as error:  # an address that cannot stand in a message never will
        return _give_up(actor, claimed, mail_server.kind_of(error), lost)
    try:
        mail_server.deliver(message, target)
    except (OSError, SMTPException, ValueError) as error:
        if mail_server.refused_for_good(error):
            return _give_up(actor, claimed, mail_server.kind_of(error), lost)
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
        pause = FIRST_PAUSE * 2 ** min(found.tries, _DOUBLINGS)
        found.tries += 1
        found.next_try_at = now + min(pause, LONGEST_PAUSE)
        return found


def _put_off(actor: Actor, message: OutgoingMail, error: Exception) -> str:
    """Keep the message for the next try; the operator is told once of an outage, not of every try."""
    said = mail_server.kind_of(error)
    with transaction() as db:
        db.execute(_of(message.id).values(last_error=said))
        alarming = message.tries == ALARMING_TRIES and not _outage_is_known(db)
        if alarming:
            about = ("mail", message.id)
            events.write(db, actor, EventType.MAIL_HELD_UP, about=about, error=said)
    if alarming:
        alert(
            f"郵件連續 {ALARMING_TRIES} 次寄不出去，都留在系統內，之後每小時再試；"
            "請檢查 SMTP_URL 所指的郵件伺服器。",
            error=said,
        )
    return "later"


def _outage_is_known(db: Session) -> bool:
    """Whether the operator was told since a message last went out."""
    told = db.scalar(select(func.max(Event.at)).where(Event.type == EventType.MAIL_HELD_UP.value))
    went_out = db.scalar(select(func.max(OutgoingMail.sent_at)))
    return told is not None and (went_out is None or went_out <= told)


def _give_up(actor: Actor, message: OutgoingMail, said: str, lost: Lost | None) -> str:
    """End a message that is of no use any more; who relied on it is told."""
    with transaction() as db:
        db.execute(_of(message.id).values(last_error=said, body=_GONE))
        events.write(db, actor, EventType.MAIL_GIVEN_UP, about=("mail", message.id), error=said)
        if lost is not None:
            lost(db, actor, message)
    if message.application_id is not None:
        alert(f"編號 {message.id} 的郵件無法送達，已註記於申請案。", error=said)
    return "given_up"


def _of(mail_id: int) -> Update:
    return update(OutgoingMail).where(OutgoingMail.id == mail_id)


def _message(claimed: OutgoingMail, text: str, sender: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, claimed.recipient
    message["Subject"] = f"［地籍資料使用管理系統］{claimed.subject}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(" >") or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message
