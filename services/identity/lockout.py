"""Failed attempts, counted in the database under the typed name and under the address (附表十).

An attempt is counted **before** anything is checked, in one statement, and the attempt that reaches
the limit locks at once: however many come at the same moment, no more than the limit are checked.
A right answer takes its own attempt back; an opened session forgets the name's failures. So who knows
a password but not the second factor cannot wipe out the failures of its codes.

An office sits behind one address, so an address has a higher limit and a shorter memory than a name,
and a success there takes back only its own attempt: one's own account cannot be used to try others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import case, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import SignInCounter
from services import events
from services.actor import Actor
from services.errors import Conflict
from services.events import EventType
from services.identity.network import network_of
from services.identity.policy import Policy, policy_of
from services.regulation.purpose import tidy
from services.rocdate import roc_time

NAME_MEMORY = timedelta(days=1)
"""How long a name's failures add up without a success between them."""
_KEY = 60


class Locked(Conflict):
    """Too many failures: nothing is checked until ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(
            f"嘗試失敗次數過多，已暫停受理至 {roc_time(until + timedelta(seconds=59))}，"
            "期間內不會檢查密碼或驗證碼，再試也不會延長；請於該時間後再試。"
        )
        self.until = until


class Kind(StrEnum):
    """What failures are counted under; in this order the rows are locked."""

    ACCOUNT = "account"
    ADDRESS = "address"
    LINKS = "links"
    """Requests for reset links from an address; they lock nothing else."""
    APPLYING = "applying"
    """Applications from an address by people without an account; they lock nothing else."""


class Tried(StrEnum):
    """What was tried; a failure's event says so."""

    PASSWORD = "password"  # nosec B105  # a word of ours, no password
    CODE = "code"

    @property
    def label(self) -> str:
        return "驗證碼或復原碼" if self is Tried.CODE else "密碼"


@dataclass(frozen=True)
class Counted:
    """One counter after an attempt: since when it counts, and until when the attempt locked it."""

    kind: Kind
    key: str
    since: datetime
    locks_until: datetime | None


@dataclass(frozen=True)
class Attempt:
    """One attempt, counted already; `passed` or `failed` settles it."""

    name: str
    tried: Tried
    by: Actor
    counters: tuple[Counted, ...]


def typed_name(username: str) -> str:
    """Return the account name that counts: in NFKC and lower case, without blanks around it."""
    return tidy(username).lower()


def take(username: str, address: str, now: datetime) -> Attempt:
    """Count one attempt to sign in under the typed name and the address, known or not, and return it.

    Raises Locked, the same for every name, while either is locked; that extends nothing.
    """
    return _take(username, Tried.PASSWORD, nobody(address, now))


def take_of(person: Actor, tried: Tried) -> Attempt:
    """Count one attempt of a person whose name is known: on the way in, or signed in already.

    Raises Locked, the same for every name, while either is locked; that extends nothing.
    """
    by = person if person.session_id else nobody(person.address, person.now)
    return _take(person.username, tried, by)


def _take(username: str, tried: Tried, by: Actor) -> Attempt:
    name, address, now = typed_name(username), by.address, by.now
    keys = [(Kind.ACCOUNT, name[:_KEY])]
    if address:
        keys.append((Kind.ADDRESS, network_of(address)))
    try:
        with transaction() as db:
            if until := _locked_until(db, keys, now):
                raise Locked(until)
            policy = policy_of(db)
            counters = [_count(db, kind, key, policy, now) for kind, key in keys]
    except Locked:
        with transaction() as db:
            _write_failure(db, name, tried, by, reason="locked")
        raise
    return Attempt(name, tried, by, tuple(counters))


def may_ask(address: str, now: datetime, kind: Kind = Kind.LINKS) -> bool:
    """Count a stranger's request from ``address``; False when there have been too many."""
    if not address:
        return True
    try:
        with transaction() as db:
            _count(db, kind, network_of(address), policy_of(db), now)
    except Locked:
        return False
    return True


def passed(attempt: Attempt) -> None:
    """Take a right answer's own attempt back, and the lock it may just have set."""
    with transaction() as db:
        for counted in attempt.counters:
            db.execute(
                update(SignInCounter)
                .where(
                    SignInCounter.kind == counted.kind.value,
                    SignInCounter.key == counted.key,
                    SignInCounter.since == counted.since,  # else it has begun anew meanwhile
                    SignInCounter.failures > 0,
                )
                .values(failures=SignInCounter.failures - 1, locked_until=None)
            )


def failed(attempt: Attempt) -> None:
    """Write down a wrong answer and the locks it led to; the name as typed, never the password."""
    with transaction() as db:
        _write_failure(db, attempt.name, attempt.tried, attempt.by)
        for counted in attempt.counters:
            if counted.locks_until is not None:
                events.write(
                    db,
                    attempt.by,
                    EventType.SIGN_IN_LOCKED,
                    about=("username" if counted.kind is Kind.ACCOUNT else "address", counted.key),
                    outcome="refused",
                    until=counted.locks_until.isoformat(),
                )


def forget(db: Session, username: str, now: datetime) -> None:
    """Clear the failures of a name whose session is being opened, and counters of long ago."""
    db.execute(
        delete(SignInCounter).where(
            SignInCounter.kind == Kind.ACCOUNT.value, SignInCounter.key == username[:_KEY]
        )
    )
    place = (SignInCounter.kind, SignInCounter.key)
    # Rows that somebody is just counting in are left to the next one: nobody waits for a clean-up.
    old = (
        select(*place)
        .where(
            SignInCounter.since < now - 2 * NAME_MEMORY,
            or_(SignInCounter.locked_until.is_(None), SignInCounter.locked_until < now),
        )
        .with_for_update(skip_locked=True)
    )
    db.execute(delete(SignInCounter).where(tuple_(*place).in_(old)))


def _count(db: Session, kind: Kind, key: str, policy: Policy, now: datetime) -> Counted:
    """Add one, atomically, unless locked; a lock that is over, or a long pause, starts anew."""
    lock = timedelta(minutes=policy.lock_minutes)
    memory, limit = (
        (NAME_MEMORY, policy.lock_failures)
        if kind is Kind.ACCOUNT
        else (lock, policy.address_failures)
    )
    until: Any = literal(now + lock, SignInCounter.locked_until.type)
    moment: Any = literal(now, SignInCounter.since.type)
    anew = or_(SignInCounter.locked_until.is_not(None), SignInCounter.since <= now - memory)
    more = SignInCounter.failures + 1
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    statement: Any = dialect.insert(SignInCounter).values(
        kind=kind.value, key=key, failures=1, since=now
    )
    row = db.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "key"],
            set_={
                "failures": case((anew, 1), else_=more),
                "since": case((anew, moment), else_=SignInCounter.since),
                "locked_until": case((anew, None), (more >= limit, until), else_=None),
            },
            where=or_(SignInCounter.locked_until.is_(None), SignInCounter.locked_until <= now),
        ).returning(SignInCounter.since, SignInCounter.locked_until)
    ).first()
    if row is None:
        # Locked by somebody since this transaction looked; what it has counted so far is undone.
        raise Locked(_locked_until(db, [(kind, key)], now) or now + lock)
    return Counted(kind, key, row.since, row.locked_until)


def _locked_until(db: Session, keys: Sequence[tuple[Kind, str]], now: datetime) -> datetime | None:
    """Return when the last lock of these counters ends, or None when none is locked."""
    places = [(kind.value, key) for kind, key in keys]
    return db.scalar(
        select(func.max(SignInCounter.locked_until)).where(
            tuple_(SignInCounter.kind, SignInCounter.key).in_(places),
            SignInCounter.locked_until > now,
        )
    )


def _write_failure(db: Session, name: str, tried: Tried, by: Actor, **detail: str) -> None:
    events.write(
        db,
        by,
        EventType.SIGN_IN_FAILED,
        about=("username", name[:40]),
        outcome="refused",
        tried=tried.value,
        **detail,
    )


def nobody(address: str, now: datetime) -> Actor:
    """Return whoever stands before the sign-in screen, for the events of what they do there."""
    return Actor(
        now=now, account_id=None, username="", name="（未登入）", role=None, address=address
    )
