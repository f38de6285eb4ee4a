"""Mail goes out once, through a real server on loopback; what fails waits, and is given up for a reason only."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Event, OutgoingMail
from services.actor import operator
from services.errors import Invalid, Refused
from services.mail.outgoing import queue
from services.mail.server import Server, refused_for_good, server
from services.operation import mailing
from services.operation.mailing import Sent, send_due
from tests.mailbox import Mailbox, listening
from tests.world import NOW, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with listening() as box:
        monkeypatch.setenv("SMTP_URL", box.url)
        monkeypatch.setenv("MAIL_FROM", "地政局 <cadastre@example.gov.tw>")
        yield box


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sentences that the operator was alerted with."""
    sentences: list[str] = []
    monkeypatch.setattr(mailing, "alert", lambda sentence, **_detail: sentences.append(sentence))
    return sentences


def put(
    recipient: str = "clerk@example.gov.taipei", *, useful_until: datetime | None = None
) -> None:
    with transaction() as db:
        body = "一段文字\n第二行"
        queue(db, recipient, "重設密碼的連結", body, NOW, useful_until=useful_until)


def send(now: datetime = NOW) -> Sent:
    return send_due(operator(now), lambda: now)


def only_row() -> OutgoingMail:
    with reading() as db:
        return db.scalars(select(OutgoingMail)).one()


def test_a_message_goes_out_once_and_its_text_is_kept_no_longer(
    world: World, mailbox: Mailbox
) -> None:
    put()
    assert "文字" not in only_row().body
    assert send() == Sent(1, 0, 0)
    assert send(NOW + 60 * MINUTE) == Sent(0, 0, 0)
    [message] = mailbox.received
    assert message["To"] == "clerk@example.gov.taipei"
    assert message["Subject"] == "［地籍資料使用管理系統］重設密碼的連結"
    assert "cadastre@example.gov.tw" in message["From"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().split("\r\n") == ["一段文字", "第二行", ""]
    row = only_row()
    assert (row.sent_at, row.body, row.last_error) == (NOW, "", "")


def test_what_fails_waits_longer_each_time_and_is_not_lost(world: World, mailbox: Mailbox) -> None:
    """The pause is an hour at most, and the message still goes out in the end."""
    put()
    mailbox.answer = "451 後面還有收件人的祕密 secret"
    now, tried = NOW, []
    while now < NOW + timedelta(hours=9):
        assert send(now) == Sent(0, 1, 0)
        tried.append(now)
        now = only_row().next_try_at
        assert send(now - timedelta(seconds=1)) == Sent(0, 0, 0)
    pauses = [(b - a) // MINUTE for a, b in pairwise(tried)]
    assert pauses[:6] == [1, 2, 4, 8, 16, 32] and set(pauses[6:]) == {60}
    assert only_row().last_error == "SMTPDataError 451"
    mailbox.answer = "250 OK"
    assert send(now) == Sent(1, 0, 0)
    assert mailbox.received[0].get_content().startswith("一段文字")


def test_a_mail_server_dead_for_a_month_loses_nothing(
    world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = os.environ["SMTP_URL"]
    put()
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1?tls=none")
    for day in range(30):
        assert send(NOW + timedelta(days=day)) == Sent(0, 1, 0)
    with transaction() as db:  # as many as there can be in years
        db.execute(update(OutgoingMail).values(tries=100_000))
    assert send(NOW + timedelta(days=30)) == Sent(0, 1, 0)
    monkeypatch.setenv("SMTP_URL", alive)
    assert send(NOW + timedelta(days=30, hours=1)) == Sent(1, 0, 0)


def test_the_operator_is_told_once_of_an_outage(
    world: World, mailbox: Mailbox, told: list[str]
) -> None:
    for number in range(3):
        put(f"clerk{number}@example.gov.taipei")
    mailbox.answer = "421 closing"
    for minute in (0, 1, 3, 7, 15, 31, 63, 123):
        assert send(NOW + minute * MINUTE).later == 3
        assert len(told) == (minute >= 15)
    assert "郵件伺服器" in told[0]
    with reading() as db:
        (event,) = db.scalars(select(Event).where(Event.type == "mail_held_up"))
        assert event.detail["error"].endswith(" 421")
    mailbox.answer = "250 OK"
    assert send(NOW + 200 * MINUTE).sent == 3
    # The next outage is another one.
    mailbox.answer = "421 closing"
    put()
    for minute in (201, 202, 204, 208, 216, 232):
        send(NOW + minute * MINUTE)
    assert len(told) == 2


@pytest.mark.parametrize("answer", ["550 no such user", "554 5.6.0 no", "552 5.2.2 full"])
def test_what_is_refused_for_good_is_given_up_at_once(
    world: World, mailbox: Mailbox, told: list[str], answer: str
) -> None:
    put()
    mailbox.answer = answer
    assert send() == Sent(0, 0, 1)
    row = only_row()
    assert (row.body, row.sent_at, row.last_error) == ("", None, f"SMTPDataError {answer[:3]}")
    with reading() as db:
        event = db.scalars(select(Event).where(Event.type == "mail_given_up")).one()
    assert event.detail == {"error": f"SMTPDataError {answer[:3]}"}
    mailbox.answer = "250 OK"
    assert send(NOW + timedelta(days=1)) == Sent(0, 0, 0)
    # Anybody can apply with an address that is nobody's: that is not worth a telephone's ringing.
    assert (mailbox.received, told) == ([], [])


RECIPIENT = "a@b.tw"


@pytest.mark.parametrize(
    ("error", "for_good"),
    [
        (SMTPRecipientsRefused({RECIPIENT: (550, b"5.1.1 no such user")}), True),
        (SMTPRecipientsRefused({RECIPIENT: (553, b"malformed")}), True),
        (SMTPRecipientsRefused({RECIPIENT: (554, b"5.7.1 relay access denied")}), False),
        (SMTPRecipientsRefused({RECIPIENT: (530, b"authentication required")}), False),
        (SMTPRecipientsRefused({RECIPIENT: (450, b"4.2.0 greylisted")}), False),
        (SMTPRecipientsRefused({RECIPIENT: (421, b"closing")}), False),
        (SMTPDataError(554, b"5.3.0 the queue is broken"), False),
        (SMTPDataError(452, b"no room"), False),
        (SMTPAuthenticationError(535, b"5.7.8 wrong password"), False),
        (SMTPSenderRefused(550, b"not yours", "x@example.tw"), False),
        (SMTPConnectError(554, b"no service"), False),
        (SMTPHeloError(550, b"who?"), False),
        (SMTPServerDisconnected("gone"), False),
        (ConnectionRefusedError(), False),
        (TimeoutError(), False),
        (UnicodeError("the host's name"), False),
    ],
)
def test_only_the_message_s_own_fault_is_for_good(error: Exception, for_good: bool) -> None:
    assert refused_for_good(error) is for_good


def test_a_link_that_has_ended_is_not_sent_any_more(world: World, mailbox: Mailbox) -> None:
    put(useful_until=NOW + 30 * MINUTE)
    put(useful_until=NOW + timedelta(days=3))
    mailbox.answer = "451 later"
    assert send() == Sent(0, 2, 0)
    assert send(NOW + 29 * MINUTE) == Sent(0, 2, 0)
    mailbox.answer = "250 OK"
    assert send(NOW + 60 * MINUTE) == Sent(1, 0, 1)
    with reading() as db:
        ended, sent = db.scalars(select(OutgoingMail).order_by(OutgoingMail.id))
    assert (ended.body, ended.last_error) == ("", "Expired")
    assert sent.sent_at == NOW + 60 * MINUTE


def test_a_server_that_comes_back_gets_the_message(world: World, mailbox: Mailbox) -> None:
    put()
    mailbox.answer = "451 later"
    assert send() == Sent(0, 1, 0)
    mailbox.answer = "250 OK"
    assert send(NOW + timedelta(seconds=59)) == Sent(0, 0, 0)
    assert send(NOW + MINUTE) == Sent(1, 0, 0)


def test_no_server_at_all_is_a_failure_like_any_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1?tls=none")
    monkeypatch.setenv("MAIL_FROM", "cadastre@example.gov.tw")
    assert send() == Sent(0, 1, 0)
    assert only_row().last_error == "ConnectionRefusedError"


def test_a_server_without_encryption_is_not_talked_to_unless_allowed(
    world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    monkeypatch.setenv("SMTP_URL", os.environ["SMTP_URL"].removesuffix("?tls=none"))
    assert send() == Sent(0, 1, 0)
    assert mailbox.received == []
    assert only_row().last_error == "SMTPNotSupportedError"


def test_of_two_senders_at_once_one_has_each_message(world: World, mailbox: Mailbox) -> None:
    for number in range(6):
        put(f"clerk{number}@example.gov.taipei")
    with ThreadPoolExecutor(3) as pool:
        rounds = list(pool.map(lambda _n: send(), range(3)))
    assert sum(one.sent for one in rounds) == 6
    assert len({message["To"] for message in mailbox.received}) == len(mailbox.received) == 6


@pytest.mark.parametrize("recipient", ["a@b.tw\nBcc: all@example.tw", "a@b.tw\r\n\r\nhello"])
def test_a_recipient_cannot_add_headers(world: World, mailbox: Mailbox, recipient: str) -> None:
    put(recipient)
    assert send() == Sent(0, 0, 1)
    assert mailbox.received == []


def test_settings_that_cannot_be_right_cost_no_message(
    world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong with them must not look like a fault of every message."""
    alive = os.environ["SMTP_URL"]
    put()
    monkeypatch.setenv("SMTP_URL", f"smtp://{'x' * 70}.example.tw?tls=none")  # no name of a host
    assert send() == Sent(0, 1, 0)
    monkeypatch.setenv("SMTP_URL", alive)
    monkeypatch.setenv("MAIL_FROM", "a@b.tw\nBcc: all@example.tw")
    with pytest.raises(Invalid, match="MAIL_FROM"):
        send(NOW + MINUTE)
    monkeypatch.setenv("MAIL_FROM", "cadastre@example.gov.tw")
    assert send(NOW + MINUTE) == Sent(1, 0, 0)


def test_a_wrong_key_costs_no_message_until_a_week_is_over(
    world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    with monkeypatch.context() as wrong:
        wrong.setenv("DATA_KEYS", Fernet.generate_key().decode())
        assert send() == Sent(0, 1, 0)
        assert only_row().last_error == "InvalidToken"
    assert send(NOW + timedelta(days=6)) == Sent(1, 0, 0)
    put()
    monkeypatch.setenv("DATA_KEYS", Fernet.generate_key().decode())
    assert send(NOW + timedelta(days=7)) == Sent(0, 0, 1)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtps://u%40x:p%3Aw@mail.example.tw",
            ("mail.example.tw", 465, "u@x", "p:w", "direct"),
        ),
        ("smtp://mail.example.tw", ("mail.example.tw", 587, "", "", "starttls")),
        ("smtp://localhost:25?tls=none", ("localhost", 25, "", "", "none")),
    ],
)
def test_the_server_is_read_from_its_address(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple[str, int, str, str, str]
) -> None:
    monkeypatch.setenv("SMTP_URL", url)
    monkeypatch.setenv("MAIL_FROM", "cadastre@example.gov.tw")
    assert server() == Server(*expected, "cadastre@example.gov.tw")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.tw",
        "http://x",
        "smtp://",
        "smtp://x:port",
        "smtp://x:0",
        "smtp://x?tls=no",
    ],
)
def test_a_malformed_address_is_told(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SMTP_URL", url)
    monkeypatch.setenv("MAIL_FROM", "cadastre@example.gov.tw")
    with pytest.raises(Invalid, match="SMTP_URL"):
        server()


def test_only_who_operates_the_system_sends(world: World, mailbox: Mailbox) -> None:
    put()
    with pytest.raises(Refused):
        send_due(world.actor("agency_manager"), lambda: NOW)
    assert mailbox.received == []
