"""Abnormal use without an audit: who can report it, about whom, and where it shows."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import UsageRecord
from services.audits.words import Ruling
from services.errors import Invalid, Refused
from services.incidents.listing import (
    IncidentFilters,
    incident_units,
    list_incidents,
    open_incidents_of,
)
from services.incidents.reporting import report_abnormal
from services.incidents.view import view_incident
from services.incidents.words import IncidentStatus
from services.regulation.incidents import Gravity, Step
from tests.prepared import objects
from tests.services.incidents.helping import Audited, audited, handler, incidents, records_in
from tests.world import World, at


def report(world: World, by: str = "ethics", **given: Any) -> int:
    wanted: dict[str, Any] = {
        "unit_id": world.units["tax1"],
        "subject": "clerk",
        "title": "下班後大量查詢",
        "text": "連續三日於二十時後查詢同一所有權人。",
    }
    return report_abnormal(world.actor(by), **{**wanted, **given})


def use_ids(world: World, who: str, *days: int, **more: Any) -> list[int]:
    world.use(who, *(at(2026, 10, day, 21) for day in days), **more)
    with reading() as db:
        newest = select(UsageRecord.id).order_by(UsageRecord.id.desc()).limit(len(days))
        return sorted(db.scalars(newest))


def test_it_stands_with_its_person_records_and_words(world: World) -> None:
    records = use_ids(world, "clerk", 5, 6)
    view = view_incident(handler(world), report(world, records=records))
    assert (view.gravity, view.person) == (Gravity.ABNORMAL, "測試001（clerk）")
    assert view.steps[0].note == "連續三日於二十時後查詢同一所有權人。"
    assert [use.record_id for use in view.uses] == records
    assert view.found_by is None
    assert view.earliest == date(2026, 10, 5)
    assert {one.step for one in view.needed} == set(Step)
    assert records_in(view.id) == dict.fromkeys(records, "abnormal")
    assert incidents()[0].account_id == world.accounts["clerk"]


def test_the_records_can_say_who_it_is(world: World) -> None:
    key = "S2:a031"
    given = {"person_key": key, "account_id": None, "username": "a031", "person_name": "外部使用者"}
    records = use_ids(world, "clerk", 5, **given)
    by_record = view_incident(handler(world), report(world, subject="", records=records))
    by_key = view_incident(handler(world), report(world, subject=key))
    assert by_record.person == by_key.person == "外部使用者（a031）"
    assert [one.account_id for one in incidents()] == [None, None]


def test_without_records_a_step_lies_within_a_year_before(world: World) -> None:
    assert view_incident(handler(world), report(world)).earliest == date(2025, 11, 22)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"subject": ""}, "請輸入使用者的帳號"),
        ({"subject": "nobody"}, "沒有「nobody」"),
        ({"subject": "works_clerk"}, "沒有「works_clerk」"),
        ({"subject": "clerk_tax2"}, "沒有「clerk_tax2」"),
        ({"title": "短"}, "標題請寫"),
        ({"text": "短"}, "發現情形請寫"),
        ({"text": "長" * 501}, "發現情形請寫"),
        ({"records": [999_999]}, "沒有編號 999999"),
        ({"records": range(300)}, "最多 200 筆"),
    ],
)
def test_what_is_wrong_gets_its_sentence(
    world: World, given: dict[str, Any], sentence: str
) -> None:
    before = objects()
    with pytest.raises(Invalid, match=sentence):
        report(world, **given)
    assert objects() == before


def test_records_of_two_people_or_of_another_are_refused(world: World) -> None:
    one, two = use_ids(world, "clerk", 5), use_ids(world, "clerk2", 6)
    with pytest.raises(Invalid, match="不同的使用者"):
        report(world, records=[*one, *two])
    with pytest.raises(Invalid, match="不是「clerk」的使用紀錄"):
        report(world, records=two)
    other = use_ids(world, "works_clerk", 7)
    with pytest.raises(Invalid, match="沒有編號"):
        report(world, subject="", records=other)


def test_who_may_report_and_nobody_about_themselves(world: World) -> None:
    for by in ("head", "ethics", "agency_manager"):
        report(world, by)
    for by in ("auditor", "unit_manager", "agency_head", "clerk", "works_manager", "reviewer"):
        with pytest.raises(Refused):
            report(world, by)
    with pytest.raises(Refused, match="本人"):
        report(world, "head", subject="head")
    assert len(incidents()) == 3


def page(world: World, who: str, **filters: Any) -> list[int]:
    return [
        row.id
        for row in list_incidents(world.actor(who), IncidentFilters(**filters), None, 50).rows
    ]


def test_the_list_holds_what_lies_within_reach_and_nothing_about_oneself(world: World) -> None:
    about_clerk = report(world)
    about_head = report(world, subject="head")
    elsewhere = report(world, unit_id=world.units["tax2"], subject="clerk_tax2")
    works = report(world, "works_head", unit_id=world.units["works1"], subject="works_clerk")
    assert page(world, "ethics") == [about_clerk, about_head, elsewhere]
    assert page(world, "head") == [about_clerk]
    assert page(world, "auditor") == [about_clerk, about_head]
    assert page(world, "works_manager") == [works]
    assert page(world, "ethics", unit_id=world.units["tax2"]) == [elsewhere]
    assert page(world, "auditor", mine=True) == []
    units, handled = incident_units(world.actor("head"))
    assert [unit.code for unit in units] == ["TAX-DAAN"]
    assert handled == {world.units["tax1"]}
    with pytest.raises(Refused):
        page(world, "clerk")


def test_the_gravest_open_one_is_first_and_pages_follow_each_other(world: World) -> None:
    audit: Audited = audited(world)
    abnormal = report(world)
    audit.judge(audit.of["clerk"][:1], Ruling.DEFICIENT)
    audit.judge(audit.of["clerk2"][:1], Ruling.MAJOR)
    audit.judge(audit.of["unit_manager"], Ruling.MAJOR)
    audit.judge(audit.of["unit_manager"], Ruling.COMPLIANT)
    of = {one.person.split("（")[1]: one.id for one in incidents() if one.audit_id}
    wanted = [of["clerk2）"], abnormal, of["clerk）"], of["unit_manager）"]]
    person, after, found = handler(world), None, []
    for _ in wanted:
        part = list_incidents(person, IncidentFilters(), after, 1)
        found += [row.id for row in part.rows]
        assert part.total == 4
        after = part.next_after
    assert (found, after) == (wanted, None)
    part = list_incidents(person, IncidentFilters(), None, 50)
    assert part.open_by_gravity == {
        Gravity.MAJOR: 1, Gravity.ABNORMAL: 1, Gravity.DEFICIENT: 1,
    }  # fmt: skip
    assert [row.next_step for row in part.rows] == ["提報首長", "提報首長", "補救及防範措施", ""]
    assert page(world, "ethics", status=IncidentStatus.DROPPED) == [of["unit_manager）"]]
    assert page(world, "ethics", gravity=Gravity.MAJOR, status=IncidentStatus.OPEN) == [
        of["clerk2）"]
    ]
    assert open_incidents_of(world.actor("head"), audit.audit_id) == 2
    assert open_incidents_of(world.actor("reviewer"), audit.audit_id) == 2
