"""Ways to divide an audit's records among its auditors: evenly, and by count. Pure.

``records`` are ids with the person key of their user and whoever cannot be given the record: its own user, and
who has a stake in it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Open(NamedTuple):
    """A record that is still to be judged."""

    record: int
    user: str
    barred: frozenset[int] = frozenset()
    """The accounts that may not judge it."""


Records = Sequence[Open]


def divide(records: Records, people: Sequence[int]) -> dict[int, int]:
    """Divide records evenly among people: record id to account id, nobody one they may not judge.

    One user's records stay together as far as the even division allows. A record that none of the people
    may judge is left out.
    """
    loads, shares = Counter(dict.fromkeys(people, 0)), dict[int, int]()
    barring = [one for one in records if not set(people).isdisjoint(one.barred)]
    # Those cannot be taken by just anybody: they are given away first.
    for one in barring:
        if others := [person for person in people if person not in one.barred]:
            shares[one.record] = min(others, key=lambda person: loads[person])
            loads[shares[one.record]] += 1
    special = {one.record for one in barring}
    rest = [one.record for one in _by_user(records) if one.record not in special]
    quotas = Counter[int]()
    for _ in rest:
        quotas[min(people, key=lambda person: loads[person] + quotas[person])] += 1
    for person in people:
        shares |= dict.fromkeys(rest[: quotas[person]], person)
        rest = rest[quotas[person] :]
    return shares


def most_for(records: Records, person: int) -> int:
    """Return how many of the records a person could be given."""
    return sum(person not in one.barred for one in records)


def divide_by_count(records: Records, counts: Mapping[int, int]) -> dict[int, int]:
    """Give each person just as many records as asked, nobody one they may not judge; the rest is left out.

    Raises ValueError where that cannot be done, whoever is given what. One user's records stay together as
    far as that goes.
    """
    pool = {one.record: one for one in _by_user(records)}
    given: dict[int, tuple[Open, int]] = {}
    for person, count in counts.items():
        for _ in range(count):
            if not _give(person, pool, given, {person}):
                raise ValueError("more records asked for than there are to give")
    return {record: person for record, (_, person) in given.items()}


def _give(
    person: int, pool: dict[int, Open], given: dict[int, tuple[Open, int]], asked: set[int]
) -> bool:
    """Give a person one more record, if need be one of somebody who can take another for it."""
    free = next((one for one in pool.values() if person not in one.barred), None)
    if free is not None:
        given[free.record] = (pool.pop(free.record), person)
        return True
    for one, other in list(given.values()):
        if person in one.barred or other in asked:
            continue
        asked.add(other)
        if _give(other, pool, given, asked):
            given[one.record] = (one, person)
            return True
    return False


def _by_user(records: Records) -> list[Open]:
    return sorted(records, key=lambda one: (one.user, one.record))
