"""However many attempts come, at once or one after another, no more than the limit are checked."""

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from data import engine
from data.engine import reading, transaction
from data.models import Account, Base, Event, SignInCounter, SignInSession
from services.identity import lockout, signin
from services.identity.lockout import Attempt, Locked, failed, passed, take
from services.identity.network import network_of
from services.identity.passwords import hash_password
from tests.signing_in import session_of
from tests.world import NOW, World

PASSWORD = "正確的密碼 2026"
CHEAP = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The small world, where everybody has the same cheaply hashed password."""
    monkeypatch.setattr(signin, "_DUMMY_HASH", CHEAP.encode())
    with transaction() as db:
        db.execute(update(Account).values(password_hash=CHEAP))
    return world


def sign_in(name: str, password: str, address: str, now: datetime = NOW) -> bool:
    """Try a name and password as the sign-in screen does; raise Locked when nothing is checked."""
    attempt = take(name, address, now)
    found = signin.find_credentials(attempt.name, password)["usernames"]
    right = any(
        bcrypt.checkpw(password.encode(), one["password"].encode()) for one in found.values()
    )
    (passed if right else failed)(attempt)
    return right


def outcome(name: str, password: str, address: str, now: datetime = NOW) -> str:
    try:
        return "right" if sign_in(name, password, address, now) else "wrong"
    except Locked:
        return "locked"


def events_of(kind: str) -> list[Event]:
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.type == kind).order_by(Event.id)))


def address_of(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


# --- 10,000 attempts ----------------------------------------------------------------------------


def shares(number: int) -> tuple[str, str, str]:
    """Return the attack that the nth attempt belongs to, its name and its address."""
    ipv6 = f"2001:db8:1:2:{number:x}::1"
    return (
        ("one account, an address each", "clerk", address_of(number)),
        ("one account, an address each", "clerk", address_of(number)),
        ("an unknown name, an address each", "nobody", address_of(number)),
        ("a name each, one address", f"name{number}", "192.0.2.9"),
        ("a name each, one network", f"name{number}", ipv6),
    )[number % 5]


@pytest.mark.attack("sign-in")
def test_of_ten_thousand_attempts_no_more_than_the_limits_are_checked(
    world: World, database: str
) -> None:
    attempts = 10_000 if database == "sqlite" else 2_000  # a server's commits take their time
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for number in range(attempts):
        attack, name, address = shares(number)
        # All within one lock, less than a tenth of a second after one another.
        outcomes[attack][outcome(name, "guess", address, NOW + number * MINUTE / 800)] += 1
    assert {attack: counted["wrong"] for attack, counted in outcomes.items()} == {
        "one account, an address each": 5,
        "an unknown name, an address each": 5,
        "a name each, one address": 20,
        "a name each, one network": 20,
    }
    assert sum(counted["locked"] for counted in outcomes.values()) == attempts - 50
    assert len(events_of("sign_in_failed")) == attempts
    assert {event.object_id for event in events_of("sign_in_locked")} == {
        "clerk",
        "nobody",
        "192.0.2.9",
        "2001:db8:1:2::/64",
    }


@pytest.mark.attack("sign-in")
@pytest.mark.parametrize("spread", ["one account", "one address"])
def test_attempts_at_once_cannot_outrun_the_count(world: World, spread: str) -> None:
    """All are let go at one moment, and none is settled before all have been counted."""
    attempts, limit = (40, 5) if spread == "one account" else (60, 20)
    ready = Barrier(attempts)

    def one(number: int) -> Attempt | None:
        ready.wait()
        try:
            if spread == "one account":
                return take("clerk", address_of(number), NOW)
            return take(f"name{number}", "10.1.1.1", NOW)
        except Locked:
            return None

    with ThreadPoolExecutor(attempts) as pool:
        taken = list(pool.map(one, range(attempts)))
    assert sum(attempt is not None for attempt in taken) == limit
    assert outcome("clerk", PASSWORD, "10.1.1.1") == "locked"
    # Undone with the refused attempt: names that were not checked are not counted either.
    with reading() as db:
        names = db.scalar(select(func.count()).where(SignInCounter.kind == "account"))
    assert names == (1 if spread == "one account" else limit)


# --- the lock -------------------------------------------------------------------------------------


def fail(times: int, name: str = "clerk", address: str = "", now: datetime = NOW) -> None:
    for number in range(times):
        assert outcome(name, "wrong", address or address_of(number), now) == "wrong"


def test_the_right_password_is_refused_during_the_lock_and_accepted_after(world: World) -> None:
    fail(5)
    for late in (timedelta(0), 14 * MINUTE, 15 * MINUTE - timedelta(seconds=1)):
        assert outcome("clerk", PASSWORD, "10.2.2.2", NOW + late) == "locked"
    # The attempts in between have not made it longer.
    assert outcome("clerk", PASSWORD, "10.2.2.2", NOW + 15 * MINUTE) == "right"


def test_after_a_lock_counting_starts_anew(world: World) -> None:
    fail(5)
    fail(4, now=NOW + 15 * MINUTE)
    assert outcome("clerk", PASSWORD, "10.2.2.2", NOW + 15 * MINUTE) == "right"
    fail(1, now=NOW + 15 * MINUTE)
    assert outcome("clerk", PASSWORD, "10.2.2.2", NOW + 16 * MINUTE) == "locked"


def test_the_sentence_is_the_same_for_known_and_unknown_names(world: World) -> None:
    sentences = set()
    for name in ("clerk", "nobody", "CLERK2 "):
        fail(5, name)
        with pytest.raises(Locked) as refusal:
            take(name, "10.2.2.2", NOW)
        sentences.add(str(refusal.value))
    assert len(sentences) == 1
    assert "115年11月23日 10:15" in sentences.pop()


@pytest.mark.parametrize(
    "written", ["clerk", " Clerk\t", "CLERK", "ｃｌｅｒｋ", "cl\x00erk", "clerk\u200b"]
)
def test_a_name_is_one_name_however_it_is_written(world: World, written: str) -> None:
    fail(5)
    assert outcome(written, PASSWORD, "10.2.2.2") == "locked"


@pytest.mark.parametrize("name", ["", "\x00", "名" * 500, "' OR 1=1 --", "a" * 61, "😀"])
def test_any_name_can_be_counted(world: World, name: str) -> None:
    fail(5, name)
    assert outcome(name, PASSWORD, "10.2.2.2") == "locked"
    assert outcome("clerk", PASSWORD, "10.2.2.2") == "right"


def test_without_an_address_only_the_name_is_counted(world: World) -> None:
    for number in range(30):
        assert outcome(f"name{number}", "wrong", "") == "wrong"
    with reading() as db:
        assert set(db.scalars(select(SignInCounter.kind))) == {"account"}


# --- what a success forgives ------------------------------------------------------------------------


def test_a_right_password_forgets_nothing_before_the_session_is_open(world: World) -> None:
    """Whoever knows a password, but not the second factor, cannot wipe the count out with it."""
    fail(3)
    assert sign_in("clerk", PASSWORD, "10.2.2.2")
    assert failures("account", "clerk") == 3
    session_of("clerk")
    assert failures("account", "clerk") is None


def test_a_success_takes_only_its_own_attempt_off_the_address(world: World) -> None:
    """Signing in to an account of one's own between guesses at others does not help."""
    for number in range(19):
        assert outcome(f"name{number}", "wrong", "10.1.1.1") == "wrong"
        if number % 3 == 0:
            assert sign_in("clerk", PASSWORD, "10.1.1.1")
            session_of("clerk")
    assert failures("address", "10.1.1.1") == 19
    assert sign_in("clerk", PASSWORD, "10.1.1.1")
    assert outcome("name", "wrong", "10.1.1.1") == "wrong"
    assert outcome("clerk", PASSWORD, "10.1.1.1") == "locked"


def test_an_office_behind_one_address_is_not_locked_by_its_good_mornings(world: World) -> None:
    for number in range(60):  # one in three mistypes once, over an hour
        now = NOW + number * MINUTE
        if number % 3 == 0:
            assert outcome(f"name{number}", "wrong", "10.1.1.1", now) == "wrong"
        assert outcome("clerk", PASSWORD, "10.1.1.1", now) == "right"


def test_the_fifth_attempt_may_still_be_right_and_then_locks_nobody(world: World) -> None:
    fail(4)
    assert outcome("clerk", PASSWORD, "10.2.2.2") == "right"
    assert events_of("sign_in_locked") == []
    assert outcome("clerk", PASSWORD, "10.2.2.2") == "right"


def failures(kind: str, key: str) -> int | None:
    with reading() as db:
        return db.scalar(
            select(SignInCounter.failures).where(
                SignInCounter.kind == kind, SignInCounter.key == key
            )
        )


def test_counters_of_long_ago_are_cleared_away_and_locks_are_not(world: World) -> None:
    fail(1, "old", "10.3.3.3")
    fail(5, "clerk2")
    later = NOW + timedelta(days=3)
    with transaction() as db:
        db.execute(
            update(SignInCounter)
            .where(SignInCounter.key == "clerk2")
            .values(locked_until=later + MINUTE)
        )
    session_of("clerk", now=later)
    with reading() as db:
        assert set(db.scalars(select(SignInCounter.key))) == {"clerk2"}


# --- any story ------------------------------------------------------------------------------------

Step = tuple[bool, int]
"""Whether the password is right, and how many minutes later it is typed."""


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=40))
def test_any_story_is_decided_as_the_rule_says(story: list[Step]) -> None:
    """Against a model in plain words: five failures with no success between them lock for 15 minutes."""
    engine.configure("sqlite://")
    Base.metadata.create_all(engine.engine())
    now, count, since, until = NOW, 0, NOW, NOW
    for right, minutes in story:
        now += minutes * MINUTE
        expected = "locked" if now < until else ("right" if right else "wrong")
        try:
            attempt = take("clerk", "", now)
            (passed if right else failed)(attempt)
            got = "right" if right else "wrong"
            if right:
                with transaction() as db:
                    lockout.forget(db, "clerk", now)
        except Locked:
            got = "locked"
        assert got == expected
        if got == "right":
            count = 0
        elif got == "wrong":
            if count == 0 or now - since >= timedelta(days=1):
                count, since = 0, now
            count += 1
            if count == 5:
                count, until = 0, now + 15 * MINUTE


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::9", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:10.1.2.3", "10.1.2.3"),  # as a socket for both kinds of addresses says it
        ("testclient", "testclient"),
    ],
)
def test_what_a_caller_can_choose_of_an_address_does_not_count(address: str, network: str) -> None:
    assert network_of(address) == network


# --- what is checked at all -------------------------------------------------------------------------


@pytest.mark.attack("sign-in")
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("clerk", "wrong"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("clerk", ""),
        ("clerk", PASSWORD + "x" * 72),
        ("nobody", "長" * 100),
        ("cancelled", PASSWORD),
        ("suspended", "wrong"),
    ],
)
def test_the_same_work_is_done_for_every_name_and_password(
    world: World, name: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One comparison of the usual cost each, and never of more than bcrypt reads."""
    closed(world)
    compared = comparisons(monkeypatch)
    assert outcome(name, password, "10.1.1.1") == "wrong"
    assert len(compared) == 1
    assert compared[0][0] <= 72
    assert failures("account", name) == 1


@pytest.mark.attack("sign-in")
def test_a_suspended_holder_is_recognised_with_the_same_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only to apply for reinstatement (`Step.REINSTATE`); a session is never begun."""
    closed(world)
    compared = comparisons(monkeypatch)
    assert outcome("suspended", PASSWORD, "10.1.1.1") == "right"
    assert len(compared) == 1
    with reading() as db:
        assert db.scalars(select(SignInSession)).all() == []


def closed(world: World) -> None:
    with transaction() as db:
        for who, state in (("clerk2", "suspended"), ("clerk_tax2", "cancelled")):
            db.execute(
                update(Account)
                .where(Account.id == world.accounts[who])
                .values(username=state, status=state)
            )


def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bytes]]:
    """Return what bcrypt will have compared: the length of the password, and the hash."""
    compared: list[tuple[int, bytes]] = []
    real = bcrypt.checkpw

    def counting(given: bytes, hashed: bytes) -> bool:
        compared.append((len(given), hashed))
        return real(given, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counting)
    return compared


def test_the_dummy_costs_what_real_hashes_cost() -> None:
    cost = signin._DUMMY_HASH.split(b"$")[2]
    assert cost == hash_password("whatever it may be").encode().split(b"$")[2]
