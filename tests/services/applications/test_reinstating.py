"""What a suspended person can do without signing in: apply, print, put right, take back; nothing else."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Account, AccountDuty, Application, ApplicationAct
from services.accounts.changes import put_status, set_status
from services.applications import acting, reinstating
from services.applications.applying import Submitted, Wanted, apply_new, apply_own
from services.errors import Conflict, NotFound
from services.identity.entering import Entering, Method, begin
from services.regulation.application_states import Act, State
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Duty, Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind
from tests.services.applications.cast import (
    ADDRESS,
    APPLICANTS,
    NEWCOMER,
    Case,
    add_cast,
    begin_case,
    suspend,
)
from tests.world import NOW, World

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def cast(world: World) -> World:
    add_cast(world)
    return world


def states(who: str) -> list[str]:
    with reading() as db:
        asked = select(Application.state).where(Application.username == who)
        return list(db.scalars(asked.order_by(Application.id)))


def way_in(who: str) -> Entering:
    return begin(who, Method.OIDC, NOW)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_gets_to_the_end_without_ever_signing_in(cast: World, role: Role) -> None:
    """A system manager's reinstatement goes like a change: the form is printed on the way in."""
    case = begin_case(cast, role, Kind.REINSTATE)
    entering = way_in(APPLICANTS[role])
    for step in case.flow.steps[1:]:
        if step.deed is Deed.PRINT:
            for _ in range(2):  # taken twice, passed once
                paper = reinstating.print_reinstatement(entering, case.submitted.id, ADDRESS, LATER)
                assert paper.content.startswith(b"%PDF")
        else:
            case.take(step.deed)
    assert case.account.status == AccountStatus.ACTIVE
    with pytest.raises(Conflict, match="不是停權"):
        reinstating.print_reinstatement(entering, case.submitted.id, ADDRESS, LATER)


@pytest.mark.parametrize("role", list(Role))
def test_sent_back_it_is_put_right_on_the_way_in(cast: World, role: Role) -> None:
    case = begin_case(cast, role, Kind.REINSTATE)
    case.go_to(len(case.flow.steps) - 1)
    last = case.flow.steps[-1].parties[0].value
    acting.send_back(cast.actor(last), case.submitted.id, case.row.revision, "請敘明訓練日期")
    entering, seen = way_in(APPLICANTS[role]), case.row.revision
    correct = reinstating.correct_reinstatement
    with pytest.raises(Conflict, match="其他人辦理"):
        correct(entering, case.submitted.id, seen - 1, "115年11月完成訓練", ADDRESS, LATER)
    correct(entering, case.submitted.id, seen, "115年11月完成訓練", ADDRESS, LATER)
    row = case.row
    assert (row.state, row.step, row.reason) == (State.OPEN, 1, "115年11月完成訓練")
    for step in case.flow.steps[1:]:
        if step.deed is Deed.PRINT:
            reinstating.print_reinstatement(entering, case.submitted.id, ADDRESS, LATER)
        else:
            case.take(step.deed)
    assert case.account.status == AccountStatus.ACTIVE


def test_taken_back_the_way_is_free_for_another(cast: World) -> None:
    case = begin_case(cast, Role.GENERAL_USER, Kind.REINSTATE)
    entering, id_ = way_in("clerk"), case.submitted.id
    with pytest.raises(Conflict, match="已有辦理中"):
        reinstating.apply_reinstatement(entering, "再申請一次", ADDRESS, LATER)
    reinstating.withdraw_reinstatement(entering, id_, 2, "寫錯了", ADDRESS, LATER)
    reinstating.apply_reinstatement(entering, "再申請一次", ADDRESS, LATER)
    assert states("clerk") == [State.WITHDRAWN, State.OPEN]


ACTS: dict[str, Callable[[Entering, int], object]] = {
    "print": lambda who, id_: reinstating.print_reinstatement(who, id_, ADDRESS, LATER),
    "correct": lambda who, id_: reinstating.correct_reinstatement(
        who, id_, 2, "補正", ADDRESS, LATER
    ),
    "withdraw": lambda who, id_: reinstating.withdraw_reinstatement(
        who, id_, 2, "撤回", ADDRESS, LATER
    ),
}


@pytest.mark.attack("foreign-id")
@pytest.mark.parametrize("act", ACTS)
def test_of_others_there_is_nothing_on_the_way_in(cast: World, act: str) -> None:
    """Neither another person's application, nor one's own of another kind, nor one that is not there."""
    other = begin_case(cast, Role.GENERAL_USER, Kind.REINSTATE)
    own_change = apply_own(cast.actor("clerk2"), Kind.CANCEL, "離職")
    suspend(cast, "clerk2")
    before = states("clerk"), states("clerk2")
    for id_ in (other.submitted.id, own_change.id, 999_999):
        with pytest.raises(NotFound, match="查無此申請案"):
            ACTS[act](way_in("clerk2"), id_)
    with pytest.raises(Conflict, match="不是停權"):
        ACTS[act](way_in("head"), other.submitted.id)
    with pytest.raises(Conflict, match="逾時"):
        ACTS[act](replace(way_in("clerk"), began_at=NOW - timedelta(hours=1)), other.submitted.id)
    assert (states("clerk"), states("clerk2")) == before


@pytest.mark.parametrize("kind", [Kind.CHANGE, Kind.CANCEL])
@pytest.mark.parametrize("sent_back", [False, True])
def test_what_was_under_way_is_taken_back(cast: World, kind: Kind, sent_back: bool) -> None:
    """Suspended with an application that waits for them, nobody could go on with it nor end it."""
    case = begin_case(cast, Role.GENERAL_USER, kind)
    if sent_back:
        case.print()
        acting.send_back(cast.actor("head"), case.submitted.id, case.row.revision, "請補正")
    set_status(
        cast.actor("unit_manager"),
        cast.accounts["clerk"],
        AccountStatus.SUSPENDED,
        "逾六個月未使用",
        expected_status=AccountStatus.ACTIVE,
    )
    reinstating.apply_reinstatement(way_in("clerk"), "已完成訓練", ADDRESS, LATER)
    assert states("clerk") == [State.WITHDRAWN, State.OPEN]
    with reading() as db:
        acts = db.scalars(
            select(ApplicationAct)
            .where(ApplicationAct.application_id == case.submitted.id)
            .order_by(ApplicationAct.id)
        ).all()
    last = acts[-1]
    assert (last.act, last.note) == (Act.WITHDRAWN, reinstating.INSTEAD)
    assert last.account_id == cast.accounts["clerk"]


def test_two_browsers_at_once_leave_one_application(cast: World) -> None:
    suspend(cast, "clerk")
    entering = way_in("clerk")
    results: list[object] = []

    def run() -> None:
        try:
            results.append(reinstating.apply_reinstatement(entering, "已完成訓練", ADDRESS, LATER))
        except Conflict as problem:
            results.append(problem)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(result, Submitted) for result in results) == 1
    assert states("clerk") == [State.OPEN]


def test_who_comes_back_brings_nothing_of_the_time_before(cast: World) -> None:
    """Cancelled as the head of one agency's unit, back as a clerk of another agency."""
    with transaction() as db:
        head = db.get_one(Account, cast.accounts["head"])
        put_status(db, cast.actor("agency_manager"), head, AccountStatus.CANCELLED, "調職")
    back = replace(NEWCOMER, name="測試003", staff_no="T00003", username="lin.back")
    wanted = Wanted(
        Role.GENERAL_USER, cast.units["works1"], (Item.CADASTRAL_MAP,), "調至用地科任職"
    )
    case = Case(
        cast, WORKFLOWS[Role.GENERAL_USER, Kind.CREATE], apply_new(back, wanted, ADDRESS, NOW)
    )
    case.print()
    case.take(Deed.APPROVE, cast.actor("works_head"))
    case.take(Deed.COMPLETE, cast.actor("works_manager"))
    assert case.account.id == cast.accounts["head"]
    actor = cast.actor("head", LATER)
    assert (actor.username, actor.unit_id) == ("lin.back", cast.units["works1"])
    assert not actor.duties and actor.items == {Item.CADASTRAL_MAP}
    with reading() as db:
        duty = db.scalars(select(AccountDuty).where(AccountDuty.account_id == actor.account_id))
        assert [(one.duty, one.ended_at) for one in duty] == [(Duty.UNIT_HEAD, NOW)]
