"""Applications that can come to nothing any more: ended every night, and in nobody's way before."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Account, Application, ApplicationAct, Event
from services.actor import operator
from services.applications import own
from services.applications.applying import Submitted, Wanted, apply_new, apply_own
from services.applications.bulk.listing import preview_people
from services.applications.bulk.rows import Fate
from services.applications.bulk.sending import send_people
from services.applications.expiring import expire_applications
from services.applications.following import (
    confirm_address,
    follow,
    print_with_link,
    withdraw_with_link,
)
from services.errors import Conflict, Refused
from services.identity.links import CONFIRMATION, PAUSE
from services.regulation.application_states import Act, State
from services.regulation.items import Item
from services.regulation.roles import Role
from services.regulation.workflows import Kind
from tests.services.applications.cast import ADDRESS, NEWCOMER
from tests.services.applications.mails import mail_texts, mailing_to, token_in
from tests.services.bulk.lists import list_of, person
from tests.world import NOW, World

SECOND = timedelta(seconds=1)
OVER = NOW + CONFIRMATION


@pytest.fixture
def mailing(monkeypatch: pytest.MonkeyPatch) -> None:
    mailing_to(monkeypatch, "smtp://127.0.0.1:9?tls=none")


def ask(world: World, now: datetime = NOW, **changes: str) -> tuple[Submitted, str]:
    """Apply as the newcomer; return what came in and the token that was mailed."""
    wanted = Wanted(Role.GENERAL_USER, world.units["tax1"], (Item.LAND_DESCRIPTION,), "業務需要")
    sent = apply_new(replace(NEWCOMER, **changes), wanted, ADDRESS, now)
    return sent, token_in(mail_texts()[-1], "follow")


def states() -> list[str]:
    with reading() as db:
        return list(db.scalars(select(Application.state).order_by(Application.id)))


def nightly(now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    night = expire_applications(operator(now))
    return night.unconfirmed, night.of_cancelled_accounts


@pytest.mark.parametrize(
    ("when", "over"),
    [(NOW, False), (OVER - SECOND, False), (OVER, True), (OVER + timedelta(days=400), True)],
)
def test_the_time_to_confirm_ends_to_the_second(
    world: World, mailing: None, when: datetime, over: bool
) -> None:
    sent, _ = ask(world)
    assert nightly(when) == ((sent.number,) if over else (), ())
    assert states() == [State.EXPIRED if over else State.UNCONFIRMED]
    assert nightly(when) == ((), ())  # a second run finds nothing
    with reading() as db:
        row = db.get_one(Application, sent.id)
        acts = db.scalars(select(ApplicationAct.act).order_by(ApplicationAct.id)).all()
        written = db.scalars(select(Event).where(Event.type == "application_acted")).all()
    assert row.closed_at == (when if over else None)
    assert acts == [Act.SUBMITTED, Act.EXPIRED][: 1 + over]
    assert [event.detail["act"] for event in written] == acts
    if over:
        assert written[1].actor_name == "系統維運" and "72 小時" in written[1].detail["note"]


@pytest.mark.parametrize("after_the_night", [False, True])
def test_a_late_confirmation_gets_a_sentence(
    world: World, mailing: None, after_the_night: bool
) -> None:
    _, token = ask(world)
    if after_the_night:
        nightly(OVER)
    before = states()
    for late in (
        lambda: confirm_address(token, OVER, ADDRESS),
        lambda: print_with_link(token, OVER, ADDRESS),
    ):
        with pytest.raises(Conflict, match=r"逾 72 小時未確認.*重新申請"):
            late()
    assert states() == before
    assert follow(token, OVER, ADDRESS).line.state == before[0]  # looking still works


def test_confirmed_in_the_last_second_is_confirmed(world: World, mailing: None) -> None:
    _, token = ask(world)
    confirm_address(token, OVER - SECOND, ADDRESS)
    assert nightly(OVER) == ((), ())
    assert states() == [State.OPEN]
    confirm_address(token, OVER, ADDRESS)  # pressed twice


@pytest.mark.parametrize("after_the_night", [False, True])
@pytest.mark.parametrize(
    "same",
    [
        {},
        {"username": "other.name", "email": "other@gov.taipei"},
        {"staff_no": "N99999", "email": "other@gov.taipei"},
        {"staff_no": "N99999", "username": "other.name"},
    ],
    ids=["all", "number", "name", "address"],
)
def test_what_was_never_confirmed_blocks_nobody(
    world: World, mailing: None, same: dict[str, str], after_the_night: bool
) -> None:
    _, old = ask(world)
    if "email" not in same:  # it holds its address for a moment, against a flood, and nothing else
        with pytest.raises(Conflict, match="辦理中"):
            ask(world, NOW + PAUSE - SECOND, **same)
    if after_the_night:
        nightly(OVER)
    _, new = ask(world, OVER, **same)
    # Never two at once: the old one is over from the moment the new one is in.
    assert states() == [State.EXPIRED, State.UNCONFIRMED]
    with pytest.raises(Conflict, match="重新申請"):
        confirm_address(old, OVER + SECOND, ADDRESS)
    confirm_address(new, OVER + SECOND, ADDRESS)
    assert states() == [State.EXPIRED, State.OPEN]


@pytest.mark.parametrize("same", ["staff_no", "username"])
def test_who_mistyped_the_address_applies_again_at_once(
    world: World, mailing: None, same: str
) -> None:
    """Nobody's number or name is held by somebody who only named it; the first that is confirmed has it."""
    others: dict[str, Any] = {"staff_no": "N99999", "username": "other.name"}
    others.pop(same)
    _, wrong = ask(world, email="mistyped@gov.taipei", **others)
    _, right = ask(world)
    assert states() == [State.UNCONFIRMED, State.UNCONFIRMED]
    confirm_address(right, NOW + SECOND, ADDRESS)
    with pytest.raises(Conflict, match="已有帳號或辦理中"):
        confirm_address(wrong, NOW + 2 * SECOND, ADDRESS)
    with pytest.raises(Conflict, match="已有帳號或辦理中"):
        ask(world, NOW + 2 * SECOND, email="third@gov.taipei")
    assert states() == [State.UNCONFIRMED, State.OPEN]
    assert nightly(OVER)[0] and states() == [State.EXPIRED, State.OPEN]


def test_of_two_confirmed_at_once_one_counts(world: World, mailing: None) -> None:
    tokens = [ask(world, email=f"new{n}@gov.taipei")[1] for n in range(2)]
    results: list[object] = []

    def confirm(token: str) -> None:
        try:
            confirm_address(token, NOW + SECOND, ADDRESS)
            results.append(None)
        except Conflict as error:
            results.append(error)

    threads = [threading.Thread(target=confirm, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(one, Conflict) for one in results) == [False, True]
    assert sorted(states()) == sorted([State.UNCONFIRMED, State.OPEN])


def test_a_list_of_people_takes_no_notice_of_it_either(world: World, mailing: None) -> None:
    manager = world.actor("unit_manager")
    data = list_of(person(1))
    send_people(manager, "名單.csv", data, [2])
    soon, late = manager.at(OVER - SECOND), manager.at(OVER)
    assert preview_people(soon, data).counts == {Fate.APPLICATION: 1}
    assert preview_people(late, data).good == (2,)
    send_people(late, "名單.csv", data, [2])
    assert states() == [State.EXPIRED, State.UNCONFIRMED]


def test_only_the_command_line_runs_it(world: World, mailing: None) -> None:
    ask(world)
    with pytest.raises(Refused, match=r"manage\.py"):
        expire_applications(world.actor("system_manager", OVER))
    assert states() == [State.UNCONFIRMED]


def test_without_a_mail_server_nothing_waits_to_be_confirmed(world: World) -> None:
    wanted = Wanted(Role.GENERAL_USER, world.units["tax1"], (Item.LAND_DESCRIPTION,), "業務需要")
    sent = apply_new(NEWCOMER, wanted, ADDRESS, NOW)
    assert sent.token is not None and nightly(OVER) == ((), ())
    assert states() == [State.OPEN]


def test_of_the_night_and_a_confirmation_at_once_one_counts(world: World, mailing: None) -> None:
    """The night is one second ahead of the applicant's clock, so that both could go through."""
    _, token = ask(world)
    done: list[str] = []

    def confirm() -> None:
        try:
            confirm_address(token, OVER - SECOND, ADDRESS)
            done.append("confirmed")
        except Conflict:
            done.append("late")

    threads = [threading.Thread(target=confirm), threading.Thread(target=nightly, args=(OVER,))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (done, states()) in (
        (["confirmed"], [State.OPEN]),
        (["late"], [State.EXPIRED]),
    )


def test_two_applications_of_one_person_at_once_are_one(world: World, mailing: None) -> None:
    results: list[object] = []

    def run(unit: str) -> None:
        wanted = Wanted(Role.GENERAL_USER, world.units[unit], (Item.LAND_DESCRIPTION,), "業務需要")
        try:
            results.append(apply_new(NEWCOMER, wanted, ADDRESS, NOW))
        except Conflict as problem:
            results.append(problem)

    threads = [threading.Thread(target=run, args=(unit,)) for unit in ("tax1", "works1", "tax2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(result, Submitted) for result in results) == 1
    assert states() == [State.UNCONFIRMED]


# --- applications about an account that is gone --------------------------------------------------


def cancel_behind(world: World) -> int:
    """A change waits for its applicant to print, and the account is cancelled: nobody can go on."""
    asked = apply_own(world.actor("clerk"), Kind.CHANGE, "職務異動", items=[Item.CADASTRAL_MAP])
    with transaction() as db:
        db.execute(
            update(Account)
            .where(Account.username == "clerk")
            .values(status="cancelled", cancelled_at=NOW)
        )
    return asked.id


def test_the_night_ends_what_an_account_that_is_gone_left_behind(world: World) -> None:
    cancel_behind(world)
    apply_own(world.actor("clerk2"), Kind.CHANGE, "職務異動", items=[Item.CADASTRAL_MAP])
    with reading() as db:
        number = db.scalars(select(Application.number).order_by(Application.id)).first()
    assert nightly(NOW + SECOND) == ((), (number,))
    assert states() == [State.WITHDRAWN, State.OPEN]
    with reading() as db:
        act = db.scalars(select(ApplicationAct).order_by(ApplicationAct.id.desc())).first()
    assert act is not None and (act.act, act.note) == ("withdrawn", "帳號已註銷，申請無從辦理")
    assert nightly(NOW + SECOND) == ((), ())


def test_whose_account_is_gone_applies_anew_the_same_day(world: World, mailing: None) -> None:
    left = cancel_behind(world)
    back = {"staff_no": "T00001", "username": "clerk", "email": "clerk@example.gov.taipei"}
    ask(world, NOW + SECOND, **back)
    assert states() == [State.WITHDRAWN, State.UNCONFIRMED]
    with pytest.raises(Conflict):
        own.withdraw_own(world.actor("clerk"), left, 2, "撤回")


def test_somebody_s_cancelled_account_frees_nobody_else_s_number(
    world: World, mailing: None
) -> None:
    cancel_behind(world)
    ask(world, NOW + SECOND)
    with pytest.raises(Conflict, match="辦理中"):
        ask(world, NOW + 2 * SECOND)
    assert states() == [State.OPEN, State.UNCONFIRMED]


def test_an_expired_application_is_not_taken_back(world: World, mailing: None) -> None:
    sent, token = ask(world)
    nightly(OVER)
    with reading() as db:
        revision = db.get_one(Application, sent.id).revision
    with pytest.raises(Conflict, match="逾期未確認"):
        withdraw_with_link(token, revision, "不再需要", OVER, ADDRESS)
