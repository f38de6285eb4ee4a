"""Who uses the register most in one unit; the only charts that read the usage records themselves."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, UsageRecord
from services.actor import Actor
from services.errors import Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action, Reach, reach
from services.regulation.items import UsageAction
from services.usage.filters import Filters, check, conditions


@dataclass(frozen=True)
class PersonRow:
    """One person's use; the name is that on the newest of the records counted.

    The user name is the account's, also where the newest record came from another system.
    """

    person_key: str
    name: str
    username: str
    records: int
    share: float
    prints: int
    downloads: int

    @property
    def label(self) -> str:
        """姓名（帳號）."""
        return f"{self.name}（{self.username}）"


@dataclass(frozen=True)
class PeopleRanking:
    """The people with most records, and how many there are in all."""

    people: int
    rows: tuple[PersonRow, ...]


@guarded(Action.VIEW_USAGE)
def people_ranking(actor: Actor, filters: Filters, limit: int = 20) -> PeopleRanking:
    """Return the ``limit`` people with most records of the one unit in ``filters``."""
    reached = reach(actor, Action.VIEW_USAGE)
    with reading() as db:
        _one_unit(db, reached, filters)
        counted = db.execute(
            select(
                UsageRecord.person_key,
                func.count(),
                func.count().filter(UsageRecord.action == UsageAction.PRINT.value),
                func.count().filter(UsageRecord.action == UsageAction.DOWNLOAD.value),
                func.max(UsageRecord.id),
            )
            .where(*conditions(UsageRecord, reached, filters))
            .group_by(UsageRecord.person_key)
        ).all()
        top = sorted(counted, key=lambda row: (-row[1], row[0]))[:limit]
        names = {
            key: (name, username)
            for key, name, username in db.execute(
                select(
                    UsageRecord.person_key,
                    UsageRecord.person_name,
                    func.coalesce(Account.username, UsageRecord.username),
                )
                .outerjoin(Account, Account.id == UsageRecord.account_id)
                .where(UsageRecord.id.in_([row[4] for row in top]))
            )
        }
    total = sum(row[1] for row in counted) or 1
    return PeopleRanking(
        people=len(counted),
        rows=tuple(
            PersonRow(key, *names[key], records, records / total, prints, downloads)
            for key, records, prints, downloads, _ in top
        ),
    )


@guarded(Action.VIEW_USAGE)
def active_people(actor: Actor, filters: Filters) -> dict[str, int]:
    """Return for every month of the range how many people of the one unit used the register."""
    reached = reach(actor, Action.VIEW_USAGE)
    with reading() as db:
        _one_unit(db, reached, filters)
        rows = db.execute(
            select(UsageRecord.local_month, func.count(UsageRecord.person_key.distinct()))
            .where(*conditions(UsageRecord, reached, filters))
            .group_by(UsageRecord.local_month)
        ).all()
    counted = {row[0]: row[1] for row in rows}
    return {month: counted.get(month, 0) for month in filters.months}


def _one_unit(db: Session, reached: Reach, filters: Filters) -> None:
    check(db, reached, filters)
    if len(filters.unit_ids) != 1:
        raise Invalid("個人統計一次只看一個單位；請先選擇一個單位。")
