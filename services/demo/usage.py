"""Two years of usage records, day by day: cases of a few look-ups each, in order of time.

The look-ups of a day are drawn in arrays (`lots`); here they become rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from services.demo import purposes
from services.demo.lots import Lot, Lots
from services.demo.organisation import PlacedUnit
from services.demo.plan import Plan
from services.demo.register import Site
from services.demo.sections import OFFICES
from services.demo.stories import StoryUse
from services.demo.users import User
from services.regulation.items import BUILDING_ITEMS, Item, UsageAction
from services.rocdate import TAIPEI

Row = dict[str, Any]

_WEAK = 0.07
"""The part of the cases in the other system whose purpose is weak."""
_ITEMS = tuple(Item)
_ACTIONS = tuple(action.value for action in UsageAction)


@dataclass(frozen=True)
class Month:
    """What all days of one month share: the import of the other system's file."""

    index: int
    name: str
    import_id: int
    imported_at: datetime


class Usage:
    """Makes the rows of one month after another; the same arguments make the same rows."""

    def __init__(
        self,
        plan: Plan,
        units: Sequence[PlacedUnit],
        users: Sequence[User],
        sites: Sequence[Site],
        stories: dict[date, list[StoryUse]],
        random: np.random.Generator,
    ) -> None:
        self.plan, self.units, self.users, self.sites = plan, units, users, sites
        self.random = random
        self.stories = stories
        self.imported = 0
        """How many rows of the other system the month so far has."""
        self._serial = 0
        self._lots = Lots(plan.counts, units, users, sites, random)
        self._here = {user.columns["account_id"]: i for i, user in enumerate(users) if user.local}
        self._authorised = [[item in user.authorised for item in _ITEMS] for user in users]
        self._targets = [[_target(site, item) for site in sites] for item in _ITEMS]
        self._offices = [OFFICES[site.section.office] for site in sites]

    def rows_of(self, month: Month) -> Iterator[list[Row]]:
        """Yield the rows of every day of the month that has any."""
        self.imported = 0
        for day, drawn in self._lots.days_of(month.index, month.name):
            rows = self._rows(day, month, drawn) if drawn else []
            if day in self.stories:
                rows += [self._story_row(day, month, use) for use in self.stories[day]]
                rows.sort(key=lambda row: row["occurred_at"])
            if rows:
                yield rows

    def _rows(self, day: date, month: Month, drawn: Lot) -> list[Row]:
        midnight = _midnight(day)
        texts: dict[int, purposes.Texts] = {}
        chance = self.random.random((int(drawn.case.max()) + 1, 2)).tolist()
        rows = []
        for user, second, item, action, site, case in zip(
            drawn.user.tolist(),
            drawn.second.tolist(),
            drawn.item.tolist(),
            drawn.action.tolist(),
            drawn.site.tolist(),
            drawn.case.tolist(),
            strict=True,
        ):
            if case not in texts:
                texts[case] = self._purpose(user, site, day, chance[case])
            rows.append(
                self._row(day, month, midnight, user, second, item, action, site, texts[case])
            )
        return rows

    def _purpose(self, user: int, site: int, day: date, chance: list[float]) -> purposes.Texts:
        serial = int(chance[1] * 1_000_000)
        if not self.users[user].local and chance[0] < _WEAK:
            return purposes.weak(serial % 60)
        unit = self.units[self.users[user].place]
        return purposes.good(
            (chance[0] - _WEAK) / (1 - _WEAK) if not self.users[user].local else chance[0],
            unit.agency.kind,
            unit.letters,
            self._offices[site],
            day,
            serial,
        )

    def _row(
        self,
        day: date,
        month: Month,
        midnight: datetime,
        user: int,
        second: int,
        item: int,
        action: int,
        site: int,
        texts: purposes.Texts,
    ) -> Row:
        occurred = midnight + timedelta(seconds=second)
        section, number, target = self._targets[item][site]
        row = {
            **self.users[user].columns,
            "occurred_at": occurred,
            "local_month": month.name,
            "stored_at": occurred,
            "item": _ITEMS[item].value,
            "item_authorised": self._authorised[user][item],
            "action": _ACTIONS[action],
            "section_code": section,
            "number": number,
            "target": target,
            "case_no": texts[0],
            "document_no": texts[1],
            "reason": texts[2],
            "flags": texts[3],
        }
        if self.users[user].local:
            row["session_id"] = f"demo-{day:%Y%m%d}-{row['person_key']}"
        else:
            self._serial += 1
            self.imported += 1
            row["source_key"] = f"demo-{self._serial:010d}"
            row["import_id"] = month.import_id
            row["stored_at"] = month.imported_at
        return row

    def _story_row(self, day: date, month: Month, use: StoryUse) -> Row:
        row = self._row(
            day,
            month,
            _midnight(day),
            self._here[use.account_id],
            use.second,
            _ITEMS.index(use.item),
            _ACTIONS.index(use.action.value),
            use.site,
            ("", "", use.reason, ""),
        )
        return row | ({"address": use.address} if use.address else {})


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TAIPEI).astimezone(UTC)


def _target(site: Site, item: Item) -> tuple[str | None, str | None, str]:
    if item is Item.OWNER_HOLDINGS:
        return None, None, f"歸戶 {site.owner}"
    if item in BUILDING_ITEMS:
        return site.section.code, site.building_number, site.building_target
    return site.section.code, site.land_number, site.land_target
