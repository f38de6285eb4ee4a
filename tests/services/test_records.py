"""Usage records: what is added is counted once in the month sums."""

from sqlalchemy import func, select

from data.engine import reading
from data.models import UsageMonthSum, UsageRecord
from tests.world import World, at


def test_month_sums_equal_the_records(world: World) -> None:
    world.use("clerk", at(2026, 7, 1), at(2026, 7, 2), at(2026, 8, 31, 23))
    world.use("clerk", at(2026, 7, 9), item="LandDescription")
    world.use("works_clerk", at(2026, 7, 9), action="print")
    keys = ("local_month", "unit_id", "source_id", "item", "action")
    with reading() as db:
        columns = [getattr(UsageRecord, key) for key in keys]
        counted = db.execute(select(*columns, func.count()).group_by(*columns)).all()
        summed = db.execute(
            select(*(getattr(UsageMonthSum, key) for key in keys), UsageMonthSum.records)
        ).all()
    assert sorted(map(tuple, summed)) == sorted(map(tuple, counted))
    assert sum(row[-1] for row in summed) == 5
