"""A person of another system is (source, user id), tied to an account only when one claims it."""

import pytest
from sqlalchemy import delete, select

from data.engine import reading, transaction
from data.models import Account, Event, SourceUser, UsageRecord
from services.actor import Actor
from services.errors import Conflict, Invalid, NotFound, Refused
from services.usage.importing import service, sources
from services.usage.importing.matching import propose_matches
from services.usage.importing.source_users import (
    MOST_AT_ONCE,
    claim_source_user,
    claim_source_users,
    list_accounts,
    list_source_users,
)
from tests.services.import_helpers import SOURCE, csv_file
from tests.world import World


@pytest.fixture
def manager(world: World) -> Actor:
    return world.actor("system_manager")


def imported(manager: Actor, *rows: dict[str, str]) -> int:
    """Import these rows and return the id of the source."""
    service.store(manager, SOURCE, "a.csv", csv_file(*rows), only_good=False)
    return sources.list_sources(manager)[0].id


def people() -> list[tuple[str, int | None, bool]]:
    with reading() as db:
        rows = db.scalars(select(UsageRecord).order_by(UsageRecord.id))
        return [(row.person_key, row.account_id, row.item_authorised) for row in rows]


def test_a_claim_holds_for_later_imports_only(world: World, manager: Actor) -> None:
    source_id = imported(manager, {})
    clerk = world.accounts["clerk"]
    claim_source_user(manager, source_id, "u001", clerk)
    imported(
        manager,
        {"序號": "2"},
        {"序號": "3", "查詢項目": "土地他項權利部"},
        {"序號": "4", "使用者代號": "u002"},
    )
    assert people() == [
        (f"S{source_id}:u001", None, True),
        (str(clerk), clerk, True),
        (str(clerk), clerk, False),
        (f"S{source_id}:u002", None, True),
    ]
    claim_source_user(manager, source_id, "u001", None)
    imported(manager, {"序號": "5"})
    assert people()[-1] == (f"S{source_id}:u001", None, True)
    with reading() as db:
        events = db.scalars(
            select(Event).where(Event.type == "source_user_claimed").order_by(Event.id)
        ).all()
    assert [(event.object_id, event.detail) for event in events] == [
        (f"{source_id}:u001", {"account_id": clerk, "before": None}),
        (f"{source_id}:u001", {"account_id": None, "before": clerk}),
    ]


def test_people_are_listed_with_their_newest_name(world: World, manager: Actor) -> None:
    source_id = imported(manager, {}, {"序號": "2", "使用者代號": "u002", "姓名": ""})
    imported(manager, {"序號": "3", "姓名": "改名"}, {"序號": "4", "姓名": ""})
    claim_source_user(manager, source_id, "u002", world.accounts["clerk"])
    shown = list_source_users(manager, source_id)
    assert [(user.label, user.account_label) for user in shown] == [
        ("改名（u001）", ""),
        ("u002", "測試001（clerk）"),
    ]
    assert {user.source_name for user in shown} == {SOURCE}
    assert list_source_users(manager, source_id + 1) == []


def test_every_account_can_be_chosen(world: World, manager: Actor) -> None:
    choices = list_accounts(manager)
    assert {choice.id for choice in choices} == set(world.accounts.values())
    assert "臺北市稅捐稽徵處 大安分處 測試001（clerk）" in {choice.label for choice in choices}


def test_claims_that_cannot_be(world: World, manager: Actor) -> None:
    source_id = imported(manager, {})
    with pytest.raises(NotFound, match="使用者"):
        claim_source_user(manager, source_id, "nobody", world.accounts["clerk"])
    with pytest.raises(NotFound, match="帳號"):
        claim_source_user(manager, source_id, "u001", 9999)
    with pytest.raises(Conflict):
        claim_source_user(manager, source_id, "u001", None)
    for name in ("clerk", "agency_manager", "reviewer"):
        actor = world.actor(name)
        with pytest.raises(Refused):
            claim_source_user(actor, source_id, "u001", world.accounts["clerk"])
        with pytest.raises(Refused):
            list_source_users(actor, source_id)
        with pytest.raises(Refused):
            list_accounts(actor)
    assert list_source_users(manager, source_id)[0].account_id is None


def test_accounts_are_proposed_with_their_reason(world: World, manager: Actor) -> None:
    with reading() as db:
        accounts = {
            account.username: account
            for account in db.scalars(
                select(Account).where(Account.id.in_(world.accounts.values()))
            )
        }
    clerk, other = accounts["clerk"], accounts["unit_manager"]
    source_id = imported(
        manager,
        {"序號": "1", "使用者代號": "CLERK", "姓名": clerk.name},
        {"序號": "2", "使用者代號": other.staff_no, "姓名": "別人"},
        {"序號": "3", "使用者代號": "x1", "姓名": accounts["head"].name},
        {"序號": "4", "使用者代號": "x2", "姓名": "沒有這個人"},
        # Two users of one name, and one who was seen last in another agency: none is proposed.
        {"序號": "5", "使用者代號": "x3", "姓名": accounts["auditor"].name},
        {"序號": "6", "使用者代號": "x4", "姓名": accounts["auditor"].name},
        {"序號": "7", "使用者代號": "x5", "姓名": accounts["agency_manager"].name},
        {
            "序號": "8",
            "使用者代號": "x5",
            "姓名": accounts["agency_manager"].name,
            "使用機關": "臺北市政府工務局",
            "使用單位": "用地科",
        },
    )
    found = {match.user_code: match for match in propose_matches(manager, source_id)}
    assert {code: (one.account_id, one.why, one.name_differs) for code, one in found.items()} == {
        "CLERK": (clerk.id, "代號與帳號相同", False),
        other.staff_no: (other.id, "代號與員工編號相同", True),
        "x1": (world.accounts["head"], "同機關的同姓名者只有一位", False),
    }
    assert found["CLERK"].account_label == "臺北市稅捐稽徵處 大安分處 測試001（clerk）"
    claim_source_user(manager, source_id, "CLERK", clerk.id)
    assert set(found) - {one.user_code for one in propose_matches(manager, source_id)} == {"CLERK"}


def test_a_code_of_two_accounts_is_told_by_the_name(world: World, manager: Actor) -> None:
    with transaction() as db:
        clerk, other = (db.get_one(Account, world.accounts[name]) for name in ("clerk", "clerk2"))
        code = other.username = clerk.staff_no.lower()
        names = (clerk.name, other.name)
    for name, proposed in ((names[0], "clerk"), (names[1], "clerk2"), ("別人", None), ("", None)):
        with transaction() as db:
            db.execute(delete(SourceUser))
            source_id = world.source_id
            db.add(SourceUser(source_id=source_id, user_code=code, name=name))
        found = [match.account_id for match in propose_matches(manager, source_id)]
        assert found == ([world.accounts[proposed]] if proposed else [])


def test_many_are_tied_at_once_or_none(world: World, manager: Actor) -> None:
    source_id = imported(
        manager, *[{"序號": str(number), "使用者代號": f"x{number}"} for number in range(3)]
    )
    clerk, head = world.accounts["clerk"], world.accounts["head"]

    def tied() -> dict[str, int | None]:
        return {user.user_code: user.account_id for user in list_source_users(manager, source_id)}

    def claimed() -> list[tuple[str | None, object]]:
        with reading() as db:
            rows = db.scalars(
                select(Event).where(Event.type == "source_user_claimed").order_by(Event.id)
            )
            return [(row.object_id, row.detail) for row in rows]

    claim_source_user(manager, source_id, "x2", head)
    before = (tied(), claimed())
    for claims, error in (
        ({"x0": clerk, "nobody": clerk}, NotFound),
        ({"x0": clerk, "x1": 9999}, NotFound),
        ({"x0": clerk, "x2": clerk}, Conflict),
        ({"x0": clerk, "x2": head}, Conflict),
        ({}, Invalid),
        ({f"y{number}": clerk for number in range(MOST_AT_ONCE + 1)}, Invalid),
    ):
        with pytest.raises(error):
            claim_source_users(manager, source_id, claims)
        assert (tied(), claimed()) == before
    claim_source_users(manager, source_id, {"x1": head, "x0": clerk})
    assert tied() == {"x0": clerk, "x1": head, "x2": head}
    assert claimed()[-2:] == [
        (f"{source_id}:x0", {"account_id": clerk, "before": None}),
        (f"{source_id}:x1", {"account_id": head, "before": None}),
    ]
    with pytest.raises(Refused):
        claim_source_users(world.actor("clerk"), source_id, {"x0": clerk})
