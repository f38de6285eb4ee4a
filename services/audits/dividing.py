"""Ways to divide an audit's records among its auditors: evenly, and by count. Pure.

``records`` are ids with the person key of their user; whom a record belongs to is never given it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

Records = Sequence[tuple[int, str]]


def divide(records: Records, people: Sequence[int]) -> dict[int, int]:
    """Divide records evenly among people: record id to account id, nobody their own.

    One user's records stay together as far as the even division allows. A record that only its own
    user could get is left out.
    """
    loads, shares = Counter(dict.fromkeys(people, 0)), dict[int, int]()
    keys = {str(one): one for one in people}
    # Whose own records are among them cannot take just any: those are given away first.
    for record, key in records:
        if others := [one for one in people if key in keys and one != keys[key]]:
            shares[record] = min(others, key=lambda one: loads[one])
            loads[shares[record]] += 1
    rest = [record for key, record in sorted((key, r) for r, key in records) if key not in keys]
    quotas = Counter[int]()
    for _ in rest:
        quotas[min(people, key=lambda one: loads[one] + quotas[one])] += 1
    for one in people:
        shares |= dict.fromkeys(rest[: quotas[one]], one)
        rest = rest[quotas[one] :]
    return shares


def most_for(records: Records, person: int) -> int:
    """Return how many of the records a person could be given: all but their own."""
    return sum(key != str(person) for _, key in records)


def divide_by_count(records: Records, counts: Mapping[int, int]) -> dict[int, int]:
    """Give each person just as many records as asked, nobody their own; the others are left out.

    It can be done whenever nobody is asked to take more than `most_for` says, and all together no more
    than there are; raises ValueError otherwise. One user's records stay together as far as that goes.
    """
    too_many = any(count > most_for(records, one) for one, count in counts.items())
    if too_many or sum(counts.values()) > len(records):
        raise ValueError("more records asked for than there are to give")
    owner = dict(records)
    pool = [record for record, key in sorted(records, key=lambda one: (one[1], one[0]))]
    shares: dict[int, int] = {}
    for one, count in counts.items():
        taken = [record for record in pool if owner[record] != str(one)][:count]
        gone = set(taken)
        pool = [record for record in pool if record not in gone]
        # What is left over now belongs to this very person. Somebody before has what they could take,
        # and can take theirs instead.
        others = [record for record in shares if owner[record] != str(one)]
        for record in others[: count - len(taken)]:
            shares[pool.pop()] = shares[record]
            taken.append(record)
        shares |= dict.fromkeys(taken, one)
    return shares
