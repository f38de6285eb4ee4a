"""The second factor: who needs one, set-up, codes that work once, the lock, recovery, removal."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pyotp
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from data.engine import reading, transaction
from data.models import Account, Event, RecoveryCode, SecondFactor, Setting, SignInSession
from services.actor import operator
from services.errors import Conflict, Invalid, NotFound, Refused
from services.identity import recovery, totp
from services.identity.entering import Entering, Method, Step, next_step
from services.identity.factor_removal import (
    factor_to_remove,
    remove_factor_as_operator,
    remove_factor_of,
    remove_own_factor,
)
from services.identity.factor_setup import (
    begin_enrolment,
    begin_own_enrolment,
    confirm_enrolment,
    confirm_own_enrolment,
    new_recovery_codes,
    offer_replacement,
    replace_factor,
)
from services.identity.policy import Policy
from services.identity.second_factor import own_factor, pass_code, read_code, unseal
from services.identity.totp import Enrolment
from services.installation import facts
from services.regulation.roles import Duty, Role
from tests.signing_in import by_password
from tests.world import CREATED, EVERYBODY, NOW, World

ADDRESS = "10.1.1.1"
STEP = timedelta(seconds=totp.STEP_SECONDS)
LATER = NOW + 10 * STEP
PRIVILEGED = set(EVERYBODY) - {"clerk", "clerk2", "clerk_tax2", "works_clerk"}


def code_at(enrolment: Enrolment, when: Any = NOW) -> str:
    """What an authenticator app with this secret shows; pyotp alone, not our own module."""
    return pyotp.TOTP(enrolment.secret).at(when)


def entering(world: World, who: str, when: Any = NOW) -> Entering:
    return by_password(who, when)


def enrol(world: World, who: str) -> tuple[Enrolment, tuple[str, ...]]:
    """Give ``who`` a confirmed second factor at NOW, by their own hand."""
    actor = world.actor(who)
    enrolment = begin_own_enrolment(actor)
    return enrolment, confirm_own_enrolment(actor, enrolment, code_at(enrolment))


def choose_policy(value: int) -> None:
    with transaction() as db:
        db.merge(Setting(key="policy.second_factor", value=str(value), changed_at=NOW))


def events_of(kind: str) -> list[Event]:
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.type == kind).order_by(Event.id)))


def stored(world: World, who: str) -> SecondFactor | None:
    with reading() as db:
        return db.get(SecondFactor, world.accounts[who])


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def both_at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts in parallel; return what each returned or raised."""
    results: list[object] = []
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            results.append(act())
        except (
            Exception
        ) as error:  # what nobody expects is told of, too: a thread keeps it to itself
            results.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# --- who needs one ------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "role", "duty"), list(product((0, 1, 2), Role, (None, *Duty))))
def test_the_policy_asks_managers_and_duty_holders(
    value: int, role: Role, duty: Duty | None
) -> None:
    duties = frozenset({duty} if duty else ())
    needed = Policy(second_factor=value).needs_second_factor(role, duties)
    nobody_special = role is Role.GENERAL_USER and duty is None
    assert needed is {0: False, 1: not nobody_special, 2: True}[value]


@pytest.mark.parametrize("value", [None, 0, 1, 2])
@pytest.mark.parametrize("demo", [False, True])
def test_what_is_asked_after_the_password(world: World, value: int | None, demo: bool) -> None:
    with transaction() as db:
        db.execute(update(Account).values(password_set_at=NOW))
        if demo:
            db.add(Setting(key=facts.DEMO_KEY, value="small", changed_at=NOW))
    if value is not None:
        choose_policy(value)
    in_force = value if value is not None else (0 if demo else 1)
    for who in EVERYBODY:
        asked = in_force == 2 or (in_force == 1 and who in PRIVILEGED)
        assert next_step(entering(world, who), NOW) is (Step.ENROL if asked else None), who
        by_provider = Entering(world.accounts[who], Method.OIDC, NOW)
        assert next_step(by_provider, NOW) is None


def test_whoever_set_one_up_is_always_asked_for_it(world: World) -> None:
    choose_policy(0)
    enrol(world, "clerk")
    assert next_step(entering(world, "clerk"), NOW) is Step.CODE
    begin_own_enrolment(world.actor("clerk2"))
    assert next_step(entering(world, "clerk2"), NOW) is not Step.CODE


# --- set-up -------------------------------------------------------------------------------------


def test_setting_up_on_the_way_in(world: World) -> None:
    way_in = entering(world, "auditor")
    enrolment = begin_enrolment(way_in, NOW)
    row = stored(world, "auditor")
    assert row is not None and row.confirmed_at is None
    assert enrolment.secret not in row.secret and unseal(row.secret) == enrolment.secret
    assert enrolment.secret not in repr(enrolment)
    with pytest.raises(Invalid):
        confirm_enrolment(way_in, enrolment, wrong(code_at(enrolment)), ADDRESS, NOW)
    assert next_step(way_in, NOW) is Step.ENROL
    codes = confirm_enrolment(way_in, enrolment, code_at(enrolment), ADDRESS, NOW)
    assert len(set(codes)) == recovery.CODES
    assert next_step(way_in, NOW) is Step.CODE
    [told] = events_of("second_factor_set")
    assert (told.detail, told.object_id, told.address) == (
        {"what": "enrolled"},
        str(world.accounts["auditor"]),
        ADDRESS,
    )
    # The code that confirmed it is used up.
    with pytest.raises(Invalid, match="已經用過"):
        pass_code(way_in, code_at(enrolment), ADDRESS, NOW)


def test_a_second_set_up_voids_the_first_and_a_confirmed_one_cannot_be_overwritten(
    world: World,
) -> None:
    way_in = entering(world, "auditor")
    first, second = begin_enrolment(way_in, NOW), begin_enrolment(way_in, NOW)
    with pytest.raises(Conflict, match="重新開始設定"):
        confirm_enrolment(way_in, first, code_at(first), ADDRESS, NOW)
    confirm_enrolment(way_in, second, code_at(second), ADDRESS, NOW)
    for act in (
        lambda: begin_enrolment(way_in, NOW),
        lambda: confirm_enrolment(way_in, second, code_at(second, NOW + STEP), ADDRESS, NOW),
        lambda: begin_own_enrolment(world.actor("auditor")),
        lambda: confirm_own_enrolment(world.actor("auditor"), second, code_at(second, NOW + STEP)),
    ):
        with pytest.raises(Conflict):
            act()


def test_a_set_up_belongs_to_one_account(world: World) -> None:
    enrolment = begin_own_enrolment(world.actor("clerk"))
    begin_own_enrolment(world.actor("clerk2"))
    with pytest.raises(Conflict, match="另一個帳號"):
        confirm_own_enrolment(world.actor("clerk2"), enrolment, code_at(enrolment))


def test_whoever_is_not_asked_to_cannot_set_one_up_on_the_way_in(world: World) -> None:
    for who in ("clerk",):
        with pytest.raises(Conflict):
            begin_enrolment(entering(world, who), NOW)
    late = NOW + timedelta(minutes=11)
    with pytest.raises(Conflict, match="逾時"):
        begin_enrolment(entering(world, "auditor"), late)


# --- codes --------------------------------------------------------------------------------------


@given(
    seconds=st.integers(-120, 120), typed=st.sampled_from(["{}", " {} ", "{}\n", "{0:.3} {0:.3}"])
)
def test_a_code_counts_one_step_early_or_late_and_no_further(seconds: int, typed: str) -> None:
    enrolment = totp.new_enrolment(1, "somebody")
    code = code_at(enrolment, NOW + timedelta(seconds=seconds))
    apart = int((NOW + timedelta(seconds=seconds)).timestamp()) // 30 - int(NOW.timestamp()) // 30
    near = {code_at(enrolment, NOW + step * STEP) for step in (-1, 0, 1)}
    found = totp.matching_step(enrolment.secret, code, NOW)
    assert (found is not None) is (code in near)
    assert (found is not None) or abs(apart) > 1


@pytest.mark.parametrize("apart", [-1, 0, 1])
def test_no_code_works_twice_nor_an_older_one_after_it(world: World, apart: int) -> None:
    enrolment, _ = enrol(world, "clerk")
    way_in = entering(world, "clerk", LATER)
    passed = pass_code(way_in, code_at(enrolment, LATER + apart * STEP), ADDRESS, LATER)
    assert not passed.by_recovery_code
    for step in range(-1, apart + 1):
        with pytest.raises(Invalid, match="已經用過"):
            pass_code(way_in, code_at(enrolment, LATER + step * STEP), ADDRESS, LATER)
    if apart < 1:
        pass_code(way_in, code_at(enrolment, LATER + (apart + 1) * STEP), ADDRESS, LATER)


@pytest.mark.attack("sign-in")
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_the_same_code_at_once_works_once(world: World, kind: str) -> None:
    enrolment, codes = enrol(world, "clerk")
    code = code_at(enrolment, LATER) if kind == "app" else codes[0]
    way_in = entering(world, "clerk", LATER)
    acts = [lambda: pass_code(way_in, code, ADDRESS, LATER) for _ in range(4)]
    results = both_at_once(*acts)
    assert len([result for result in results if not isinstance(result, Exception)]) == 1
    assert all(isinstance(result, Invalid) for result in results if isinstance(result, Exception))


@pytest.mark.attack("sign-in")
def test_five_wrong_codes_lock_and_even_the_right_one_is_refused_until_then(world: World) -> None:
    enrolment, codes = enrol(world, "clerk")
    way_in = entering(world, "clerk", LATER)
    right = code_at(enrolment, LATER)
    for _ in range(5):
        with pytest.raises(Invalid):
            pass_code(way_in, wrong(right), ADDRESS, LATER)
    for code in (right, codes[0], wrong(right)):
        with pytest.raises(Conflict, match="暫停"):
            pass_code(way_in, code, "10.9.9.9", LATER + timedelta(minutes=9))
    assert len(events_of("sign_in_locked")) == 1
    failed = events_of("sign_in_failed")
    assert [event.detail for event in failed] == [
        *([{"tried": "code"}] * 5),
        *([{"tried": "code", "reason": "locked"}] * 3),
    ]
    assert {event.actor_name for event in failed} == {
        "（未登入）"
    }  # the password alone is not enough
    after = LATER + timedelta(minutes=15, seconds=1)
    assert pass_code(entering(world, "clerk", after), code_at(enrolment, after), ADDRESS, after)


@pytest.mark.attack("sign-in")
def test_guesses_at_once_do_not_outrun_the_lock(world: World) -> None:
    enrolment, _ = enrol(world, "clerk")
    way_in = entering(world, "clerk", LATER)
    right = int(code_at(enrolment, LATER))
    guesses = [f"{(right + shift) % 1_000_000:06d}" for shift in range(3, 15)]
    results = both_at_once(
        *(lambda guess=guess: pass_code(way_in, guess, ADDRESS, LATER) for guess in guesses)
    )
    checked = [result for result in results if isinstance(result, Invalid)]
    refused = [result for result in results if isinstance(result, Conflict)]
    assert len(checked) <= 5
    assert len(checked) + len(refused) == len(guesses), results


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("１２３４５６", "123456"),
        ("abcd-efgh-2345-ijkl", "ABCDEFGH2345IJKL"),
        ("ABCD EFGH－2345–IJKL", "ABCDEFGH2345IJKL"),
        ("", None),
        ("12345", None),
        ("1234567", None),
        ("ABCDEFGH2345IJK1", None),
        ("一二三四五六", None),
        ("١٢٣٤٥٦", None),
        ("123456'; --", None),
        ("1" * 10_000, None),
    ],
)
def test_what_is_read_as_a_code(typed: str, read: str | None) -> None:
    if read is None:
        with pytest.raises(Invalid, match="6 個數字"):
            read_code(typed)
    else:
        assert read_code(typed) == read


def test_what_is_no_code_is_not_counted(world: World) -> None:
    enrolment, _ = enrol(world, "clerk")
    for _ in range(7):
        with pytest.raises(Invalid):
            pass_code(entering(world, "clerk", LATER), "12 34", ADDRESS, LATER)
    assert pass_code(entering(world, "clerk", LATER), code_at(enrolment, LATER), ADDRESS, LATER)


def test_nobody_gives_a_code_who_is_not_asked_for_one(world: World) -> None:
    enrolment = begin_own_enrolment(world.actor("auditor"))
    with pytest.raises(Conflict):
        pass_code(entering(world, "auditor"), code_at(enrolment), ADDRESS, NOW)
    with pytest.raises(Conflict):
        pass_code(entering(world, "clerk"), "123456", ADDRESS, NOW)


@pytest.mark.attack("sign-in")
def test_another_key_lets_nobody_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolment, _ = enrol(world, "clerk")
    monkeypatch.setenv("DATA_KEYS", Fernet.generate_key().decode())
    way_in, right = entering(world, "clerk", LATER), code_at(enrolment, LATER)
    for _ in range(6):
        with pytest.raises(Conflict, match="DATA_KEYS"):
            pass_code(way_in, right, ADDRESS, LATER)
    monkeypatch.delenv("DATA_KEYS")
    assert pass_code(way_in, right, ADDRESS, LATER)


# --- recovery codes -----------------------------------------------------------------------------


def test_recovery_codes_are_stored_as_hashes_and_each_works_once(world: World) -> None:
    _, codes = enrol(world, "clerk")
    with reading() as db:
        hashes = set(db.scalars(select(RecoveryCode.code_hash)))
    assert len(hashes) == recovery.CODES
    for code in codes:
        assert re.fullmatch(r"([A-Z2-7]{4}-){3}[A-Z2-7]{4}", code)
        assert not any(part in held for held in hashes for part in code.split("-"))
    way_in = entering(world, "clerk", LATER)
    for used, code in enumerate(codes, 1):
        passed = pass_code(way_in, code.lower().replace("-", " "), ADDRESS, LATER)
        assert (passed.by_recovery_code, passed.codes_left) == (True, recovery.CODES - used)
    told = events_of("recovery_code_used")
    assert [event.detail["codes_left"] for event in told] == list(range(9, -1, -1))
    with pytest.raises(Invalid):
        pass_code(way_in, codes[0], ADDRESS, LATER)


def test_somebody_else_s_recovery_code_is_worth_nothing(world: World) -> None:
    _, codes = enrol(world, "clerk")
    enrol(world, "clerk2")
    with pytest.raises(Invalid):
        pass_code(entering(world, "clerk2", LATER), codes[0], ADDRESS, LATER)
    assert own_factor(world.actor("clerk")).codes_left == recovery.CODES


def test_a_new_set_voids_the_old_one(world: World) -> None:
    enrolment, old = enrol(world, "clerk")
    new = new_recovery_codes(world.actor("clerk", LATER), code_at(enrolment, LATER))
    assert not set(old) & set(new)
    way_in = entering(world, "clerk", LATER)
    with pytest.raises(Invalid):
        pass_code(way_in, old[0], ADDRESS, LATER)
    assert pass_code(way_in, new[0], ADDRESS, LATER).codes_left == 9
    with pytest.raises(Conflict):
        new_recovery_codes(world.actor("clerk2"), "123456")


# --- replacing and removing ---------------------------------------------------------------------


def test_replacing_needs_a_present_code_and_changes_nothing_before(world: World) -> None:
    old, codes = enrol(world, "auditor")
    actor = world.actor("auditor", LATER)
    new = offer_replacement(actor)
    with pytest.raises(Invalid, match="新驗證器"):
        replace_factor(actor, new, codes[0], wrong(code_at(new, LATER)))
    with pytest.raises(Invalid):
        replace_factor(actor, new, wrong(code_at(old, LATER)), code_at(new, LATER))
    assert own_factor(actor).codes_left == recovery.CODES  # no recovery code was used up
    fresh = replace_factor(actor, new, codes[0], code_at(new, LATER))
    assert not set(fresh) & set(codes)
    way_in = entering(world, "auditor", LATER)
    after = LATER + STEP
    with pytest.raises(Invalid):
        pass_code(way_in, code_at(old, after), ADDRESS, after)
    assert pass_code(way_in, code_at(new, after), ADDRESS, after)
    assert [event.detail["what"] for event in events_of("second_factor_set")] == [
        "enrolled",
        "replaced",
    ]


def test_replacing_is_for_oneself_and_for_whoever_has_one(world: World) -> None:
    enrol(world, "clerk")
    theirs = offer_replacement(world.actor("clerk"))
    with pytest.raises(Conflict):
        offer_replacement(world.actor("clerk2"))
    with pytest.raises(Conflict, match="另一個帳號"):
        replace_factor(world.actor("clerk2"), theirs, "123456", code_at(theirs))


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("value", [0, 1, 2])
def test_nobody_removes_one_that_is_required(world: World, who: str, value: int) -> None:
    choose_policy(value)
    enrolment, _ = enrol(world, who)
    actor = world.actor(who, LATER)
    required = value == 2 or (value == 1 and who in PRIVILEGED)
    assert own_factor(actor).required is required
    if required:
        with pytest.raises(Refused, match="更換驗證器"):
            remove_own_factor(actor, code_at(enrolment, LATER))
        assert stored(world, who) is not None
        return
    with pytest.raises(Invalid):
        remove_own_factor(actor, wrong(code_at(enrolment, LATER)))
    remove_own_factor(actor, code_at(enrolment, LATER))
    assert stored(world, who) is None
    assert own_factor(actor).confirmed_at is None
    assert len(events_of("second_factor_removed")) == 1


def open_session(world: World, who: str) -> str:
    with transaction() as db:
        db.add(
            SignInSession(
                id=f"session-{who}",
                account_id=world.accounts[who],
                started_at=CREATED,
                last_seen_at=CREATED,
            )
        )
    return f"session-{who}"


@pytest.mark.parametrize("who", EVERYBODY)
def test_only_the_manager_of_an_account_removes_its_second_factor(world: World, who: str) -> None:
    enrol(world, "clerk")
    enrol(world, who) if who != "clerk" else None
    actor = world.actor(who, LATER)
    if who in ("unit_manager", "agency_manager"):
        assert factor_to_remove(actor, world.accounts["clerk"]) == NOW
        remove_factor_of(actor, world.accounts["clerk"], "手機遺失，已當面核對身分")
        assert stored(world, "clerk") is None
        [told] = events_of("second_factor_removed")
        assert told.account_id == actor.account_id
        assert told.detail == {"reason": "手機遺失，已當面核對身分"}
    else:
        for act in (factor_to_remove, lambda a, i: remove_factor_of(a, i, "手機遺失")):
            with pytest.raises(Refused):
                act(actor, world.accounts["clerk"])
        assert stored(world, "clerk") is not None
    with pytest.raises(Refused):
        remove_factor_of(actor, world.accounts[who], "自己的")
    assert who == "clerk" or stored(world, who) is not None


def test_after_a_removal_the_sessions_are_over_and_one_enrols_anew(world: World) -> None:
    _, codes = enrol(world, "unit_manager")
    session = open_session(world, "unit_manager")
    manager = world.actor("agency_manager", LATER)
    with pytest.raises(Invalid, match="原因"):
        remove_factor_of(manager, world.accounts["unit_manager"], " ")
    remove_factor_of(manager, world.accounts["unit_manager"], "手機遺失")
    with reading() as db:
        row = db.get_one(SignInSession, session)
        assert (row.ended_at, row.end_reason) == (LATER, "factor_removed")
        assert db.scalar(select(func.count()).select_from(RecoveryCode)) == 0
    way_in = entering(world, "unit_manager", LATER)
    assert next_step(way_in, LATER) is Step.ENROL
    with pytest.raises(Conflict):
        pass_code(way_in, codes[0], ADDRESS, LATER)
    with pytest.raises(Conflict, match="沒有設定"):
        remove_factor_of(manager, world.accounts["unit_manager"], "再按一次")


def test_the_operator_removes_by_name_and_nobody_else_that_way(world: World) -> None:
    enrol(world, "system_manager")
    with pytest.raises(Refused):
        remove_factor_as_operator(world.actor("system_manager", LATER), "clerk", "測試用途")
    with pytest.raises(NotFound):
        remove_factor_as_operator(operator(LATER), "nobody", "手機遺失")
    with pytest.raises(Conflict):
        remove_factor_as_operator(operator(LATER), "clerk", "手機遺失")
    remove_factor_as_operator(operator(LATER), " System_Manager ", "手機遺失")
    assert stored(world, "system_manager") is None
    for act in (own_factor, begin_own_enrolment, offer_replacement):
        with pytest.raises(Refused):
            act(operator(LATER))
