"""What the page of an agency's half-year rests on: who owes what, and the units' verdicts beside its own."""

import pytest

from services.audits.agency.comparison import verdicts_beside
from services.audits.agency.overview import agency_half, list_agencies
from services.audits.agency.receiving import receive
from services.audits.drawing import draw_first
from services.audits.overview import view_audit
from services.audits.sheet import worksheet_rows
from services.audits.words import FrameScope, Ruling
from services.audits.worksheet import judge
from services.errors import Refused
from services.regulation.audit_states import AuditStatus
from tests.services.audits.agency.halves import (
    HALF,
    Q1,
    Q2,
    drawn_unit,
    frozen_agency,
    half,
    signed_unit,
    units,
)
from tests.world import World

__all__ = ["half", "units"]


def test_what_the_units_owe(half: World) -> None:
    received, manager = signed_unit(half, "tax1", Q1), half.actor("agency_manager")
    receive(manager, {received: view_audit(manager, received).content_hash})
    signed, drawn = signed_unit(half, "tax2", Q1), drawn_unit(half, "tax1", Q2)
    shown = agency_half(manager, half.agencies["tax"], HALF)
    assert [(one.unit, one.quarter, one.audit_id, one.status) for one in shown.units] == [
        ("大安分處", Q1, received, AuditStatus.RECEIVED),
        ("中山分處", Q1, signed, AuditStatus.SIGNED),
        ("大安分處", Q2, drawn, AuditStatus.JUDGING),
        ("中山分處", Q2, None, AuditStatus.PLANNED),
    ]
    assert (shown.name, shown.audit_id) == ("臺北市稅捐稽徵處", None)
    audit_id = frozen_agency(half)
    assert agency_half(manager, half.agencies["tax"], HALF).audit_id == audit_id


@pytest.mark.parametrize(
    ("who", "may_conduct", "may_receive"),
    [
        ("agency_manager", True, True),
        ("ethics", True, False),
        ("agency_head", False, False),
        ("reviewer", False, False),
        ("system_manager", False, False),
    ],
)
def test_who_sees_it_and_what_they_may_do(
    half: World, who: str, may_conduct: bool, may_receive: bool
) -> None:
    shown = agency_half(half.actor(who), half.agencies["tax"], HALF)
    assert (shown.may_conduct, shown.may_receive) == (may_conduct, may_receive)


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        ("agency_manager", ["TAX"]),
        ("ethics", ["TAX"]),
        ("works_manager", ["PWD"]),
        ("reviewer", ["LAND", "PWD", "TAX"]),
        ("head", []),
        ("unit_manager", []),
    ],
)
def test_which_agencies_are_listed(half: World, who: str, codes: list[str]) -> None:
    audit_id = frozen_agency(half, FrameScope.BOTH)
    lines = list_agencies(half.actor(who), HALF)
    assert [line.code for line in lines] == codes
    for line in lines:
        theirs = line.code == "TAX"
        assert line.audit_id == (audit_id if theirs else None)
        assert line.status is (AuditStatus.FROZEN if theirs else AuditStatus.PLANNED)


@pytest.mark.parametrize("who", ["head", "auditor", "unit_manager", "works_manager", "clerk"])
def test_others_do_not_see_the_half_year(half: World, who: str) -> None:
    with pytest.raises(Refused):
        agency_half(half.actor(who), half.agencies["tax"], HALF)


def test_the_units_verdict_stands_beside_the_agencys(
    half: World, units: dict[tuple[str, str], int]
) -> None:
    manager = half.actor("agency_manager")
    audit_id = frozen_agency(half)
    draw_first(manager, audit_id)
    rows = worksheet_rows(manager, audit_id)
    theirs = {
        row.record_id: row.judged
        for unit in units.values()
        for row in worksheet_rows(half.actor("reviewer"), unit)
    }
    beside = verdicts_beside(manager, audit_id)
    assert {record: one.unit for record, one in beside.items()} == theirs
    assert {row.record_id for row in rows} <= set(beside)
    assert not any(one.differs for one in beside.values())
    first, second = rows[0].record_id, rows[1].record_id
    judge(manager, audit_id, {first: 0}, Ruling.DEFICIENT, "調卷後查無此案")
    judge(manager, audit_id, {second: 0}, Ruling.COMPLIANT)
    beside = verdicts_beside(half.actor("agency_head"), audit_id)
    assert {record for record, one in beside.items() if one.differs} == {first}
    assert beside[first].unit.ruling is Ruling.COMPLIANT


def test_records_that_no_unit_audited_have_nothing_beside(
    half: World, units: dict[tuple[str, str], int]
) -> None:
    manager = half.actor("agency_manager")
    audit_id = frozen_agency(half, FrameScope.UNAUDITED)
    draw_first(manager, audit_id)
    beside = verdicts_beside(manager, audit_id)
    assert not {row.record_id for row in worksheet_rows(manager, audit_id)} & set(beside)


def test_a_unit_audit_has_nothing_beside(half: World) -> None:
    audit_id = signed_unit(half, "tax1", Q1)
    assert verdicts_beside(half.actor("head"), audit_id) == {}
