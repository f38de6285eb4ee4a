"""The accounts of the demo city: fixed sign-ins, posts in every unit and agency, and plain users."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import bcrypt
from sqlalchemy import insert
from sqlalchemy.orm import Session

from data.models import Account, AccountDuty, AccountItem, PersonnelChange, SignInSession
from services.accounts.leaving.words import Source
from services.audits.appointing import put_auditor
from services.demo.agencies import UnitSpec
from services.demo.lives import Life, life_of
from services.demo.organisation import PlacedUnit
from services.demo.posts import FIXED_PLACES, POSTS, PROFILES, TITLES, TOO_MANY, USER, USUAL
from services.identity.people import as_actor, load_account
from services.identity.sessions import EndReason
from services.regulation.items import Item
from services.regulation.leaving import Leaving
from services.regulation.roles import AccountStatus, Duty, EthicsKind

DEMO_PASSWORD = "Taipei-demo-114"  # nosec B105  # the published password of the demo city; production refuses demo data
"""The one password of all demo accounts."""
# A constant salt keeps the rows the same in every load; nothing here is worth protecting.
_SALT = b"$2b$12$DemoCityOfTaipei.2026."

DEMO_SIGN_INS: tuple[tuple[str, str], ...] = (
    ("clerk", "臺北市稅捐稽徵處大安分處 一般使用者"),
    ("head", "臺北市稅捐稽徵處大安分處 單位主管"),
    ("auditor", "臺北市稅捐稽徵處大安分處 指派稽核人員"),
    ("unit_manager", "臺北市稅捐稽徵處大安分處 單位管理者"),
    ("agency_manager", "臺北市稅捐稽徵處 機關管理者"),
    ("ethics", "臺北市稅捐稽徵處 政風人員"),
    ("agency_head", "臺北市稅捐稽徵處 機關首長"),
    ("reviewer", "臺北市政府地政局 複核人員"),
    ("second_reviewer", "臺北市政府地政局 複核人員（第二位）"),
    ("system_manager", "臺北市政府地政局 系統管理者"),
)


@dataclass(frozen=True)
class Person:
    """One account as the rest of the demo needs it; months count from the first month shown."""

    account_id: int
    username: str
    name: str
    unit: PlacedUnit
    post: str
    items: tuple[Item, ...]
    life: Life

    @property
    def queries(self) -> bool:
        """Whether the person looks things up at all."""
        return bool(self.items) and self.life.until_month > self.life.from_month


@dataclass(frozen=True)
class _Draft:
    username: str
    unit: PlacedUnit
    post: str


def write_people(
    db: Session,
    units: list[PlacedUnit],
    names: Iterator[str],
    months: tuple[str, ...],
    now: datetime,
    users_of: Callable[[UnitSpec], int],
) -> list[Person]:
    """Store the accounts with their items and duties and return them in the order of their ids."""
    hashed = bcrypt.hashpw(DEMO_PASSWORD.encode(), _SALT).decode()
    made: list[tuple[Account, _Draft, tuple[Item, ...], Life]] = []
    ordinary = 0
    for number, draft in enumerate(_drafts(units, users_of), 1):
        fixed = draft.post != "user" or draft.unit.spec.code == "TAX-DAAN"
        life = life_of(None if fixed else ordinary, number, months, now)
        ordinary += not fixed
        account = _account(draft, number, next(names), hashed, life)
        made.append((account, draft, _items(draft, life, number), life))
    db.add_all(account for account, *_ in made)
    db.flush()
    people = [
        Person(account.id, account.username, account.name, draft.unit, draft.post, items, life)
        for account, draft, items, life in made
    ]
    _write_items_and_duties(db, people)
    _appoint_auditors(db, people)
    _write_leavings(db, people, now)
    _write_sign_ins(db, people, now)
    return people


def _account(draft: _Draft, number: int, name: str, hashed: str, life: Life) -> Account:
    agency = draft.unit.agency.code
    title, role, _ = POSTS.get(draft.post, (TITLES[number % len(TITLES)], *USER))
    return Account(
        username=draft.username,
        staff_no=f"{agency}{number:05d}",
        name=name,
        title=title,
        email=f"{draft.username}@{agency.lower()}.taipei.example",
        phone=f"02-5550-{1000 + draft.unit.unit_id:04d} 轉 {100 + number % 900}",
        unit_id=draft.unit.unit_id,
        role=role.value,
        password_hash=hashed,
        **life.columns,
    )


def _drafts(units: list[PlacedUnit], users_of: Callable[[UnitSpec], int]) -> Iterator[_Draft]:
    """Yield everybody: the fixed sign-ins in their places, the missing posts, then the users."""
    serial = 0
    for index, unit in enumerate(units):
        fixed = FIXED_PLACES.get(unit.spec.code, ())
        for name in fixed:
            yield _Draft(name, unit, name)
        posts = ["head", "auditor"]
        if index % 5 in (0, 2, 3) or unit.spec.code == "TAX-DAAN":
            posts.append("unit_manager")
        if unit.is_seat:
            posts += ["agency_manager", "ethics", "agency_head"]
        posts = [post for post in posts if post not in fixed]
        for post in (*posts, *("user",) * users_of(unit.spec)):
            serial += 1
            yield _Draft(f"{unit.agency.code.lower()}{serial:05d}", unit, post)
    # Last, so that everybody else stays who they are: a major deficiency takes a second one to close.
    beside = next(
        (unit for unit in units if "reviewer" in FIXED_PLACES.get(unit.spec.code, ())), None
    )
    if beside is not None:
        yield _Draft("second_reviewer", beside, "reviewer")


def _items(draft: _Draft, life: Life, number: int) -> tuple[Item, ...]:
    """Return the authorised items; heads, auditors and the like hold none."""
    if draft.post not in ("user", "clerk", "unit_manager"):
        return ()
    if life.too_many:
        return TOO_MANY
    usual = USUAL.get(draft.unit.agency.kind, (0, 1, 3))
    return PROFILES[usual[0] if draft.post != "user" else usual[number % len(usual)]]


def _write_leavings(db: Session, people: list[Person], now: datetime) -> None:
    """Record the leaving of everybody in use who has a date for it, as their unit would have."""
    entries = [
        {
            "account_id": person.account_id,
            "kind": Leaving.LEAVE.value,
            "effective_on": person.life.columns["leaving_on"],
            "source": Source.IMPORT.value,
            "recorded_at": now - timedelta(days=20),
            "settled_how": "",
        }
        for person in people
        if person.life.columns["status"] == AccountStatus.ACTIVE
        and person.life.columns.get("leaving_on")
    ]
    if entries:
        db.execute(insert(PersonnelChange), entries)


def _write_sign_ins(db: Session, people: list[Person], now: datetime) -> None:
    """Let everybody with a post have signed in lately and out again: they work without querying."""
    entries = []
    for person in people:
        if person.post != "user":
            began = now - timedelta(days=12 + person.account_id % 5, hours=1)
            ended = began + timedelta(minutes=40)
            name = f"demo session {person.account_id}".encode()
            entries.append(
                {
                    "id": hashlib.sha256(name).hexdigest(),
                    "account_id": person.account_id,
                    "started_at": began,
                    "last_seen_at": ended,
                    "role": POSTS[person.post][1].value,
                    "address": "10.21.0.1",
                    "ended_at": ended,
                    "end_reason": EndReason.SIGNED_OUT.value,
                }
            )
    db.execute(insert(SignInSession), entries)


def _write_items_and_duties(db: Session, people: list[Person]) -> None:
    items, duties = [], []
    for person in people:
        granted = person.life.columns["created_at"] + timedelta(hours=1)
        items += [
            {"account_id": person.account_id, "item": item.value, "granted_at": granted}
            for item in person.items
        ]
        for duty, where in POSTS.get(person.post, ("", *USER))[2]:
            duties.append(
                {
                    "account_id": person.account_id,
                    "duty": duty.value,
                    "unit_id": person.unit.unit_id if where == "unit" else None,
                    "agency_id": person.unit.agency_id if where == "agency" else None,
                    "kind": EthicsKind.OFFICE.value if duty is Duty.ETHICS_OFFICER else "",
                    "granted_at": granted,
                }
            )
    db.execute(insert(AccountItem), items)
    db.execute(insert(AccountDuty), duties)


def _appoint_auditors(db: Session, people: list[Person]) -> None:
    """Let the head of every unit appoint its auditor, on the day on which both have an account (7.1.1)."""
    heads = {person.unit.unit_id: person for person in people if person.post == "head"}
    for person in people:
        if person.post != "auditor":
            continue
        head = heads[person.unit.unit_id]
        both = max(one.life.columns["created_at"] for one in (person, head))
        account = load_account(db, head.account_id)
        assert account is not None
        put_auditor(
            db,
            as_actor(account, both + timedelta(hours=2)),
            person.unit.unit_id,
            person.account_id,
            "指派辦理本單位每季稽核",
        )
