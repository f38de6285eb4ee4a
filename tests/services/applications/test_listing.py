"""Lists of applications: all that is work, the last closed of the rest, and whose concern they are."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Account, AccountDuty, Application
from services.applications import listing
from services.applications.listing import count_due, list_applications
from services.applications.parties import is_concerned
from services.identity.permissions import Action, reach
from services.regulation.application_states import State
from services.regulation.roles import Duty, Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind
from tests.services.applications.cast import add_cast
from tests.world import NOW, World


def store(
    world: World,
    count: int,
    state: State,
    role: Role = Role.GENERAL_USER,
    kind: Kind = Kind.CREATE,
    unit: str = "tax1",
    account: str | None = None,
) -> list[int]:
    """Store applications in which the head's approval is due, or that closed an hour after each other."""
    over = state not in (State.OPEN, State.RETURNED)
    with transaction() as db:
        rows = [
            Application(
                number=secrets.token_hex(10),
                role=role.value,
                kind=kind.value,
                state=state.value,
                step=WORKFLOWS[role, kind].index(Deed.APPROVE) or 1,
                staff_no=f"N{n}",
                name="王小明",
                unit_id=world.units[unit],
                account_id=world.accounts[account] if account else None,
                items=[],
                reason="業務需要",
                submitted_at=NOW,
                closed_at=NOW + timedelta(hours=n) if over else None,
            )
            for n in range(count)
        ]
        db.add_all(rows)
        db.flush()
        return [row.id for row in rows]


def test_all_work_is_listed_and_only_what_is_over_is_cut(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_LIMIT", 3)
    closed = store(world, 5, State.COMPLETED)
    returned = store(world, 2, State.RETURNED)
    due = store(world, 4, State.OPEN)
    head = world.actor("head")
    found = list_applications(head)
    assert [line.id for line in found.lines] == due + returned
    assert found.total == 6
    assert count_due(head) == 4
    both = list_applications(head, live_only=False)
    assert [line.id for line in both.lines] == due + returned + closed[:1:-1]
    assert both.total == 11


def test_what_concerns_others_takes_no_place(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bureau's system manager who heads a unit reaches everything, and is concerned with little."""
    monkeypatch.setattr(listing, "_LIMIT", 3)
    give(world, "system_manager", Duty.UNIT_HEAD, unit="bureau1")
    mine = store(world, 2, State.COMPLETED, unit="bureau1")
    store(world, 5, State.REFUSED)
    found = list_applications(world.actor("system_manager"), live_only=False)
    assert [line.id for line in found.lines] == mine[::-1]
    assert found.total == 2


def test_sql_and_python_agree_on_whom_an_application_concerns(world: World) -> None:
    add_cast(world)
    give(world, "system_manager", Duty.UNIT_HEAD, unit="bureau1")
    give(world, "unit_manager", Duty.UNIT_HEAD, unit="tax2")
    give(world, "reviewer", Duty.AGENCY_HEAD, agency="works")
    for unit, account in (("tax1", "um2"), ("tax2", None), ("works1", None), ("bureau1", "sm2")):
        for role, kind in WORKFLOWS:
            store(world, 1, State.OPEN, role, kind, unit, account)
            store(world, 1, State.COMPLETED, role, kind, unit, account)
    with reading() as db:
        names = db.scalars(select(Account.username)).all()
    some = 0
    for name in names:
        actor = world.actor(name)
        reached = reach(actor, Action.VIEW_APPLICATIONS)
        if not reached:
            continue
        with reading() as db:
            wanted = {
                one.id
                for one in db.scalars(select(Application))
                if reached.covers(one.unit_id, one.unit.agency_id) and is_concerned(actor, one)
            }
        found = list_applications(actor, live_only=False)
        assert ({line.id for line in found.lines}, found.total) == (wanted, len(wanted)), name
        some += bool(wanted)
    assert some > 10


def give(
    world: World, who: str, duty: Duty, unit: str | None = None, agency: str | None = None
) -> None:
    with transaction() as db:
        db.add(
            AccountDuty(
                account_id=world.accounts[who],
                duty=duty.value,
                unit_id=world.units[unit] if unit else None,
                agency_id=world.agencies[agency] if agency else None,
                granted_at=NOW,
            )
        )
