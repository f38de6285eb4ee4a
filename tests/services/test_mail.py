"""Mail goes out once, through a real server on loopback; what fails waits longer, and is given up."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Event, OutgoingMail
from services import mail
from services.errors import Invalid, Refused
from services.identity.actor import operator
from services.mail import Sent, queue, send_due, server
from tests.mailbox import Mailbox, listening
from tests.world import NOW, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with listening() as box:
        monkeypatch.setenv("SMTP_URL", box.url)
        monkeypatch.setenv("MAIL_FROM", "地政局 <cadastre@example.gov.tw>")
        yield box


def put(recipient: str = "clerk@example.gov.taipei", body: str = "一段文字\n第二行") -> None:
    with transaction() as db:
        queue(db, recipient, "重設密碼的連結", body, NOW)


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


def test_what_fails_waits_longer_each_time_and_is_given_up(world: World, mailbox: Mailbox) -> None:
    put()
    mailbox.answer = "451 後面還有收件人的祕密 secret"
    now, tried = NOW, []
    while (came := send(now)).given_up == 0:
        if came.later:
            tried.append(now)
        now += MINUTE
    pauses = [(b - a) // MINUTE for a, b in pairwise(tried)]
    assert pauses == [1, 2, 4, 8, 16, 32]
    assert now - tried[-1] == 64 * MINUTE
    row = only_row()
    assert (row.tries, row.body, row.sent_at) == (mail.TRIES, "", None)
    assert row.last_error == "SMTPDataError 451"
    with reading() as db:
        event = db.scalars(select(Event).where(Event.type == "mail_given_up")).one()
    assert event.detail == {"error": "SMTPDataError 451"}
    mailbox.answer = "250 OK"
    assert send(now + timedelta(days=1)) == Sent(0, 0, 0)
    assert mailbox.received == []


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
    assert send() == Sent(0, 1, 0)
    assert mailbox.received == []


def test_a_message_that_no_key_opens_is_given_up_in_the_end(world: World, mailbox: Mailbox) -> None:
    put()
    with transaction() as db:
        db.execute(update(OutgoingMail).values(body="not ours", tries=mail.TRIES - 1))
    assert send() == Sent(0, 0, 1)
    assert only_row().last_error == "InvalidToken"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://u%40x:p%3Aw@mail.example.tw", ("mail.example.tw", 465, "u@x", "p:w", "direct")),
        ("smtp://mail.example.tw", ("mail.example.tw", 587, "", "", "starttls")),
        ("smtp://localhost:25?tls=none", ("localhost", 25, "", "", "none")),
    ],
)
def test_the_server_is_read_from_its_address(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple[str, int, str, str, str]
) -> None:
    monkeypatch.setenv("SMTP_URL", url)
    monkeypatch.setenv("MAIL_FROM", "cadastre@example.gov.tw")
    assert server() == mail.Server(*expected)


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
