"""Usage trends: every number equals a count of the records themselves, and nobody sees further."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Agency, Event, Unit, UsageRecord, UsageSource
from services.actor import Actor
from services.errors import Invalid, Refused
from services.regulation.items import Item, UsageAction
from services.usage.filters import Filters, filter_choices
from services.usage.normality import Cue
from services.usage.people import active_people, people_ranking
from services.usage.records import add_records
from services.usage.sums import Breakdown, Span, joined_spans
from services.usage.trends import MonthPoint, RankRow, Totals, overview
from tests.world import CREATED, World, at

YEAR = Filters("2025-11", "2026-10")
BROKEN_DOWN = [by for by in Breakdown if by is not Breakdown.NONE]
COLUMN = {
    Breakdown.AGENCY: "agency_id",
    Breakdown.UNIT: "unit_id",
    Breakdown.ITEM: "item",
    Breakdown.SOURCE: "source_id",
    Breakdown.ACTION: "action",
}


def monthly(actor: Actor, filters: Filters, by: Breakdown = Breakdown.NONE) -> list[MonthPoint]:
    return overview(actor, filters, by).points


def totals(actor: Actor, filters: Filters) -> Totals:
    return overview(actor, filters, Breakdown.ITEM).totals


def ranking(actor: Actor, filters: Filters, by: Breakdown) -> list[RankRow]:
    """The same, whether the chart is broken down by it or by something else."""
    if by is Breakdown.NONE:
        return overview(actor, filters, ranked=[by]).rankings[by]
    beside = overview(actor, filters, Breakdown.NONE, [by]).rankings[by]
    assert overview(actor, filters, by, [by]).rankings[by] == beside
    return beside


def notable_changes(actor: Actor, filters: Filters) -> list[Cue]:
    return overview(actor, filters).cues


EVERY_CALL: tuple[Callable[[Actor, Filters], object], ...] = (
    overview,
    lambda actor, filters: ranking(actor, filters, Breakdown.ITEM),
    people_ranking,
    active_people,
)


@pytest.fixture
def city(world: World) -> World:
    """Two years of random use by four people in three units through two systems."""
    dice = random.Random(7)
    with transaction() as db:
        other = UsageSource(code="platform", name="資料整合平臺", created_at=CREATED)
        db.add(other)
        db.flush()
        sources = [world.source_id, other.id]
    rows = []
    for who in ("clerk", "clerk2", "clerk_tax2", "works_clerk"):
        template = world.row(who, at(2026, 1, 1))
        for _ in range(dice.randrange(60, 140)):
            when = at(2024 + dice.randrange(1, 3), dice.randrange(1, 13), dice.randrange(1, 29))
            rows.append(
                template
                | {
                    "source_id": dice.choice(sources),
                    "occurred_at": when,
                    "local_month": f"{when:%Y-%m}",
                    "item": dice.choice(list(Item)).value,
                    "action": dice.choice(list(UsageAction)).value,
                }
            )
    with transaction() as db:
        add_records(db, rows)
    return world


def records() -> list[UsageRecord]:
    with reading() as db:
        return list(db.scalars(select(UsageRecord)))


def variants(world: World) -> list[Filters]:
    return [
        YEAR,
        replace(YEAR, unit_ids=(world.units["tax1"], world.units["works1"])),
        replace(YEAR, agency_ids=(world.agencies["tax"],), actions=("print", "download")),
        replace(YEAR, items=("LandOwnership", "CadastralMap"), sources=("platform",)),
        Filters("2026-02", "2026-02"),
    ]


def kept(row: UsageRecord, filters: Filters, codes: dict[int, str]) -> bool:
    pairs = [
        (row.agency_id, filters.agency_ids),
        (row.unit_id, filters.unit_ids),
        (row.item, filters.items),
        (row.action, filters.actions),
        (codes[row.source_id], filters.sources),
    ]
    return all(value in allowed for value, allowed in pairs if allowed)


def codes_of(table: type[UsageSource] | type[Unit] | type[Agency]) -> dict[int, str]:
    with reading() as db:
        return {row.id: row.code for row in db.execute(select(table.id, table.code))}


def test_every_number_equals_a_count_of_the_records(city: World) -> None:
    actor = city.actor("system_manager")
    everything, codes = records(), codes_of(UsageSource)
    names = {
        Breakdown.SOURCE: codes,
        Breakdown.UNIT: codes_of(Unit),
        Breakdown.AGENCY: codes_of(Agency),
    }
    for filters in variants(city):
        now = [
            row
            for row in everything
            if row.local_month in filters.months and kept(row, filters, codes)
        ]
        first, last = filters.before
        before = [
            row
            for row in everything
            if first <= row.local_month <= last and kept(row, filters, codes)
        ]
        assert now, "a variant without records would prove nothing"
        summed = totals(actor, filters)
        assert (summed.records, summed.before) == (len(now), len(before))
        busiest = Counter(row.local_month for row in now).most_common(1)[0][1]
        assert summed.busiest_records == busiest
        line = monthly(actor, filters)
        assert [point.month for point in line] == filters.months
        by_month = Counter(row.local_month for row in now)
        assert [point.records for point in line] == [by_month[month] for month in filters.months]
        for by in BROKEN_DOWN:
            code_of = names.get(by, {})
            keys = {
                row.id: code_of.get(getattr(row, COLUMN[by]), getattr(row, COLUMN[by]))
                for row in everything
            }
            points = monthly(actor, filters, by)
            counted = Counter((row.local_month, keys[row.id]) for row in now)
            assert {(p.month, p.key): p.records for p in points if p.records} == dict(counted)
            series = {point.key for point in points}
            assert len(points) == len(series) * len(filters.months)
            ranked = ranking(actor, filters, by)
            assert {row.key: row.records for row in ranked} == dict(
                Counter(keys[row.id] for row in now)
            )
            earlier = Counter(keys[row.id] for row in before)
            assert all(row.before == earlier[row.key] for row in ranked)
            assert sum(row.share for row in ranked) == pytest.approx(1)
            assert [row.records for row in ranked] == sorted(
                (row.records for row in ranked), reverse=True
            )


def test_people_equal_a_count_of_the_records(city: World) -> None:
    actor = city.actor("agency_manager")
    filters = replace(YEAR, unit_ids=(city.units["tax1"],))
    mine = [
        row
        for row in records()
        if row.unit_id == city.units["tax1"] and row.local_month in filters.months
    ]
    found = people_ranking(actor, filters)
    counted = Counter(row.person_key for row in mine)
    assert found.people == len(counted) == 2
    assert {row.person_key: row.records for row in found.rows} == dict(counted)
    for row in found.rows:
        actions = Counter(r.action for r in mine if r.person_key == row.person_key)
        assert (row.prints, row.downloads) == (actions["print"], actions["download"])
    assert {row.username for row in found.rows} == {"clerk", "clerk2"}
    assert found.rows[0].label == f"{found.rows[0].name}（{found.rows[0].username}）"
    assert sum(row.share for row in found.rows) == pytest.approx(1)
    cut = people_ranking(actor, filters, limit=1)
    assert cut.people == 2 and cut.rows == found.rows[:1]
    by_month = active_people(actor, filters)
    assert list(by_month) == filters.months
    for month, people in by_month.items():
        assert people == len({row.person_key for row in mine if row.local_month == month})


@pytest.mark.parametrize("units", [(), ("tax1", "tax2")])
def test_people_need_exactly_one_unit(city: World, units: tuple[str, ...]) -> None:
    filters = replace(YEAR, unit_ids=tuple(city.units[unit] for unit in units))
    for function in (people_ranking, active_people):
        with pytest.raises(Invalid, match="請先選擇一個單位"):
            function(city.actor("agency_manager"), filters)


@pytest.mark.parametrize(
    ("who", "units"),
    [
        ("unit_manager", {"tax1"}),
        ("head", {"tax1"}),
        ("auditor", {"tax1"}),
        ("agency_manager", {"tax1", "tax2"}),
        ("ethics", {"tax1", "tax2"}),
        ("agency_head", {"tax1", "tax2"}),
        ("works_head", {"works1"}),
        ("system_manager", {"tax1", "tax2", "works1", "bureau1"}),
        ("reviewer", {"tax1", "tax2", "works1", "bureau1"}),
    ],
)
def test_nobody_sees_beyond_their_reach(city: World, who: str, units: set[str]) -> None:
    actor = city.actor(who)
    within = {city.units[unit] for unit in units}
    choices = filter_choices(actor)
    assert {unit.id for unit in choices.units} == within
    assert {unit.label.split()[0] for unit in choices.units} <= {
        "臺北市稅捐稽徵處",
        "臺北市政府工務局",
        "臺北市政府地政局",
    }
    expected = sum(row.unit_id in within and row.local_month in YEAR.months for row in records())
    assert totals(actor, YEAR).records == expected
    assert sum(point.records for point in monthly(actor, YEAR)) == expected
    codes = codes_of(Unit)
    ranked = ranking(actor, YEAR, Breakdown.UNIT)
    assert {row.key for row in ranked} <= {codes[unit] for unit in within}
    for unit in set(city.units.values()) - within:
        for call in EVERY_CALL:
            with pytest.raises(Refused, match="不在您的權限範圍內"):
                call(actor, replace(YEAR, unit_ids=(unit,)))


def test_a_foreign_agency_is_refused_and_recorded(city: World) -> None:
    foreign = replace(YEAR, agency_ids=(city.agencies["works"],))
    with pytest.raises(Refused):
        totals(city.actor("agency_manager"), foreign)
    with reading() as db:
        event = db.scalars(select(Event)).one()
    assert (event.type, event.object_id) == ("refused", "view_usage")


def test_a_clerk_has_no_charts(city: World) -> None:
    actor = city.actor("clerk")
    with pytest.raises(Refused, match="沒有「檢視使用統計」的權限"):
        filter_choices(actor)
    for call in EVERY_CALL:
        with pytest.raises(Refused, match="沒有「檢視使用統計」的權限"):
            call(actor, YEAR)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"first_month": "2026-13"}, "2026-13"),
        ({"first_month": "115年7月"}, "寫法不正確"),
        ({"last_month": ""}, "寫法不正確"),
        ({"first_month": "２０２６-01"}, "寫法不正確"),
        ({"first_month": "2026-11"}, "115年11月）晚於結束月份（115年10月"),
        ({"first_month": "2016-10"}, "一次最多看 120 個月"),
        ({"items": ("Everything",)}, "沒有「Everything」這種查詢項目"),
        ({"actions": ("print", "delete")}, "沒有「delete」這種作業別"),
        ({"sources": ("elsewhere",)}, "沒有「elsewhere」這種來源系統"),
    ],
)
def test_filters_that_make_no_sense_get_a_sentence(
    world: World, change: dict[str, object], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        totals(world.actor("system_manager"), replace(YEAR, **change))  # type: ignore[arg-type]


def test_ten_years_are_the_most(world: World) -> None:
    assert totals(world.actor("system_manager"), Filters("2016-11", "2026-10")).records == 0


def test_a_ranking_needs_a_classification(world: World) -> None:
    with pytest.raises(Invalid, match="分類"):
        ranking(world.actor("system_manager"), YEAR, Breakdown.NONE)


def test_nothing_yet(world: World) -> None:
    actor = world.actor("agency_manager")
    choices = filter_choices(actor)
    assert (choices.first_month, choices.last_month) == (None, None)
    assert [point.records for point in monthly(actor, YEAR)] == [0] * 12
    assert monthly(actor, YEAR, Breakdown.UNIT) == []
    assert ranking(actor, YEAR, Breakdown.UNIT) == []
    assert notable_changes(actor, YEAR) == []
    summed = totals(actor, YEAR)
    assert (summed.records, summed.change, summed.busiest_month) == (0, None, None)


def test_the_change_is_only_told_when_the_time_before_is_whole(world: World) -> None:
    actor = world.actor("unit_manager")
    world.use(
        "clerk", at(2026, 3, 1), at(2026, 4, 1), at(2026, 5, 1), at(2026, 6, 1), at(2026, 6, 2)
    )
    assert totals(actor, Filters("2026-05", "2026-06")).change == pytest.approx(0.5)
    # Three months before would begin in January, before the first record there is.
    assert totals(actor, Filters("2026-04", "2026-06")).change is None
    assert filter_choices(actor).first_month == "2026-03"


def test_a_month_is_finished_at_taipei_midnight(world: World) -> None:
    october = Filters("2026-10", "2026-10")
    last_moment = datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    assert totals(world.actor("unit_manager", last_moment), october).unfinished
    assert not totals(world.actor("unit_manager", midnight), october).unfinished


def test_a_jump_of_the_last_finished_month_is_named(world: World) -> None:
    def use(who: str, year: int, month: int, times: int) -> None:
        world.use(who, *[at(year, month, 1 + n % 28) for n in range(times)])

    months = [(2025, 10), (2025, 11), (2025, 12), *((2026, month) for month in range(1, 10))]
    for year, month in months:
        use("clerk", year, month, 10)
        use("works_clerk", year, month, 12)
    use("clerk", 2026, 10, 60)
    use("works_clerk", 2026, 10, 12)
    use("works_clerk", 2026, 11, 300)  # not over on 23 November: no judgement yet
    found = notable_changes(world.actor("system_manager"), YEAR)
    assert [cue.sentence for cue in found] == [
        "臺北市稅捐稽徵處 大安分處 115年10月 60 筆，平常每月 10 筆。"
    ]
    assert [cue.sentence for cue in notable_changes(world.actor("head"), YEAR)] == [
        "大安分處 115年10月 60 筆，平常每月 10 筆。"
    ]
    assert notable_changes(world.actor("works_head"), YEAR) == []
    only_works = replace(YEAR, agency_ids=(world.agencies["works"],))
    assert notable_changes(world.actor("system_manager"), only_works) == []
    december = datetime(2026, 12, 7, 1, 0, tzinfo=UTC)
    later = notable_changes(world.actor("system_manager", december), YEAR)
    assert [cue.records for cue in later] == [300]


def test_a_unit_falling_silent_is_named_and_months_before_the_first_data_do_not_count(
    world: World,
) -> None:
    for month in range(4, 10):
        world.use("clerk", *[at(2026, month, 1 + n) for n in range(28)], at(2026, month, 1, 9))
        world.use("clerk", at(2026, month, 2, 9), at(2026, month, 3, 9))
    found = notable_changes(world.actor("head"), YEAR)
    assert [(cue.records, cue.usual) for cue in found] == [(0, 31)]
    # In September there were only five months to compare with.
    september = datetime(2026, 10, 5, 1, 0, tzinfo=UTC)
    assert notable_changes(world.actor("head", september), YEAR) == []


def test_the_name_of_a_person_is_the_newest(world: World) -> None:
    world.use("clerk", at(2026, 7, 1), person_name="舊名")
    world.use("clerk", at(2026, 8, 1), person_name="新名")
    filters = replace(YEAR, unit_ids=(world.units["tax1"],))
    rows = people_ranking(world.actor("head"), filters).rows
    assert [row.label for row in rows] == ["新名（clerk）"]


def test_a_running_month_is_not_compared_with_a_whole_one(city: World) -> None:
    city.use("clerk", at(2026, 11, 2), at(2026, 10, 5), at(2026, 10, 6))
    summed = totals(city.actor("agency_manager"), Filters("2026-11", "2026-11"))
    assert summed.unfinished
    assert summed.records and summed.before
    assert summed.change is None
    finished = totals(city.actor("agency_manager"), Filters("2026-10", "2026-10"))
    assert finished.change is not None


def test_a_person_is_named_by_the_account_whatever_system_the_newest_record_is_from(
    city: World,
) -> None:
    city.use("clerk", at(2026, 10, 30), username="q00021")
    filters = replace(YEAR, unit_ids=(city.units["tax1"],))
    found = people_ranking(city.actor("agency_manager"), filters)
    assert {row.username for row in found.rows} == {"clerk", "clerk2"}


def test_a_range_of_long_ago_reads_no_month_in_between(world: World) -> None:
    """The cues are of last month, the charts of 2020: the years between belong to neither."""
    world.use("clerk", at(2020, 3, 1), at(2020, 4, 1), at(2023, 5, 1), at(2026, 10, 1))
    found = overview(world.actor("system_manager"), Filters("2020-04", "2020-04"), Breakdown.UNIT)
    assert (found.totals.records, found.totals.before) == (1, 1)
    assert [(point.month, point.records) for point in found.points] == [("2020-04", 1)]


@pytest.mark.parametrize(
    ("other", "joined"),
    [
        (("2026-01", "2026-03"), [("2026-01", "2026-06")]),
        (("2026-07", "2026-08"), [("2026-04", "2026-08")]),
        (("2026-05", "2026-05"), [("2026-04", "2026-06")]),
        (("2026-08", "2026-09"), [("2026-04", "2026-06"), ("2026-08", "2026-09")]),
        (("2020-01", "2020-12"), [("2020-01", "2020-12"), ("2026-04", "2026-06")]),
    ],
)
def test_spans_are_read_as_one_where_they_touch(other: Span, joined: list[Span]) -> None:
    assert joined_spans(("2026-04", "2026-06"), other) == joined
