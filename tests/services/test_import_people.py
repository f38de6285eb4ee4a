"""A person of another system is (source, user id), tied to an account only when one claims it."""

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import Event, UsageRecord
from services.actor import Actor
from services.errors import Conflict, NotFound, Refused
from services.usage.importing import service, sources
from services.usage.importing.source_users import (
    claim_source_user,
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
