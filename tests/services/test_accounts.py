"""Account management: who sees and changes whose accounts, what is refused, what is recorded."""

import threading
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Account, AccountItem, Event, SignInSession, Unit
from services.accounts import register
from services.accounts.changes import CLOSABLE, set_items, set_status
from services.accounts.directory import (
    AccountFilters,
    account_detail,
    list_accounts,
    visible_units,
)
from services.actor import operator
from services.errors import Conflict, Invalid, NotFound, Refused, UserError
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Duty, Role
from tests.world import CREATED, EVERYBODY, NOW, PASSWORD_HASH, World

ACTIVE, SUSPENDED, CANCELLED = AccountStatus
GRANTED = frozenset({Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP, Item.BUILDING_DESCRIPTION})
NOBODY = 999_999

PLACES = {"same unit": "tax1", "same agency": "tax2", "other agency": "works1"}
ACTORS = {
    Role.GENERAL_USER: "clerk",
    Role.UNIT_MANAGER: "unit_manager",
    Role.AGENCY_MANAGER: "agency_manager",
    Role.SYSTEM_MANAGER: "system_manager",
}


def by_the_rule(actor: Role, target: Role, place: str) -> bool:
    """Clauses 4.2 to 4.4, spelt out."""
    if actor is Role.UNIT_MANAGER:
        return target is Role.GENERAL_USER and place == "same unit"
    if actor is Role.AGENCY_MANAGER:
        return target in (Role.GENERAL_USER, Role.UNIT_MANAGER) and place != "other agency"
    if actor is Role.SYSTEM_MANAGER:
        return target in (Role.AGENCY_MANAGER, Role.SYSTEM_MANAGER)
    return False


def add_account(world: World, username: str, unit: str, role: Role, name: str = "新人") -> int:
    with transaction() as db:
        account = Account(
            username=username,
            staff_no=f"N{username}"[:20],
            name=name,
            unit_id=world.units[unit],
            role=role.value,
            password_hash=PASSWORD_HASH,
            created_at=CREATED,
        )
        db.add(account)
        db.flush()
        world.accounts[username] = account.id
        return account.id


def give(account_id: int, *items: Item) -> None:
    """As the completion of an application does."""
    with transaction() as db:
        db.add_all(
            AccountItem(account_id=account_id, item=item.value, granted_at=CREATED)
            for item in items
        )


def stored(account_id: int) -> tuple[str, frozenset[str]]:
    with reading() as db:
        items = db.scalars(select(AccountItem.item).where(AccountItem.account_id == account_id))
        return db.get_one(Account, account_id).status, frozenset(items)


def events_of(type_: str) -> list[Event]:
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.type == type_).order_by(Event.id)))


def allowed(act: Callable[..., object], *args: Any, **kwargs: Any) -> bool:
    try:
        act(*args, **kwargs)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("role", Role)
def test_each_manager_changes_exactly_the_accounts_of_the_rule(world: World, role: Role) -> None:
    actor = world.actor(ACTORS[role])
    refused = 0
    for target, (place, unit) in product(Role, PLACES.items()):
        account_id = add_account(world, f"{target.value}-{unit}", unit, target)
        give(account_id, Item.LAND_OWNERSHIP, Item.CADASTRAL_MAP)
        expected = by_the_rule(role, target, place)
        took = allowed(
            set_items,
            actor,
            account_id,
            [Item.LAND_OWNERSHIP],
            "業務調整",
            expected_items=[Item.LAND_OWNERSHIP, Item.CADASTRAL_MAP],
        )
        closed = allowed(
            set_status, actor, account_id, SUSPENDED, "業務調整", expected_status=ACTIVE
        )
        assert (took, closed) == (expected, expected), (target, place)
        assert stored(account_id) == (
            ("suspended", frozenset({"LandOwnership"}))
            if expected
            else ("active", frozenset({"LandOwnership", "CadastralMap"}))
        )
        refused += 0 if expected else 2
    assert len(events_of("refused")) == refused


def test_an_account_out_of_reach_and_none_at_all_get_the_same_answer(world: World) -> None:
    actor = world.actor("unit_manager")
    for other in (world.accounts["works_clerk"], NOBODY):
        with pytest.raises(Refused, match="您沒有對此項目"):
            set_status(actor, other, SUSPENDED, "離職", expected_status=ACTIVE)
        with pytest.raises(Refused, match="您沒有對此項目"):
            account_detail(actor, other)
    with pytest.raises(NotFound):
        set_status(world.actor("system_manager"), NOBODY, SUSPENDED, "離職", expected_status=ACTIVE)
    assert len(events_of("refused")) == 5


@pytest.mark.parametrize("who", ["unit_manager", "agency_manager", "system_manager"])
def test_nobody_changes_an_account_of_their_own(world: World, who: str) -> None:
    actor = world.actor(who)
    own = world.accounts[who]
    with pytest.raises(Refused, match="自己的帳號"):
        set_status(actor, own, SUSPENDED, "測試用", expected_status=ACTIVE)
    with pytest.raises(Refused, match="自己的帳號"):
        set_items(actor, own, [], "測試用", expected_items=GRANTED)
    assert account_detail(actor, own).problem == "不能變更自己的帳號；請由其他管理者辦理。"
    assert stored(own)[0] == "active"


@pytest.mark.parametrize("who", ["clerk", "head", "auditor", "ethics", "agency_head", "reviewer"])
def test_no_duty_manages_accounts(world: World, who: str) -> None:
    actor = world.actor(who)
    with pytest.raises(Refused):
        set_status(actor, world.accounts["clerk2"], SUSPENDED, "離職", expected_status=ACTIVE)
    assert [event.object_id for event in events_of("refused")] == ["manage_accounts"]


def test_the_command_line_manages_no_account(world: World) -> None:
    with pytest.raises(Refused):
        set_status(
            operator(NOW), world.accounts["clerk"], SUSPENDED, "離職", expected_status=ACTIVE
        )


@pytest.mark.parametrize(("before", "after"), list(product(AccountStatus, AccountStatus)))
def test_a_manager_only_closes(world: World, before: AccountStatus, after: AccountStatus) -> None:
    clerk = world.accounts["clerk"]
    with transaction() as db:
        db.execute(update(Account).where(Account.id == clerk).values(status=before.value))
    actor = world.actor("unit_manager")
    if after in CLOSABLE[before]:
        set_status(actor, clerk, after, "調職", expected_status=before)
        assert stored(clerk)[0] == after.value
        told = events_of("account_status_changed")
        assert [event.detail for event in told] == [
            {"before": before.value, "after": after.value, "reason": "調職"}
        ]
    else:
        why = "本人登入後申請" if (before, after) == (SUSPENDED, ACTIVE) else "不能改為"
        with pytest.raises(Conflict, match=why):
            set_status(actor, clerk, after, "調職", expected_status=before)
        assert stored(clerk)[0] == before.value
        assert events_of("account_status_changed") == []


def test_closing_an_account_ends_its_sessions(world: World) -> None:
    clerk, other = world.accounts["clerk"], world.accounts["clerk2"]
    with transaction() as db:
        for key, owner in (("a", clerk), ("b", clerk), ("c", other)):
            db.add(
                SignInSession(id=key, account_id=owner, started_at=CREATED, last_seen_at=CREATED)
            )
        db.add(
            SignInSession(
                id="old",
                account_id=clerk,
                started_at=CREATED,
                last_seen_at=CREATED,
                ended_at=CREATED,
                end_reason="signed_out",
            )
        )
    actor = world.actor("agency_manager")
    set_status(actor, clerk, SUSPENDED, "留職停薪", expected_status=ACTIVE)
    with reading() as db:
        sessions = {row.id: row for row in db.scalars(select(SignInSession))}
        account = db.get_one(Account, clerk)
    assert {key: row.end_reason for key, row in sessions.items()} == {
        "a": "account_suspended",
        "b": "account_suspended",
        "c": "",
        "old": "signed_out",
    }
    assert sessions["a"].ended_at == NOW
    assert (account.suspended_at, account.status_reason) == (NOW, "留職停薪")

    set_status(actor, clerk, CANCELLED, "退休", expected_status=SUSPENDED)
    with reading() as db:
        assert db.get_one(Account, clerk).cancelled_at == NOW


@pytest.mark.parametrize("reason", ["", " ", "　", "病", "\u200b\u200b\u200b", "長" * 201])
def test_a_change_without_a_reason_is_invalid(world: World, reason: str) -> None:
    actor, clerk = world.actor("unit_manager"), world.accounts["clerk"]
    with pytest.raises(Invalid, match="原因"):
        set_status(actor, clerk, SUSPENDED, reason, expected_status=ACTIVE)
    with pytest.raises(Invalid, match="原因"):
        set_items(actor, clerk, [], reason, expected_items=GRANTED)
    assert stored(clerk) == ("active", frozenset(item.value for item in GRANTED))


def test_a_change_on_a_stale_page_is_a_conflict(world: World) -> None:
    actor, clerk = world.actor("unit_manager"), world.accounts["clerk"]
    set_status(actor, clerk, SUSPENDED, "調職", expected_status=ACTIVE)
    with pytest.raises(Conflict, match="其他人"):
        set_status(actor, clerk, CANCELLED, "調職", expected_status=ACTIVE)
    set_items(actor, clerk, [], "調職", expected_items=GRANTED)
    with pytest.raises(Conflict, match="其他人"):
        set_items(actor, clerk, [Item.LAND_OWNERSHIP], "調職", expected_items=GRANTED)
    assert stored(clerk) == ("suspended", frozenset())


def test_items_are_taken_away_and_the_rest_stays_as_it_was_given(world: World) -> None:
    actor, clerk = world.actor("unit_manager"), world.accounts["clerk"]
    left = {Item.LAND_DESCRIPTION}
    set_items(actor, clerk, left, "業務調整", expected_items=GRANTED)
    with reading() as db:
        rows = db.scalars(select(AccountItem).where(AccountItem.account_id == clerk)).all()
    assert {row.item: row.granted_by for row in rows} == {"LandDescription": None}
    (told,) = events_of("account_items_changed")
    assert told.detail == {
        "before": ["BuildingDescription", "LandDescription", "LandOwnership"],
        "after": ["LandDescription"],
        "reason": "業務調整",
    }
    assert (told.object_type, told.object_id) == ("account", str(clerk))
    with pytest.raises(Invalid, match="沒有變動"):
        set_items(actor, clerk, left, "業務調整", expected_items=left)


@pytest.mark.parametrize(
    "wanted",
    [
        GRANTED | {Item.CADASTRAL_MAP},
        {Item.CADASTRAL_MAP},
        {Item.LAND_OWNERSHIP, Item.CADASTRAL_MAP},
    ],
    ids=["one more", "another", "one for another"],
)
def test_no_manager_gives_an_item_without_an_application(
    world: World, wanted: frozenset[Item]
) -> None:
    clerk = world.accounts["clerk"]
    with pytest.raises(Conflict, match="申請權限異動"):
        set_items(world.actor("unit_manager"), clerk, wanted, "業務調整", expected_items=GRANTED)
    assert stored(clerk)[1] == frozenset(item.value for item in GRANTED)
    assert events_of("account_items_changed") == []


def test_a_cancelled_account_gets_no_items(world: World) -> None:
    actor, clerk = world.actor("unit_manager"), world.accounts["clerk"]
    set_status(actor, clerk, CANCELLED, "退休", expected_status=ACTIVE)
    with pytest.raises(Conflict, match="已註銷"):
        set_items(actor, clerk, [], "退休", expected_items=GRANTED)


@pytest.mark.parametrize("status", [SUSPENDED, CANCELLED])
def test_the_last_agency_manager_stays_while_the_agency_has_users(
    world: World, status: AccountStatus
) -> None:
    actor, manager = world.actor("system_manager"), world.accounts["works_manager"]
    with pytest.raises(Conflict, match="最後一位"):
        set_status(actor, manager, status, "調職", expected_status=ACTIVE)
    assert stored(manager)[0] == "active"
    add_account(world, "works_manager2", "works1", Role.AGENCY_MANAGER)
    set_status(actor, manager, status, "調職", expected_status=ACTIVE)
    assert stored(manager)[0] == status.value


@pytest.mark.parametrize("others_are", [SUSPENDED, CANCELLED])
def test_the_last_agency_manager_goes_only_when_every_other_account_is_cancelled(
    world: World, others_are: AccountStatus
) -> None:
    actor, manager = world.actor("system_manager"), world.accounts["works_manager"]
    with transaction() as db:
        others = select(Unit.id).where(Unit.agency_id == world.agencies["works"])
        db.execute(
            update(Account)
            .where(Account.unit_id.in_(others), Account.id != manager)
            .values(status=others_are.value)
        )
    if others_are is SUSPENDED:
        with pytest.raises(Conflict, match="未註銷的帳號"):
            set_status(actor, manager, CANCELLED, "機關裁撤", expected_status=ACTIVE)
        assert stored(manager)[0] == "active"
        return
    set_status(actor, manager, CANCELLED, "機關裁撤", expected_status=ACTIVE)
    assert stored(manager)[0] == "cancelled"


def test_a_suspended_last_manager_can_be_cancelled(world: World) -> None:
    actor, manager = world.actor("system_manager"), world.accounts["works_manager"]
    with transaction() as db:
        db.execute(update(Account).where(Account.id == manager).values(status="suspended"))
    set_status(actor, manager, CANCELLED, "退休", expected_status=SUSPENDED)
    assert stored(manager)[0] == "cancelled"


def test_two_system_managers_cannot_close_each_other_at_once(world: World) -> None:
    first = world.accounts["system_manager"]
    second = add_account(world, "second", "bureau1", Role.SYSTEM_MANAGER)
    actors = (world.actor("system_manager"), world.actor("second"))
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def close(actor_index: int, target: int) -> None:
        start.wait()
        try:
            set_status(actors[actor_index], target, SUSPENDED, "互相停權", expected_status=ACTIVE)
            outcomes.append("done")
        except UserError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=close, args=pair) for pair in ((0, second), (1, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["Conflict", "done"]
    assert sorted((stored(first)[0], stored(second)[0])) == ["active", "suspended"]


VISIBLE = {
    "clerk": None,
    "auditor": None,
    "ethics": None,
    "agency_head": None,
    "reviewer": None,
    "head": {"tax1"},
    "unit_manager": {"tax1"},
    "agency_manager": {"tax1", "tax2"},
    "works_manager": {"works1"},
    "works_head": {"works1"},
    "system_manager": {"tax1", "tax2", "works1", "bureau1"},
}


@pytest.mark.parametrize(("who", "units"), VISIBLE.items())
def test_a_list_holds_only_what_is_within_reach(
    world: World, who: str, units: set[str] | None
) -> None:
    actor = world.actor(who)
    if units is None:
        assert not allowed(list_accounts, actor, AccountFilters(), None, 50)
        assert not allowed(visible_units, actor)
        assert not allowed(account_detail, actor, world.accounts["clerk"])
        return
    unit_ids = {world.units[unit] for unit in units}
    with reading() as db:
        inside = set(db.scalars(select(Account.id).where(Account.unit_id.in_(unit_ids))))
        everybody = set(db.scalars(select(Account.id)))
    page = list_accounts(actor, AccountFilters(), None, 50)
    assert {row.id for row in page.rows} == inside
    assert page.total == len(inside)
    assert {choice.id for choice in visible_units(actor)} == unit_ids
    for account_id in everybody:
        seen = allowed(account_detail, actor, account_id)
        assert seen == (account_id in inside)


def test_another_agency_in_the_filter_shows_nothing(world: World) -> None:
    filters = AccountFilters(agency_id=world.agencies["works"])
    page = list_accounts(world.actor("agency_manager"), filters, None, 50)
    assert (page.rows, page.total) == ((), 0)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 14, 50])
def test_pages_join_to_the_whole_list(world: World, limit: int) -> None:
    actor = world.actor("system_manager")
    whole = list_accounts(actor, AccountFilters(), None, 50)
    assert len(whole.rows) == len(EVERYBODY) == whole.total
    ids: list[int] = []
    after: int | None = None
    while True:
        page = list_accounts(actor, AccountFilters(), after, limit)
        assert len(page.rows) <= limit
        ids += [row.id for row in page.rows]
        after = page.next_after
        if after is None:
            break
    assert ids == [row.id for row in whole.rows]


def test_every_filter_narrows_the_list(world: World) -> None:
    actor = world.actor("system_manager")
    add_account(world, "odd_name", "works1", Role.GENERAL_USER, "百分%之_甲")
    with transaction() as db:
        db.execute(update(Account).where(Account.username == "clerk2").values(status="suspended"))

    def names(**kept: object) -> set[str]:
        page = list_accounts(actor, AccountFilters(**kept), None, 50)  # type: ignore[arg-type]
        assert page.total == len(page.rows)
        return {row.username for row in page.rows}

    assert names(unit_id=world.units["bureau1"]) == {"system_manager", "reviewer"}
    assert names(agency_id=world.agencies["works"]) == {
        "works_clerk", "works_head", "works_manager", "odd_name",
    }  # fmt: skip
    assert names(role=Role.UNIT_MANAGER) == {"unit_manager"}
    assert names(status=SUSPENDED) == {"clerk2"}
    assert "head" not in names(item=Item.LAND_OWNERSHIP) >= {"clerk", "works_clerk"}
    assert names(item=Item.CADASTRAL_MAP) == set()
    assert names(text="works_") == {"works_clerk", "works_head", "works_manager"}
    assert names(text="ＷＯＲＫＳ＿ＨＥＡＤ") == {"works_head"}
    assert names(text="測試００１") == {"clerk"}
    assert names(text="測試001（clerk）") == {"clerk"}
    assert names(text="T00003") == {"head"}
    assert names(text="%") == names(text="甲 百") == {"odd_name"}
    assert names(text="'; DROP TABLE accounts; --") == set()
    assert names(text="　") == names()


def test_a_row_says_everything_the_register_of_users_needs(world: World) -> None:
    page = list_accounts(world.actor("unit_manager"), AccountFilters(text="head"), None, 5)
    (row,) = page.rows
    assert row.label == "測試003（head）"
    assert (row.agency, row.unit) == ("臺北市稅捐稽徵處", "大安分處")
    assert (row.role, row.duties, row.items) == (Role.GENERAL_USER, (Duty.UNIT_HEAD,), ())
    assert (row.status, row.created_at, row.last_used_at) == (ACTIVE, CREATED, None)


def test_the_register_of_users_has_every_account_once_with_its_rights_and_dates(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "_CHUNK", 2)
    set_status(
        world.actor("unit_manager"),
        world.accounts["clerk"],
        SUSPENDED,
        "調職",
        expected_status=ACTIVE,
    )
    rows = register.register_of_users(world.actor("agency_manager"), AccountFilters())
    theirs = [row for row in rows if row[3] == "臺北市稅捐稽徵處"]
    assert len(theirs) == len(rows) == len({row[0] for row in rows}) == 9
    found = {
        row[0].partition("（")[2].rstrip("）"): dict(zip(register.COLUMNS, row, strict=True))
        for row in rows
    }
    head, clerk = found["head"], found["clerk"]
    assert (head["職務"], head["授權項目"], head["最近使用"]) == ("單位主管", "", "從未使用")
    assert (head["員工編號"], head["單位"], head["建立日期"]) == (
        "T00003",
        "大安分處",
        "113年1月2日",
    )
    assert (clerk["狀態"], clerk["狀態日期"]) == (SUSPENDED.label, "115年11月23日")
    assert clerk["授權項目"].split("、") == [
        item.label
        for item in (Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP, Item.BUILDING_DESCRIPTION)
    ]
    assert (head["狀態日期"], clerk["授權日期"]) == ("113年1月2日", "113年1月2日")


def test_the_detail_tells_what_was_changed_and_whether_it_can_be(world: World) -> None:
    clerk = world.accounts["clerk"]
    set_status(world.actor("unit_manager"), clerk, SUSPENDED, "調職", expected_status=ACTIVE)
    detail = account_detail(world.actor("agency_manager"), clerk)
    assert detail.problem is None
    assert (detail.status_reason, detail.suspended_at) == ("調職", NOW)
    assert [(change.by, change.detail["after"]) for change in detail.changes] == [
        ("測試005（unit_manager）", "suspended")
    ]
    assert account_detail(world.actor("head"), clerk).problem is not None
    assert account_detail(world.actor("system_manager"), clerk).problem is not None
