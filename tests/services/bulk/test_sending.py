"""Sending a list in: all good rows or none, told to the applicants, and who may go on with it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from data.engine import reading, transaction
from data.models import Account, AccountDuty, Application, Event, OutgoingMail
from services.actor import Actor
from services.applications import acting, applying, approvers, completing, following
from services.applications.bulk import sending
from services.applications.bulk.listing import preview_people
from services.applications.bulk.sending import SentIn, send_people
from services.applications.listing import application_detail, list_applications
from services.errors import Conflict, Refused
from services.installation import keys
from services.mail import outgoing
from services.regulation.roles import Duty
from services.regulation.workflows import Deed
from tests.prepared import objects
from tests.services.applications.cast import ADDRESS, SCAN
from tests.services.bulk.lists import list_of, person
from tests.world import NOW, World

PEOPLE = (person(1), person(2, 電話=""), person(3), person(4, "用地科"))


def send(actor: Actor, *people: dict[str, str]) -> tuple[SentIn, ...]:
    data = list_of(*people)
    return send_people(actor, "名單.csv", data, preview_people(actor, data).good)


def applications() -> list[Application]:
    with reading() as db:
        return list(db.scalars(select(Application).order_by(Application.id)))


@pytest.fixture
def mailing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://cadastre.gov.taipei")
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:9?tls=none")
    monkeypatch.setenv("MAIL_FROM", "no-reply@gov.taipei")


def test_the_good_rows_come_in_with_one_event(world: World) -> None:
    sent = send(world.actor("unit_manager"), *PEOPLE)
    assert [one.name for one in sent] == ["新人001", "新人003"]
    found = applications()
    assert [one.number for one in found] == [one.number for one in sent]
    for one in found:
        assert (one.role, one.kind, one.unit_id) == ("general_user", "create", world.units["tax1"])
        assert one.items == ["LandDescription", "CadastralMap"]
    with reading() as db:
        [event] = db.scalars(select(Event).where(Event.type == "people_imported")).all()
    counts = {key: event.detail[key] for key in ("read", "stored", "rejected")}
    assert counts == {"read": 4, "stored": 2, "rejected": 2}
    assert (
        event.detail["file_sha256"]
        == preview_people(world.actor("unit_manager"), list_of(*PEOPLE)).sha256
    )
    assert event.object_id == "名單.csv"
    # No name, no number and no link of theirs is in the log of it.
    assert set(event.detail) == {"read", "stored", "rejected", "file_sha256"}


@pytest.mark.attack("path")
@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\a\\b.csv", "\x00\u202e.csv", ""])
def test_a_files_name_never_becomes_a_path(world: World, name: str) -> None:
    manager, data = world.actor("unit_manager"), list_of(person(1))
    send_people(manager, name, data, [2])
    with reading() as db:
        [event] = db.scalars(select(Event).where(Event.type == "people_imported")).all()
    assert event.object_id in ("passwd", "b.csv", ".csv", "（未命名）")


def test_every_applicant_is_mailed_as_single_ones_are(world: World, mailing: None) -> None:
    assert outgoing.is_configured()
    manager = world.actor("unit_manager")
    sent = send(manager, person(1), person(2))
    assert [one.link for one in sent] == [None, None]
    assert {one.state for one in applications()} == {"unconfirmed"}
    with reading() as db:
        letters = list(db.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))
    assert [one.recipient for one in letters] == ["new00001@gov.taipei", "new00002@gov.taipei"]
    body = keys.data_cipher().decrypt(letters[0].body.encode()).decode()
    assert manager.label in body
    token = body.split("?follow=")[1].split()[0]
    following.confirm_address(token, NOW, ADDRESS)
    assert [one.state for one in applications()] == ["open", "unconfirmed"]


def test_without_mail_each_link_is_told_once(world: World) -> None:
    sent = send(world.actor("unit_manager"), person(1), person(2))
    tokens = [parse_qs(urlsplit(one.link or "").query)["follow"][0] for one in sent]
    assert len(set(tokens)) == 2
    for one, token in zip(sent, tokens, strict=True):
        assert following.follow(token, NOW, ADDRESS).line.number == one.number
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(OutgoingMail)) == 0
        stored = " ".join(str(event.detail) for event in db.scalars(select(Event)))
    assert not [token for token in tokens if token in stored]


def to_complete(world: World, sent: SentIn, application: Application) -> int:
    """Take the application up to the step before the last; return its revision."""
    token = parse_qs(urlsplit(sent.link or "").query)["follow"][0]
    following.print_with_link(token, NOW, ADDRESS)
    acting.approve(world.actor("head"), application.id, revision_of(application))
    return revision_of(application)


def revision_of(application: Application) -> int:
    with reading() as db:
        return db.get_one(Application, application.id).revision


def test_who_held_the_links_does_not_complete_and_another_manager_does(world: World) -> None:
    importer = world.actor("unit_manager")
    [sent] = send(importer, person(1))
    [made] = applications()
    revision = to_complete(world, sent, made)
    with pytest.raises(Refused, match="其他管理者"):
        completing.complete(importer, made.id, revision, SCAN, knows_applicant=True)
    assert not [line for line in list_applications(importer).lines if line.is_mine_to_do]
    other = world.actor("agency_manager")
    account = completing.complete(other, made.id, revision, SCAN, knows_applicant=True)
    with reading() as db:
        assert db.get_one(Account, account).username == "new.00001"


def test_with_mail_the_importer_completes(world: World, mailing: None) -> None:
    importer = world.actor("unit_manager")
    send(importer, person(1))
    [made] = applications()
    with reading() as db:
        letter = db.scalars(select(OutgoingMail)).one()
    body = keys.data_cipher().decrypt(letter.body.encode()).decode()
    token = body.split("?follow=")[1].split()[0]
    following.confirm_address(token, NOW, ADDRESS)
    following.print_with_link(token, NOW, ADDRESS)
    acting.approve(world.actor("head"), made.id, revision_of(made))
    assert completing.complete(importer, made.id, revision_of(made), SCAN)


def test_who_imports_never_approves_not_even_as_head(world: World) -> None:
    with transaction() as db:
        db.add(
            AccountDuty(
                account_id=world.accounts["unit_manager"],
                duty=Duty.UNIT_HEAD.value,
                unit_id=world.units["tax1"],
                granted_at=NOW,
            )
        )
    importer = world.actor("unit_manager")
    [sent] = send(importer, person(1))
    [made] = applications()
    token = parse_qs(urlsplit(sent.link or "").query)["follow"][0]
    following.print_with_link(token, NOW, ADDRESS)
    with pytest.raises(Refused, match="匯入名單"):
        acting.approve(importer, made.id, revision_of(made))
    offered = approvers.possible_approvers(world.actor("agency_manager"), made.id)
    assert [one.id for one in offered] == [world.accounts["head"]]
    acting.approve(world.actor("head"), made.id, revision_of(made))
    with reading() as db:
        assert db.get_one(Application, made.id).step == 3, Deed.COMPLETE


@pytest.mark.parametrize("account_of_head", [True, False])
def test_who_imports_records_no_approval_from_paper_either(
    world: World, mailing: None, account_of_head: bool
) -> None:
    """Sender, approver and completer in one: also where the importer is the only head there is."""
    with transaction() as db:
        held = db.scalars(select(AccountDuty).where(AccountDuty.unit_id == world.units["tax1"]))
        for duty in held:
            if duty.duty == Duty.UNIT_HEAD and not account_of_head:
                duty.account_id = world.accounts["unit_manager"]
    importer, other = world.actor("unit_manager"), world.actor("agency_manager")
    send(importer, person(1))
    [made] = applications()
    with reading() as db:
        letter = db.scalars(select(OutgoingMail)).one()
    token = (
        keys.data_cipher().decrypt(letter.body.encode()).decode().split("?follow=")[1].split()[0]
    )
    following.confirm_address(token, NOW, ADDRESS)
    following.print_with_link(token, NOW, ADDRESS)
    approver = world.accounts["head"] if account_of_head else "主任 陳大同"
    record = acting.record_approval_on_paper
    assert not application_detail(importer, made.id).may_record_paper
    with pytest.raises(Refused, match="其他管理者登錄"):
        record(importer, made.id, revision_of(made), approver, NOW.date(), SCAN)
    # Another manager does, and then either of them completes.
    assert application_detail(other, made.id).may_record_paper
    record(other, made.id, revision_of(made), approver, NOW.date(), SCAN)
    assert completing.complete(importer, made.id, revision_of(made), SCAN)


def test_what_changed_since_the_preview_stops_all_of_it(world: World) -> None:
    manager, data = world.actor("unit_manager"), list_of(person(1), person(2))
    shown = preview_people(manager, data).good
    with transaction() as db:
        db.get_one(Account, world.accounts["works_clerk"]).staff_no = "N00002"
    before = objects()
    with pytest.raises(Conflict, match="重新檢查"):
        send_people(manager, "名單.csv", data, shown)
    assert objects() == before
    send_people(manager, "名單.csv", data, preview_people(manager, data).good)
    assert [one.staff_no for one in applications()] == ["N00001"]


def test_another_file_than_the_one_shown_is_not_sent(world: World) -> None:
    manager = world.actor("unit_manager")
    shown = preview_people(manager, list_of(person(1), person(2, 電話=""))).good
    with pytest.raises(Conflict):
        send_people(manager, "名單.csv", list_of(person(1), person(2)), shown)
    assert applications() == []


def test_a_failure_on_the_way_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    manager, before, calls = world.actor("unit_manager"), objects(), 0
    submit = applying.submit_new

    def failing(*given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("broken")
        return submit(*given)

    monkeypatch.setattr(sending, "submit_new", failing)
    with pytest.raises(RuntimeError):
        send(manager, person(1), person(2))
    assert calls == 2
    assert objects() == before


def test_two_managers_at_once_send_a_list_in_once(world: World) -> None:
    data = list_of(*(person(n) for n in range(20)))
    people = [world.actor("unit_manager"), world.actor("agency_manager")]
    shown = preview_people(people[0], data).good

    def attempt(actor: Actor) -> str:
        try:
            send_people(actor, "名單.csv", data, shown)
        except Conflict:
            return "told"
        return "sent"

    with ThreadPoolExecutor(2) as both:
        outcomes = sorted(both.map(attempt, people))
    assert outcomes == ["sent", "told"]
    assert len(applications()) == 20


def test_the_same_list_again_sends_nothing(world: World) -> None:
    manager = world.actor("unit_manager")
    send(manager, person(1), person(2))
    again = preview_people(manager, list_of(person(1), person(2)))
    assert again.good == ()
    with pytest.raises(Conflict):
        send_people(manager, "名單.csv", list_of(person(1), person(2)), ())
    assert len(applications()) == 2
