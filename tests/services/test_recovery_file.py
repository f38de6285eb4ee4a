"""The recovery codes as a file: on record each time, without a code in the record; or nothing leaves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from data.engine import transaction
from data.models import Setting
from services.errors import Conflict, Held
from services.identity.entering import Entering
from services.identity.factor_setup import (
    begin_enrolment,
    begin_own_enrolment,
    confirm_enrolment,
    confirm_own_enrolment,
)
from services.identity.recovery_file import codes_file, own_codes_file
from services.installation import holding
from tests.services.breaking import trigger_refuses
from tests.services.papers.helpers import events_of
from tests.signing_in import by_password
from tests.world import NOW, World

ADDRESS = "10.1.1.1"
Take = Callable[[], bytes]


def signed_in(world: World) -> tuple[tuple[str, ...], Take]:
    who = world.actor("clerk")
    enrolment = begin_own_enrolment(who)
    codes = confirm_own_enrolment(who, enrolment, pyotp.TOTP(enrolment.secret).at(NOW))
    return codes, lambda: own_codes_file(who, codes)


def way_in() -> tuple[Entering, tuple[str, ...]]:
    with transaction() as db:
        db.merge(Setting(key="policy.second_factor", value="1", changed_at=NOW))
    entering = by_password("auditor", NOW)
    enrolment = begin_enrolment(entering, NOW)
    code = pyotp.TOTP(enrolment.secret).at(NOW)
    return entering, confirm_enrolment(entering, enrolment, code, ADDRESS, NOW)


def on_the_way_in(_: World) -> tuple[tuple[str, ...], Take]:
    entering, codes = way_in()
    return codes, lambda: codes_file(entering, codes, ADDRESS, NOW)


@pytest.mark.parametrize(
    ("enter", "who"), [(signed_in, "clerk"), (on_the_way_in, "auditor")], ids=["own", "way in"]
)
def test_every_file_is_on_record_and_no_code_is(
    world: World, enter: Callable[[World], tuple[tuple[str, ...], Take]], who: str
) -> None:
    codes, take = enter(world)
    for count in (1, 2):
        text = take().decode()
        assert who in text and "115年11月23日" in text and all(code in text for code in codes)
        written = events_of("recovery_codes_saved")
        assert [(one.account_id, one.object_type, one.object_id) for one in written] == [
            (world.accounts[who], "account", str(world.accounts[who]))
        ] * count
        assert [one.detail for one in written] == [{}] * count
    with trigger_refuses("events"), pytest.raises(Held):
        take()
    with pytest.raises(Held):
        take()
    assert len(events_of("recovery_codes_saved")) == 2
    holding.release()
    take()


def test_only_while_the_codes_are_being_read_on_the_way_in(world: World) -> None:
    """Who is asked for something else, or took too long, gets no file."""
    entering, codes = way_in()
    for other, moment in (
        (by_password("clerk", NOW), NOW),
        (entering, NOW + timedelta(minutes=11)),
        (replace(entering, password_mark="of another password"), NOW),
    ):
        with pytest.raises(Conflict):
            codes_file(other, codes, ADDRESS, moment)
    assert events_of("recovery_codes_saved") == []
