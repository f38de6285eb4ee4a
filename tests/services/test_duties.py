"""Duties are given and ended by whoever answers for the place; each act is on record and holds at once."""

from typing import Any

import pytest
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Account, Event
from services.accounts.duties import duties_of, end_duty, give_duty
from services.errors import Conflict, Invalid, Refused
from services.regulation.roles import AccountStatus, Duty, EthicsKind, Role
from tests.world import World

WHY = "115年12月1日人事令"


def held(world: World, who: str) -> list[tuple[Duty, int | None, int | None]]:
    return [(one.duty, one.unit_id, one.agency_id) for one in world.actor(who).duties]


@pytest.mark.parametrize(
    ("duty", "unit", "agency", "kind"),
    [
        (Duty.UNIT_HEAD, "tax1", None, None),
        (Duty.ETHICS_OFFICER, None, "tax", EthicsKind.PART),
        (Duty.AGENCY_HEAD, None, "tax", None),
    ],
)
def test_an_agency_manager_gives_and_ends_it(
    world: World, duty: Duty, unit: str | None, agency: str | None, kind: EthicsKind | None
) -> None:
    manager = world.actor("agency_manager")
    clerk = world.accounts["clerk"]
    give_duty(manager, clerk, duty, WHY, kind)
    place = (unit and world.units[unit], agency and world.agencies[agency])
    assert held(world, "clerk") == [(duty, *place)]
    (line,) = duties_of(manager, clerk).held
    assert (line.may_end, line.kind) == (True, kind)
    assert line.label == ("政風人員（兼辦政風）" if kind else duty.label)
    end_duty(manager, clerk, line.duty_id, WHY)
    assert held(world, "clerk") == []
    said = {"duty": duty.value, "reason": WHY}
    with reading() as db:
        events = db.scalars(select(Event).where(Event.type.startswith("duty_"))).all()
        assert [(one.type, one.object_id, one.detail) for one in events] == [
            ("duty_given", str(clerk), said | ({"kind": kind.value} if kind else {})),
            ("duty_ended", str(clerk), said),
        ]


def test_an_ethics_officer_has_a_kind_and_is_never_the_agency_manager(world: World) -> None:
    manager, clerk = world.actor("agency_manager"), world.accounts["clerk"]
    with transaction() as db:
        db.get_one(Account, world.accounts["clerk2"]).role = Role.AGENCY_MANAGER.value
    assert Duty.ETHICS_OFFICER in duties_of(manager, clerk).may_give
    assert Duty.ETHICS_OFFICER not in duties_of(manager, world.accounts["clerk2"]).may_give
    for who, duty, kind, sentence in (
        ("clerk", Duty.ETHICS_OFFICER, None, "政風單位、兼辦政風、上級機關政風單位"),
        ("clerk", Duty.UNIT_HEAD, EthicsKind.OFFICE, "其他職務沒有"),
        ("clerk2", Duty.ETHICS_OFFICER, EthicsKind.SUPERIOR, "是機關管理者，不能兼任政風人員"),
    ):
        with pytest.raises(Invalid, match=sentence):
            give_duty(manager, world.accounts[who], duty, WHY, kind)
        assert held(world, who) == []


def test_a_system_manager_gives_the_bureau_its_reviewers_and_nobody_else(world: World) -> None:
    manager = world.actor("system_manager")
    with transaction() as db:
        db.execute(
            update(Account)
            .where(Account.id == world.accounts["clerk2"])
            .values(unit_id=world.units["bureau1"])
        )
    give_duty(manager, world.accounts["clerk2"], Duty.BUREAU_REVIEWER, WHY)
    assert held(world, "clerk2") == [(Duty.BUREAU_REVIEWER, None, None)]
    assert duties_of(manager, world.accounts["clerk"]).may_give == ()


@pytest.mark.parametrize(
    ("who", "whom", "duty", "error", "sentence"),
    [
        ("agency_manager", "agency_manager", Duty.UNIT_HEAD, Refused, "自己"),
        ("system_manager", "system_manager", Duty.BUREAU_REVIEWER, Refused, "自己"),
        ("agency_manager", "clerk", Duty.BUREAU_REVIEWER, Refused, "系統管理者"),
        ("agency_manager", "clerk", Duty.AUDITOR, Refused, "單位主管"),
        ("system_manager", "clerk", Duty.UNIT_HEAD, Refused, "機關管理者"),
        ("agency_manager", "works_clerk", Duty.UNIT_HEAD, Refused, "權限"),
        ("unit_manager", "clerk", Duty.UNIT_HEAD, Refused, "權限"),
        ("agency_manager", "head", Duty.UNIT_HEAD, Conflict, "已有"),
    ],
)
def test_nobody_else_gives_it(
    world: World, who: str, whom: str, duty: Duty, error: Any, sentence: str
) -> None:
    before = held(world, whom)
    with pytest.raises(error, match=sentence):
        give_duty(world.actor(who), world.accounts[whom], duty, WHY)
    assert held(world, whom) == before


@pytest.mark.parametrize("reason", ["", " 令 ", "長" * 201])
def test_it_needs_a_reason_of_a_sentence(world: World, reason: str) -> None:
    with pytest.raises(Invalid, match="原因"):
        give_duty(world.actor("agency_manager"), world.accounts["clerk"], Duty.UNIT_HEAD, reason)
    assert held(world, "clerk") == []


def test_a_suspended_account_gets_none(world: World) -> None:
    with transaction() as db:
        db.get_one(Account, world.accounts["clerk"]).status = AccountStatus.SUSPENDED
    manager = world.actor("agency_manager")
    with pytest.raises(Invalid, match="使用中"):
        give_duty(manager, world.accounts["clerk"], Duty.UNIT_HEAD, WHY)
    assert duties_of(manager, world.accounts["clerk"]).may_give == ()


def test_it_is_ended_once(world: World) -> None:
    manager = world.actor("agency_manager")
    (line,) = duties_of(manager, world.accounts["head"]).held
    end_duty(manager, world.accounts["head"], line.duty_id, WHY)
    with pytest.raises(Conflict, match="已經解除"):
        end_duty(manager, world.accounts["head"], line.duty_id, WHY)
