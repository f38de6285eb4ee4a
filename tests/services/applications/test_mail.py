"""Mail of applications, through a real server on loopback: who hears of what, once, and what it never says."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import bcrypt
import pytest
from sqlalchemy import select, update

import manage
from data.engine import reading, transaction
from data.models import Account, Application, ApplicationAct, OutgoingMail
from services import clock
from services.actor import operator
from services.applications import acting, completing, following
from services.applications.applicant import Correction
from services.applications.applying import Submitted, Wanted, apply_new
from services.applications.checks import TAKEN
from services.applications.following import confirm_address
from services.applications.listing import application_detail
from services.applications.repeating import MOST
from services.applications.undelivered import note_undelivered
from services.errors import Conflict
from services.identity import sessions
from services.identity.entering import next_step
from services.identity.links import ACTIVATION, CONFIRMATION, PAUSE, is_good, reset_password
from services.identity.passwords import matches
from services.identity.presence import Present, check
from services.operation import mailing
from services.operation.mailing import Sent, send_due
from services.regulation.application_states import State
from services.regulation.items import Item
from services.regulation.roles import Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind, Party
from tests.mailbox import Mailbox, listening
from tests.services.applications.cast import (
    ADDRESS,
    APPLICANTS,
    CAST,
    NEWCOMER,
    SCAN,
    Case,
    add_cast,
    begin_case,
)
from tests.services.applications.mails import SITE, mail_texts, mailing_to, token_in
from tests.signing_in import by_password
from tests.world import NOW, World

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
PASSWORD = "四隻 貓頭鷹 在山上唱歌啊"
DEAD = "smtp://127.0.0.1:1?tls=none"


@pytest.fixture
def cast(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    cheap = bcrypt.gensalt
    monkeypatch.setattr(bcrypt, "gensalt", lambda: cheap(4))
    add_cast(world)
    return world


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with listening() as box:
        mailing_to(monkeypatch, box.url)
        yield box


def post(box: Mailbox, now: datetime) -> list[EmailMessage]:
    """Let the timer run once; return what came, and leave the mailbox empty."""
    send_due(operator(now), lambda: now)
    came, box.received = box.received, []
    return came


def to(message: EmailMessage) -> str:
    return str(message["To"])


def text(message: EmailMessage) -> str:
    return str(message.get_content())


def stored(id_: int) -> Application:
    with reading() as db:
        return db.get_one(Application, id_)


def ask(world: World, now: datetime = NOW) -> Submitted:
    wanted = Wanted(
        Role.GENERAL_USER, world.units["tax1"], (Item.LAND_DESCRIPTION, Item.OWNER_HOLDINGS), "業務"
    )
    return apply_new(NEWCOMER, wanted, ADDRESS, now)


def test_from_applying_to_signing_in_by_mail(cast: World, mailbox: Mailbox) -> None:
    all_mail: list[EmailMessage] = []

    def came(now: datetime) -> list[EmailMessage]:
        found = post(mailbox, now)
        all_mail.extend(found)
        return found

    # 1. One mail to the address that was given, and to nobody else before it is confirmed.
    sent = ask(cast)
    assert sent.token is None and stored(sent.id).state == State.UNCONFIRMED
    (confirmation,) = came(NOW)
    assert to(confirmation) == NEWCOMER.email
    assert sent.number in str(confirmation["Subject"]) and sent.number in text(confirmation)
    assert "72 小時" in text(confirmation)
    token = token_in(text(confirmation), "follow")

    # 2. Confirmed and printed: the head hears that it is their turn, and where.
    confirm_address(token, NOW + MINUTE, ADDRESS)
    assert stored(sent.id).state == State.OPEN and came(NOW + MINUTE) == []
    following.print_with_link(token, NOW + 2 * MINUTE, ADDRESS)
    (turn,) = came(NOW + 2 * MINUTE)
    assert to(turn) == "head@example.gov.taipei" and "核可" in str(turn["Subject"])
    assert f"{SITE}/accounts?application={sent.id}\n" in text(turn).replace("\r\n", "\n")
    following.print_with_link(token, NOW + 2 * MINUTE, ADDRESS)
    assert came(NOW + 2 * MINUTE) == []

    # 3. Sent back: the applicant reads why.
    head = cast.actor("head", NOW + 3 * MINUTE)
    acting.send_back(head, sent.id, stored(sent.id).revision, "項目逾職務所需")
    (back,) = came(head.now)
    assert to(back) == NEWCOMER.email and "退回補正" in str(back["Subject"])
    assert "項目逾職務所需" in text(back)

    # 4. Put right and printed anew: the head's turn again; approved: the managers'.
    right = Correction((Item.LAND_DESCRIPTION,), "辦理地價稅稽徵業務")
    now = NOW + 4 * MINUTE
    following.correct_with_link(token, stored(sent.id).revision, right, now, ADDRESS)
    following.print_with_link(token, now, ADDRESS)
    assert [to(one) for one in came(now)] == ["head@example.gov.taipei"]
    acting.approve(cast.actor("head", now), sent.id, stored(sent.id).revision)
    told = came(now)
    assert {to(one).partition("@")[0] for one in told} == {
        *("unit_manager", "um2", "agency_manager", "am2")
    }
    assert len(told) == 4 and all("完成辦理" in str(one["Subject"]) for one in told)

    # 5. Completed: the holder alone gets the link that sets the password, which works once.
    manager = cast.actor("unit_manager", NOW + 5 * MINUTE)
    account_id = completing.complete(manager, sent.id, stored(sent.id).revision, SCAN)
    (activation,) = came(manager.now)
    assert to(activation) == NEWCOMER.email and "72 小時" in text(activation)
    link = token_in(text(activation), "reset")
    assert is_good(link, manager.now + ACTIVATION - SECOND)
    assert not is_good(link, manager.now + ACTIVATION)
    later = NOW + timedelta(days=2)
    reset_password(link, PASSWORD, ADDRESS, later)
    with pytest.raises(Conflict, match="已用過"):
        reset_password(link, "再換一個是 四隻啄木鳥啊", ADDRESS, later)

    # 6. And signs in with it.
    with reading() as db:
        hashed = db.get_one(Account, account_id).password_hash
    assert matches(PASSWORD, hashed)
    entering = by_password(NEWCOMER.username, later + SECOND)
    assert next_step(entering, later + SECOND) is None
    opened = sessions.open_session(entering, ADDRESS, later + SECOND)
    present = check(opened.id, later + 2 * SECOND)
    assert isinstance(present, Present) and present.actor.items == {Item.LAND_DESCRIPTION}
    assert came(later + SECOND) == []

    # No mail says more than it has to: who and what stays behind the sign-in.
    said = "\n".join(str(one["Subject"]) + text(one) for one in all_mail)
    person = (NEWCOMER.staff_no, NEWCOMER.phone, ADDRESS)
    never = (PASSWORD, hashed, *person, *(item.label for item in Item))
    assert not [one for one in never if one in said]
    links = re.findall(r"https?://\S+", said)
    assert links and all(one.startswith(f"{SITE}/") for one in links)
    with reading() as db:  # the text of what was sent is kept nowhere
        assert set(db.scalars(select(OutgoingMail.body))) == {""}


def test_an_unconfirmed_address_is_sent_nothing_that_a_stranger_wrote(
    cast: World, mailbox: Mailbox
) -> None:
    """Whoever types somebody else's address sends them no words of their own in our name."""
    lure = replace(NEWCOMER, name="請點 http://evil.example 領獎", title="贏家")
    wanted = Wanted(
        Role.GENERAL_USER, cast.units["tax1"], (Item.LAND_DESCRIPTION,), "http://evil.example"
    )
    apply_new(lure, wanted, ADDRESS, NOW)
    (confirmation,) = post(mailbox, NOW)
    assert "evil" not in text(confirmation) + str(confirmation["Subject"])


def test_a_dead_server_loses_nothing_and_holds_nothing_up(
    cast: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = mailbox.url
    mailing_to(monkeypatch, DEAD)
    sent = ask(cast)
    now = NOW
    assert send_due(operator(now), lambda: now) == Sent(0, 1, 0)
    token = token_in(mail_texts()[0], "follow")
    confirm_address(token, now, ADDRESS)
    following.print_with_link(token, now, ADDRESS)
    mailbox.answer = "451 later"
    mailing_to(monkeypatch, living)
    assert send_due(operator(now), lambda: now) == Sent(0, 1, 0)  # the head's; the first one waits
    acting.approve(cast.actor("head"), sent.id, stored(sent.id).revision)
    completing.complete(cast.actor("unit_manager"), sent.id, stored(sent.id).revision, SCAN)
    assert stored(sent.id).state == State.COMPLETED
    assert mailbox.received == []
    # Nobody sees to it for a day and a half: there is a weekend, and the server answers nothing.
    mailing_to(monkeypatch, DEAD)
    for hour in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 36):
        now = NOW + timedelta(hours=hour)
        assert send_due(operator(now), lambda: now) == Sent(0, 7, 0)  # noqa: B023
    mailbox.answer = "250 OK"
    mailing_to(monkeypatch, living)
    now = NOW + timedelta(hours=37)
    came = post(mailbox, now)
    names = [to(one).partition("@")[0] for one in came]
    assert names == [
        *("wang.xm", "head", "unit_manager", "agency_manager", "um2", "am2", "wang.xm")
    ]
    assert is_good(token_in(text(came[-1]), "reset"), now)
    assert post(mailbox, now + timedelta(days=1)) == []  # each once


# --- what never arrives ---------------------------------------------------------------------------


def send_noting(now: datetime) -> Sent:
    """Let the timer run once, as the command line does."""
    return send_due(operator(now), lambda: now, note_undelivered)


def test_a_notice_that_never_arrives_stands_in_the_history_and_the_operator_hears(
    cast: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice to the manager (5.1.3) counts as given when it is queued: its failure must be seen."""
    told: list[str] = []
    monkeypatch.setattr(mailing, "alert", lambda sentence, **_detail: told.append(sentence))
    case = begin_case(cast, Role.GENERAL_USER, Kind.REINSTATE)
    assert [act.channel for act in acts_of(case)][-1] == "email"
    mailbox.answer = "550 5.1.1 no such user"
    came = send_noting(NOW)
    assert came.given_up == len(told) == 4
    history = application_detail(cast.actor("unit_manager"), case.submitted.id).acts[-4:]
    assert {act.act.label for act in history} == {"郵件無法送達"}
    assert any(
        cast.actor("unit_manager").name in act.note and case.submitted.number in act.note
        for act in history
    )
    assert not [act for act in history if "@" in act.note]
    # The step is as it was: the manager who has read it completes.
    case.take(case.flow.steps[case.row.step].deed)
    assert case.row.state == State.COMPLETED


def test_the_command_line_has_the_history_told(
    cast: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "alert", lambda *_words, **_detail: None)
    case = begin_case(cast, Role.GENERAL_USER, Kind.REINSTATE)
    mailbox.answer = "550 no such user"
    monkeypatch.setattr(clock, "utc_now", lambda: NOW)
    manage.send_mail(as_json=True)
    assert acts_of(case)[-1].act == "undelivered"


def test_an_unproven_address_alarms_nobody(
    cast: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "alert", lambda *_words, **_detail: pytest.fail("alarmed"))
    sent = ask(cast)
    mailbox.answer = "550 no such user"
    assert send_noting(NOW) == Sent(0, 0, 1)
    with reading() as db:
        assert [act.act for act in db.get_one(Application, sent.id).acts] == ["submitted"]


def test_a_confirmation_is_sent_for_as_long_as_it_can_be_confirmed(
    cast: World, mailbox: Mailbox
) -> None:
    ask(cast)
    mailbox.answer = "451 later"
    assert send_noting(NOW).later == 1
    assert send_noting(NOW + CONFIRMATION - SECOND).later == 1
    assert send_noting(NOW + CONFIRMATION + timedelta(hours=1)) == Sent(0, 0, 1)


# --- applying again while nothing is confirmed ----------------------------------------------------


def test_whom_the_mail_did_not_reach_applies_again(cast: World, mailbox: Mailbox) -> None:
    first = ask(cast)
    with pytest.raises(Conflict, match="辦理中的申請"):
        ask(cast, NOW + PAUSE - SECOND)
    later = NOW + PAUSE
    second = ask(cast, later)
    assert second.number != first.number
    one, two = (token_in(text(each), "follow") for each in post(mailbox, later))
    assert stored(first.id).state == stored(second.id).state == State.UNCONFIRMED
    confirm_address(two, later, ADDRESS)
    assert stored(second.id).state == State.OPEN
    ended = stored(first.id)
    assert (ended.state, ended.closed_at) == (State.WITHDRAWN, later)
    confirm_address(one, later, ADDRESS)  # pressed as well: nothing comes of it
    assert stored(first.id).state == State.WITHDRAWN
    with pytest.raises(Conflict, match="辦理中的申請"):
        ask(cast, later + PAUSE)


@pytest.mark.attack("sign-in")
def test_a_stranger_who_names_an_address_fills_no_mailbox_and_takes_nothing(
    cast: World, mailbox: Mailbox
) -> None:
    own = ask(cast)
    stranger = replace(NEWCOMER, staff_no="X99999", username="evil")
    wanted = Wanted(Role.GENERAL_USER, cast.units["tax2"], (Item.LAND_DESCRIPTION,), "不是我")
    for n in range(1, MOST):
        apply_new(stranger, wanted, f"10.9.{n}.1", NOW + n * PAUSE)
    for n in range(MOST, 12):
        with pytest.raises(Conflict, match=TAKEN):
            apply_new(stranger, wanted, f"10.9.{n}.1", NOW + n * PAUSE)
    letters = post(mailbox, NOW + timedelta(hours=3))
    assert len(letters) == MOST
    confirm_address(token_in(text(letters[0]), "follow"), NOW + timedelta(hours=3), ADDRESS)
    assert stored(own.id).state == State.OPEN


# --- who is told, in all sixteen -----------------------------------------------------------------

SECOND_ONES = {"unit_manager": "um2", "agency_manager": "am2", "system_manager": "sm2"}


def may_take(case: Case, n: int) -> set[str]:
    """The people of the cast whom the table names for a step, but for the applicant."""
    names = set()
    for party in case.flow.steps[n].parties:
        if party is Party.UNIT_HEAD and case.flow.role is Role.SYSTEM_MANAGER:
            names.add("bureau_head")
        elif party is not Party.APPLICANT:
            names.add(CAST[party])
    names |= {SECOND_ONES[name] for name in names if name in SECOND_ONES}
    about = "" if case.flow.kind is Kind.CREATE else APPLICANTS[case.flow.role]
    return names - {about}


def told_since(seen: int) -> tuple[list[str], int]:
    """Return who was written to since, by account name, and how many messages there are by now."""
    with reading() as db:
        found = db.scalars(select(OutgoingMail.recipient).order_by(OutgoingMail.id)).all()
    return sorted(one.partition("@")[0] for one in found[seen:]), len(found)


@pytest.mark.parametrize(
    ("role", "kind"), WORKFLOWS, ids=[f"{role.value}-{kind.value}" for role, kind in WORKFLOWS]
)
def test_whose_turn_it_is_hears_of_it_and_nobody_else(
    cast: World, role: Role, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing_to(monkeypatch, DEAD)
    case = begin_case(cast, role, kind)
    seen, applicant = 0, APPLICANTS[role]
    if kind is Kind.CREATE:
        applicant = NEWCOMER.username
        assert told_since(0) == ([applicant], 1)
        token = token_in(mail_texts()[0], "follow")
        confirm_address(token, NOW, ADDRESS)
        case.submitted, seen = replace(case.submitted, token=token), 1
    actor = ""
    while case.row.state == State.OPEN:
        n = case.row.step
        step = case.flow.steps[n]
        told, seen = told_since(seen)
        # Who has just acted and may go on sees it on the page, and the others need not run.
        waits = step.deed is Deed.PRINT or actor in may_take(case, n)
        assert told == ([] if waits else sorted(may_take(case, n))), step.deed
        case.take(step.deed)
        parties = [party for party in step.parties if party is not Party.APPLICANT]
        at_bureau = role is Role.SYSTEM_MANAGER and step.deed is Deed.APPROVE
        actor = "" if step.deed is Deed.PRINT else "bureau_head" if at_bureau else CAST[parties[0]]
    told, _ = told_since(seen)
    assert told == [applicant]
    assert ("72 小時" in mail_texts()[-1]) == (kind is Kind.CREATE)
    assert ("已辦理完成" in mail_texts()[-1]) == (kind is not Kind.CREATE)
    notified = kind is Kind.REINSTATE and role in (Role.GENERAL_USER, Role.UNIT_MANAGER)
    assert ("email" in {act.channel for act in acts_of(case)}) == notified


def acts_of(case: Case) -> list[ApplicationAct]:
    with reading() as db:
        return list(db.get_one(Application, case.submitted.id).acts)


@pytest.mark.parametrize(("end", "says"), [("refuse", "未獲核准"), ("send_back", "退回補正")])
def test_the_applicant_reads_why(cast: World, mailbox: Mailbox, end: str, says: str) -> None:
    case = begin_case(cast, Role.GENERAL_USER, Kind.CHANGE)
    case.print()
    post(mailbox, NOW)
    getattr(acting, end)(cast.actor("head"), case.submitted.id, case.row.revision, "請先完成訓練")
    (message,) = post(mailbox, NOW)
    assert to(message) == "clerk@example.gov.taipei" and says in str(message["Subject"])
    assert "請先完成訓練" in text(message) and case.submitted.number in text(message)


def test_who_is_closed_or_has_no_address_is_not_written_to(cast: World, mailbox: Mailbox) -> None:
    with transaction() as db:
        for who, value in (("um2", {"status": "suspended"}), ("am2", {"email": ""})):
            db.execute(update(Account).where(Account.username == who).values(**value))
    case = begin_case(cast, Role.GENERAL_USER, Kind.CANCEL)
    case.print()
    case.take(Deed.APPROVE)
    assert [to(one).partition("@")[0] for one in post(mailbox, NOW)] == [
        *("head", "unit_manager", "agency_manager")
    ]
