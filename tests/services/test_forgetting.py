"""A cancelled account's holder signs in with nothing any more, not even when it is taken up again."""

from collections.abc import Callable
from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import (
    Account,
    Event,
    ExternalIdentity,
    OneTimeLink,
    RecoveryCode,
    SecondFactor,
)
from services.accounts.changes import set_status
from services.actor import operator
from services.applications.applying import Wanted, apply_new
from services.errors import Conflict, Invalid, Refused
from services.identity.entering import Entering, Step, next_step
from services.identity.factor_setup import begin_own_enrolment, confirm_own_enrolment
from services.identity.links import is_good, print_link
from services.identity.second_factor import pass_code
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind
from tests.services.applications.cast import ADDRESS, NEWCOMER, Case, add_cast
from tests.services.test_oidc import claims, come
from tests.signing_in import by_password
from tests.world import NOW, World

HELD = (ExternalIdentity, SecondFactor, RecoveryCode)


@pytest.fixture
def codes(world: World) -> tuple[str, ...]:
    """Recovery codes of the clerk, who is bound to subject s-1 and has a second factor and a link."""
    add_cast(world)
    assert come(claims("s-1", "clerk")) is not None
    enrolment = begin_own_enrolment(world.actor("clerk"))
    code = pyotp.TOTP(enrolment.secret).at(NOW)
    return confirm_own_enrolment(world.actor("clerk"), enrolment, code)


def held() -> set[str]:
    with reading() as db:
        return {table.__name__ for table in HELD if db.scalars(select(table)).first()}


def cancel(world: World) -> None:
    set_status(
        world.actor("agency_manager"),
        world.accounts["clerk"],
        AccountStatus.CANCELLED,
        "離職",
        expected_status=AccountStatus.ACTIVE,
    )


def cancel_as_it_was_done_before(world: World) -> None:
    """Leave the row as older versions left it."""
    cancelled = update(Account).where(Account.id == world.accounts["clerk"])
    with transaction() as db:
        db.execute(cancelled.values(status="cancelled", cancelled_at=NOW))


def come_back(world: World) -> None:
    """Take the row up again by an application with the same number, to its very end."""
    back = replace(NEWCOMER, name="測試001", staff_no="T00001", username="clerk")
    wanted = Wanted(Role.GENERAL_USER, world.units["tax1"], (Item.LAND_DESCRIPTION,), "業務需要")
    flow = WORKFLOWS[Role.GENERAL_USER, Kind.CREATE]
    case = Case(world, flow, apply_new(back, wanted, ADDRESS, NOW))
    case.go_to(len(flow.steps) - 1)
    case.take(Deed.COMPLETE)
    assert case.account.id == world.accounts["clerk"]
    assert case.account.status == AccountStatus.ACTIVE


def told() -> dict[str, dict[str, object]]:
    types = ("identity_released", "second_factor_removed")
    with reading() as db:
        rows = db.scalars(select(Event).where(Event.type.in_(types))).all()
    assert len({row.type for row in rows}) == len(rows)
    return {row.type: row.detail for row in rows}


def test_cancelling_forgets_them_and_says_so(world: World, codes: tuple[str, ...]) -> None:
    link = print_link(operator(NOW), "clerk").rpartition("=")[2]
    assert held() == {table.__name__ for table in HELD} and is_good(link, NOW)
    cancel(world)
    assert held() == set()
    assert not is_good(link, NOW)
    with reading() as db:
        assert None not in db.scalars(select(OneTimeLink.used_at)).all()
    assert told() == {
        "identity_released": {"subject": "s-1", "reason": "離職"},
        "second_factor_removed": {"reason": "離職"},
    }
    with pytest.raises(Refused):
        come(claims("s-1", "clerk"))
    assert held() == set()


def test_where_nothing_is_held_nothing_is_told(world: World) -> None:
    cancel(world)
    assert told() == {}


@pytest.mark.attack("sign-in")
@pytest.mark.parametrize("close", [cancel, cancel_as_it_was_done_before])
def test_taken_up_again_it_is_opened_by_nothing_of_the_life_before(
    world: World, codes: tuple[str, ...], close: Callable[[World], None]
) -> None:
    before: Entering = by_password("clerk")
    close(world)
    come_back(world)
    assert held() == set()
    # The provider says another name of the former holder by now: nobody here is called so.
    with pytest.raises(Refused, match="沒有對應的帳號"):
        come(claims("s-1", "former.clerk"))
    with pytest.raises(Conflict):
        next_step(before, NOW)
    with pytest.raises((Conflict, Invalid)):
        pass_code(by_password("clerk"), codes[0], ADDRESS, NOW)
    assert next_step(by_password("clerk"), NOW) is Step.NEW_PASSWORD
    assert set(told()) == {"identity_released", "second_factor_removed"}
