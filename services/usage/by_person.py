"""The people behind a list of usage records: who has how many of them, most first."""

from dataclasses import dataclass

from sqlalchemy import func, select

from data.engine import reading
from data.models import UsageRecord
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.usage.flags import ANY, flagged
from services.usage.listing import record_list_look
from services.usage.office_hours import TimeOfUse, within_time
from services.usage.search import RecordFilters, conditions_of


@dataclass(frozen=True)
class PersonLine:
    """One person's records among those that match; the name is that on the newest of them."""

    person_key: str
    label: str
    records: int
    outside: int
    """Outside office hours, days off included."""
    flagged: int


@dataclass(frozen=True)
class PeoplePage:
    """The people with most records, and how many there are in all."""

    rows: tuple[PersonLine, ...]
    people: int


@guarded(Action.VIEW_RECORDS)
def people_of_records(actor: Actor, filters: RecordFilters, limit: int) -> PeoplePage:
    """Return the ``limit`` people within reach with most of the records that match.

    The look is recorded like that at the list itself. Raises as `list_records`.
    """
    reached = reach(actor, Action.VIEW_RECORDS)
    with reading() as db:
        conditions = conditions_of(db, reached, filters)
    record_list_look(actor, filters)
    days = filters.first_day, filters.last_day
    with reading() as db:
        outside = within_time(db, TimeOfUse.OUTSIDE, days, filters.hours)
        counted = db.execute(
            select(
                UsageRecord.person_key,
                func.count(),
                func.count().filter(outside),
                func.count().filter(flagged(ANY)),
                func.max(UsageRecord.id),
            )
            .where(*conditions)
            .group_by(UsageRecord.person_key)
        ).all()
        top = sorted(counted, key=lambda row: (-row[1], row[0]))[:limit]
        newest = select(UsageRecord.id, UsageRecord.person_name, UsageRecord.username).where(
            UsageRecord.id.in_([row[4] for row in top])
        )
        names = {id_: f"{name}（{username}）" for id_, name, username in db.execute(newest)}
    return PeoplePage(
        tuple(
            PersonLine(key, names[newest_id], records, outside_hours, marked)
            for key, records, outside_hours, marked, newest_id in top
        ),
        len(counted),
    )
