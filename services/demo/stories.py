"""Three stories that later pages tell: a snooper, a shared account, an agency behind with its audits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from services.demo.people import Person
from services.demo.register import Site
from services.demo.rhythm import days_of
from services.regulation.items import Item, UsageAction
from services.regulation.periods import Quarter

SNOOPER_UNIT = "UDD-RENEW"
SHARED_UNIT = "TAX-SL"
BEHIND_AGENCY = "PWD"
"""工務局 has signed no unit audit for the last two of the quarters that others have signed."""
BEHIND_QUARTERS = 2
SENT_AGENCY = "UDD"
"""都市發展局 has sent its half-year to the bureau, and nobody has looked at it yet."""
LATE_AGENCY, ALTERED_AGENCY = "SOC", "DOT"
"""社會局 sent it late; in 交通局's a verdict was changed in the database after the signature."""
SENT_AGENCIES = (SENT_AGENCY, "CIV", LATE_AGENCY, "FIN", ALTERED_AGENCY)
"""Who has sent, in the order of sending; none of their units' audits is missing. The small city has the first."""
JUDGING_AGENCY = "LAND"
"""地政局 is in the midst of judging its half-year, and has found otherwise than one of its units."""
REDRAWN_UNITS = ("TAX-SL", "FIN-DEV")
"""士林分處 and 財政局's 非公用財產開發科 have drawn the sample of one of their quarters twice, and say why."""

VAGUE_REASONS = ("瞭解鄰地使用情形", "民眾陳情案件瞭解", "陳情案件後續處理")
"""They pass the check of form; only the audit can see that nothing stands behind them."""
_SNOOPED_SECTION = "天母段一小段"
_SNOOPED_ITEMS = (Item.LAND_OWNERSHIP, Item.BUILDING_OWNERSHIP, Item.LAND_OTHER_RIGHTS)
SHARED_ADDRESSES = ("10.21.4.21", "10.88.3.140")


@dataclass(frozen=True)
class StoryUse:
    """One look-up that belongs to a story; ``address`` empty means the usual one."""

    account_id: int
    second: int
    item: Item
    action: UsageAction
    site: int
    reason: str
    address: str = ""


@dataclass(frozen=True)
class Stories:
    """Who the stories are about, and their look-ups by day."""

    snooper: Person
    shared: Person
    uses: dict[date, list[StoryUse]]

    @property
    def records(self) -> int:
        return sum(map(len, self.uses.values()))


def make_stories(
    people: Sequence[Person],
    sites: Sequence[Site],
    months: Sequence[str],
    quarter: Quarter,
    random: Random,
) -> Stories:
    """Choose the people of the stories and write down what they looked up, and when."""
    snooper, shared = _steady(people, SNOOPER_UNIT), _steady(people, SHARED_UNIT)
    uses: dict[date, list[StoryUse]] = defaultdict(list)
    _snooping(snooper, sites, months, random, uses)
    _sharing(shared, sites, quarter, random, uses)
    return Stories(snooper, shared, uses)


def _steady(people: Sequence[Person], unit: str) -> Person:
    """Return the first ordinary user of the unit whose account was in use all the time."""
    return next(
        person
        for person in people
        if person.unit.spec.code == unit
        and person.post == "user"
        and person.life.kind == "usual"
        and set(_SNOOPED_ITEMS) <= set(person.items)
    )


def _snooping(
    person: Person,
    sites: Sequence[Site],
    months: Sequence[str],
    random: Random,
    uses: dict[date, list[StoryUse]],
) -> None:
    """The snooper: sixteen evenings in half a year, the same four neighbours and one owner's house.

    Every look-up has a reason that passes the form check, none has a case number, and no colleague
    works on that street.
    """
    first = next(i for i, site in enumerate(sites) if site.section.name == _SNOOPED_SECTION)
    neighbours, house = range(first + 1, first + 5), first + 2
    days = [day for month in months[-6:] for day in days_of(month) if day.weekday() < 5]
    for day in sorted(random.sample(days, 16)):  # nosec B311  # invents the demo city; nothing rests on its secrecy
        second = random.randint(19 * 3600, 21 * 3600)  # nosec B311  # invents the demo city; nothing rests on its secrecy
        reason = random.choice(VAGUE_REASONS)  # nosec B311  # invents the demo city; nothing rests on its secrecy
        for _ in range(random.randint(5, 9)):  # nosec B311  # invents the demo city; nothing rests on its secrecy
            site = house if random.random() < 0.5 else random.choice(neighbours)  # nosec B311  # invents the demo city; nothing rests on its secrecy
            item = random.choice(_SNOOPED_ITEMS)  # nosec B311  # invents the demo city; nothing rests on its secrecy
            uses[day].append(
                StoryUse(person.account_id, second, item, UsageAction.QUERY, site, reason)
            )
            second += random.randint(40, 400)  # nosec B311  # invents the demo city; nothing rests on its secrecy


def _sharing(
    person: Person,
    sites: Sequence[Site],
    quarter: Quarter,
    random: Random,
    uses: dict[date, list[StoryUse]],
) -> None:
    """The shared account: ten days of fifteen hours, two addresses at work in the same minutes."""
    days = [day for month in quarter.months for day in days_of(month) if day.weekday() < 5]
    for day in sorted(random.sample(days, 10)):  # nosec B311  # invents the demo city; nothing rests on its secrecy
        for pair in range(15):
            second = 7 * 3600 + pair * 3700 + random.randint(0, 600)  # nosec B311  # invents the demo city; nothing rests on its secrecy
            for address in SHARED_ADDRESSES:
                uses[day].append(
                    StoryUse(
                        person.account_id,
                        second,
                        random.choice(_SNOOPED_ITEMS[:2]),  # nosec B311  # invents the demo city; nothing rests on its secrecy
                        UsageAction.QUERY,
                        random.randrange(len(sites)),  # nosec B311  # invents the demo city; nothing rests on its secrecy
                        "房屋稅籍清查",
                        address,
                    )
                )
                second += random.randint(5, 50)  # nosec B311  # invents the demo city; nothing rests on its secrecy
