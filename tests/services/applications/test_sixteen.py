"""The sixteen workflows, driven from the table: the right way, every wrong order, every wrong person."""

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import Account, ApplicationAct, Event, KeptDocument
from services.applications import own
from services.errors import Conflict, Refused
from services.regulation.application_states import Act, State
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind, Party, Workflow
from tests.services.applications.cast import Case, actor_for, add_cast, begin_case
from tests.world import World

each = pytest.mark.parametrize(
    ("role", "kind"), WORKFLOWS, ids=[f"{role.value}-{kind.value}" for role, kind in WORKFLOWS]
)


@pytest.fixture
def cast(world: World) -> World:
    add_cast(world)
    return world


@each
def test_the_right_way_ends_in_what_was_applied_for(cast: World, role: Role, kind: Kind) -> None:
    case = begin_case(cast, role, kind)
    for step in case.flow.steps[1:]:
        assert case.row.state == State.OPEN
        case.take(step.deed)
    row, account = case.row, case.account
    assert (row.state, row.step) == (State.COMPLETED, len(case.flow.steps))
    assert row.closed_at is not None
    assert account.status == (
        AccountStatus.CANCELLED if kind is Kind.CANCEL else AccountStatus.ACTIVE
    )
    assert account.role == role
    if kind in (Kind.CREATE, Kind.CHANGE):
        with reading() as db:
            held = {one.item for one in db.get_one(Account, account.id).items}
        assert held == {Item.LAND_DESCRIPTION.value, Item.CADASTRAL_MAP.value}
    with reading() as db:
        acts = db.scalars(select(ApplicationAct).order_by(ApplicationAct.id)).all()
        papers = db.scalars(select(KeptDocument)).all()
        written = db.scalars(select(Event).where(Event.type == "application_acted")).all()
    assert [act.act for act in acts] == [Act.SUBMITTED, *[Act.PASSED] * (len(case.flow.steps) - 1)]
    assert len(written) == len(acts)
    needed = {need.value for need in case.flow.steps[-1].needs}
    assert {paper.kind for paper in papers} == needed
    last = actor_for(cast, case.flow, case.flow.steps[-1].parties[0])
    assert {paper.custodian_id for paper in papers} <= {last.account_id}
    assert {paper.account_id for paper in papers} <= {account.id}


def places(flow: Workflow) -> list[int]:
    return list(range(1, len(flow.steps)))


STEPS = [(role, kind, n) for (role, kind), flow in WORKFLOWS.items() for n in places(flow)]
each_step = pytest.mark.parametrize(
    ("role", "kind", "n"), STEPS, ids=[f"{role.value}-{kind.value}-{n}" for role, kind, n in STEPS]
)


def state_of(case: Case) -> tuple[object, ...]:
    row = case.row
    with reading() as db:
        return row.state, row.step, row.revision, len(db.scalars(select(ApplicationAct)).all())


@each_step
def test_no_step_is_taken_out_of_order(cast: World, role: Role, kind: Kind, n: int) -> None:
    case = begin_case(cast, role, kind)
    case.go_to(n)
    before = state_of(case)
    due = case.flow.steps[n].deed
    for step in case.flow.steps[1:]:
        letters = {Deed.LETTER, Deed.REPLY}
        if step.deed in (due, Deed.PRINT) or {step.deed, due} <= letters:
            continue
        with pytest.raises((Conflict, Refused)):
            case.take(step.deed)
        assert state_of(case) == before


@each_step
def test_nobody_else_takes_a_step(cast: World, role: Role, kind: Kind, n: int) -> None:
    case = begin_case(cast, role, kind)
    case.go_to(n)
    step = case.flow.steps[n]
    before = state_of(case)
    if step.deed is Deed.PRINT:
        # Its holder takes it; of a new account, which has none yet, only whoever has the link.
        for name in cast.accounts:
            if kind is Kind.CREATE or name != case.holder().username:
                with pytest.raises(Refused):
                    own.print_own(cast.actor(name), case.submitted.id)
        assert state_of(case) == before
        return
    mine = {
        actor_for(cast, case.flow, party).username
        for party in step.parties
        if party is not Party.APPLICANT
    }
    # A second one of the same kind may as well, unless the application is about that account.
    second = {"unit_manager": "um2", "agency_manager": "am2", "system_manager": "sm2"}
    mine |= {second[name] for name in mine if name in second}
    about = "" if kind is Kind.CREATE else case.holder().username
    for name in cast.accounts:
        if name in mine and name != about:
            continue
        with pytest.raises(Refused):
            case.take(step.deed, cast.actor(name))
    assert state_of(case) == before
