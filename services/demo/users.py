"""Who uses the register through which system: accounts here, and people known only to the other one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import insert
from sqlalchemy.orm import Session

from data.models import SourceUser
from services.demo.organisation import PlacedUnit
from services.demo.people import Person
from services.regulation.items import Item

_OUTSIDERS, _CLAIMED = 0.08, 0.055
"""The part of a unit's use that comes from the other system: without and with an account here."""
ITEM_WEIGHTS = {
    Item.LAND_DESCRIPTION: 26,
    Item.LAND_OWNERSHIP: 31,
    Item.LAND_OTHER_RIGHTS: 7,
    Item.BUILDING_DESCRIPTION: 14,
    Item.BUILDING_OWNERSHIP: 16,
    Item.BUILDING_OTHER_RIGHTS: 5,
    Item.OWNER_HOLDINGS: 4,
    Item.CADASTRAL_MAP: 6,
}
_ELSEWHERE = tuple(Item)[:6]
"""What can be looked up in the other system."""


@dataclass(frozen=True)
class User:
    """One way of looking things up: a person in one system, with the columns that never change."""

    columns: dict[str, Any]
    place: int
    """Which unit, counted from 0."""
    local: bool
    weight: float
    from_month: int
    until_month: int
    uses: tuple[Item, ...]
    authorised: frozenset[Item]


def make_users(
    db: Session,
    units: Sequence[PlacedUnit],
    people: Sequence[Person],
    names: Iterator[str],
    sources: tuple[int, int],
    random: np.random.Generator,
) -> list[User]:
    """Return all users, unit by unit, and store those of the other system; ``sources`` is (here, there)."""
    here, there = sources
    users: list[User] = []
    known: list[dict[str, Any]] = []
    for place, unit in enumerate(units):
        members = [p for p in people if p.unit.unit_id == unit.unit_id and p.queries]
        ranks = random.permutation(len(members)) + 1
        shares = ranks**-0.9 / np.sum(ranks**-0.9) if members else ranks
        claimed = members[1::4]
        for person, share in zip(members, shares.tolist(), strict=True):
            users.append(_here(place, person, share * (1 - _OUTSIDERS - _CLAIMED), here))
        for person in claimed:
            code = f"q{person.account_id:05d}"
            known.append(_source_user(there, code, person.name, person.account_id))
            users.append(_there_with_account(place, person, code, _CLAIMED / len(claimed), there))
        outsiders = max(1, len(members) // 8)
        for serial in range(1, outsiders + 1):
            code, name = f"p{unit.unit_id:03d}{serial:03d}", next(names)
            known.append(_source_user(there, code, name, None))
            users.append(_there_alone(place, unit, code, name, _OUTSIDERS / outsiders, there))
    db.execute(insert(SourceUser), known)
    return users


def _source_user(source: int, code: str, name: str, account: int | None) -> dict[str, Any]:
    return {"source_id": source, "user_code": code, "name": name, "account_id": account}


def _here(place: int, person: Person, weight: float, source: int) -> User:
    # Who holds too many items is found out by using two of them only.
    uses = person.items[:2] if person.life.too_many else person.items
    columns = _columns(person.unit, source, person.account_id, person.username, person.name)
    return _user(columns, place, person, weight, uses, local=True)


def _there_with_account(place: int, person: Person, code: str, weight: float, source: int) -> User:
    columns = _columns(person.unit, source, person.account_id, code, person.name)
    return _user(columns, place, person, weight, _ELSEWHERE, local=False)


def _user(
    columns: dict[str, Any],
    place: int,
    person: Person,
    weight: float,
    uses: tuple[Item, ...],
    local: bool,
) -> User:
    life = person.life
    return User(
        columns,
        place,
        local,
        weight,
        life.from_month,
        life.until_month,
        uses,
        frozenset(person.items),
    )


def _there_alone(
    place: int, unit: PlacedUnit, code: str, name: str, weight: float, source: int
) -> User:
    columns = _columns(unit, source, None, code, name)
    return User(columns, place, False, weight, 0, 10_000, _ELSEWHERE, frozenset(_ELSEWHERE))


def _columns(
    unit: PlacedUnit, source: int, account: int | None, username: str, name: str
) -> dict[str, Any]:
    host = int.from_bytes(username.encode(), "big") % 199 + 11
    return {
        "source_id": source,
        "source_key": None,
        "import_id": None,
        "account_id": account,
        "person_key": f"S{source}:{username}" if account is None else str(account),
        "username": username,
        "person_name": name,
        "unit_id": unit.unit_id,
        "unit_name": unit.spec.name,
        "agency_id": unit.agency_id,
        "agency_name": unit.agency.name,
        "address": f"10.{unit.agency_id + 20}.{unit.unit_id}.{host}",
        "session_id": "",
    }


def item_table(users: Sequence[User]) -> npt.NDArray[np.float64]:
    """Return for every user the cumulative chances of the items, in the order of `Item`."""
    weights = np.array([[ITEM_WEIGHTS[item] * (item in u.uses) for item in Item] for u in users])
    table: npt.NDArray[np.float64] = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return table
