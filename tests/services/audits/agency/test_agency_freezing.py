"""Freezing an agency's half-year: its three scopes, the floors, what is missing, and what is refused."""

from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from data.engine import reading
from data.models import Audit, AuditDraw, AuditFrame, Event, UsageRecord
from services.actor import operator
from services.audits import store
from services.audits.agency.freezing import freeze_agency, preview_agency_frame
from services.audits.drawing import draw_first, expand, redraw
from services.audits.export import export_draw
from services.audits.frozen import unpack_frame
from services.audits.overview import view_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import reopen, sign
from services.audits.words import FrameScope, Ruling
from services.audits.worksheet import judge, pick
from services.errors import Conflict, Invalid, Refused
from services.regulation.floors import unit_floors
from services.regulation.periods import HalfYear, Quarter
from services.settings import readings
from tests.agency_freeze import WHY, freeze_half, reasons, receive_signed
from tests.services.audits.agency.halves import (
    HALF,
    Q1,
    Q2,
    agency_records,
    audit_row,
    audited_records,
    frozen_agency,
    half,
    judge_all,
    signed_unit,
    units,
)
from tests.services.audits.test_at_once import at_once
from tests.services.audits.test_export import unpack, verify
from tests.world import NOW, World

__all__ = ["half", "units"]


def frame_row(audit_id: int) -> AuditFrame:
    with reading() as db:
        return store.load_frame_row(db, audit_id)


def frame_ids(audit_id: int) -> set[int]:
    return set(unpack_frame(frame_row(audit_id)).ids.tolist())


def counts() -> dict[str, Any]:
    with reading() as db:
        return {
            t.__tablename__: db.scalar(select(func.count()).select_from(t))
            for t in (Audit, AuditFrame, AuditDraw)
        }


def test_the_frame_is_what_the_units_audited(
    half: World, units: dict[tuple[str, str], int]
) -> None:
    audit_id = frozen_agency(half)
    assert frame_ids(audit_id) == audited_records(half, *units.values())
    row, audit = frame_row(audit_id), audit_row(audit_id)
    assert (audit.kind, audit.unit_id, audit.period, audit.scope, audit.status) == (
        "agency", None, "2026H1", "audited", "frozen",
    )  # fmt: skip
    basis = row.basis
    assert set(basis) == {
        "floors", "explanation", "reading", "units", "missing", "people", "records", "months",
    }  # fmt: skip
    assert [(u["unit"], u["quarter"], u["audit_id"]) for u in basis["units"]] == [
        ("大安分處", "2026Q1", units["tax1", "2026Q1"]),
        ("中山分處", "2026Q1", units["tax2", "2026Q1"]),
        ("大安分處", "2026Q2", units["tax1", "2026Q2"]),
        ("中山分處", "2026Q2", units["tax2", "2026Q2"]),
    ]
    for unit in basis["units"]:
        records = audited_records(half, unit["audit_id"])
        assert unit["records"] == len(records)
        assert unit["people"] <= len(records)
    assert basis["missing"] == []
    assert basis["records"] == row.records == sum(u["records"] for u in basis["units"])
    assert basis["people"] == row.people_counted == sum(u["people"] for u in basis["units"])
    assert basis["floors"]["records"] == ceil(basis["records"] / 2) == row.planned_records
    assert basis["floors"]["users"] == min(ceil(basis["people"] / 2), row.people)
    assert basis["floors"]["months"] == row.months == 6
    assert basis["months"] == list(HALF.months)


def test_the_other_scopes(half: World, units: dict[tuple[str, str], int]) -> None:
    audited, everything = audited_records(half, *units.values()), agency_records(half)
    assert audited < everything
    manager = half.actor("agency_manager")
    for scope, expected in (
        (FrameScope.AUDITED, audited),
        (FrameScope.UNAUDITED, everything - audited),
        (FrameScope.BOTH, everything),
    ):
        shown = preview_agency_frame(manager, half.agencies["tax"], HALF, scope)
        assert shown.picture is not None, shown.problem
        assert shown.picture.records == len(expected)
        assert shown.picture.floors.records == ceil(len(audited) / 2)
        assert scope.label in shown.picture.reading
    assert frame_ids(frozen_agency(half, FrameScope.BOTH)) == everything


def test_the_unaudited_records_alone(half: World, units: dict[tuple[str, str], int]) -> None:
    audit_id = frozen_agency(half, FrameScope.UNAUDITED)
    assert frame_ids(audit_id) == agency_records(half) - audited_records(half, *units.values())


def test_people_of_the_picture_have_their_names(
    half: World, units: dict[tuple[str, str], int]
) -> None:
    shown = preview_agency_frame(half.actor("ethics"), half.agencies["tax"], HALF, FrameScope.BOTH)
    assert shown.picture is not None
    names = {half.actor(who).name for who in ("clerk", "clerk2", "clerk_tax2")}
    assert {name for _, name, _ in shown.picture.by_person} == names
    assert list(shown.picture.by_month) == list(HALF.months)


def test_counting_people_once_is_a_setting(half: World, units: dict[tuple[str, str], int]) -> None:
    audits = units.values()
    reviewer = half.actor("reviewer")
    audited = [{row.person_key for row in worksheet_rows(reviewer, one)} for one in audits]
    distinct = len(set[str]().union(*audited))
    manager, agency = half.actor("agency_manager"), half.agencies["tax"]

    def people() -> tuple[int, str]:
        picture = preview_agency_frame(manager, agency, HALF, FrameScope.AUDITED).picture
        assert picture is not None
        return picture.people_counted, picture.reading + "".join(picture.explanation)

    summed, said = people()
    assert "人次" in said
    readings.choose(operator(NOW), "agency_people_counted", "distinct")
    once, said = people()
    assert (once, summed) == (distinct, sum(map(len, audited)))
    assert "人次" not in said and "只算一次" in said
    basis = frame_row(frozen_agency(half)).basis
    assert basis["people"] == distinct and basis["floors"]["users"] == (distinct + 1) // 2


def test_missing_unit_audits_are_declared_count_their_minimum_and_stay_a_finding(
    half: World,
) -> None:
    signed = signed_unit(half, "tax1", Q1)
    manager, agency = half.actor("agency_manager"), half.agencies["tax"]
    shown = preview_agency_frame(manager, agency, HALF, FrameScope.AUDITED)
    missing = [("中山分處", "2026Q1"), ("大安分處", "2026Q2"), ("中山分處", "2026Q2")]
    audited = shown.audited
    assert [(one.unit, one.quarter) for one in audited.missing] == missing
    least = [unit_least(half, unit, q) for unit, q in (("tax2", Q1), ("tax1", Q2), ("tax2", Q2))]
    assert [(one.records, one.people) for one in audited.missing] == least
    assert least[2] == (0, 0)  # it used nothing: a nil return that nobody signed
    wide = preview_agency_frame(manager, agency, HALF, FrameScope.BOTH).picture
    assert wide is not None
    assert wide.floors.records == ceil((len(audited.rows) + audited.missing_records) / 2)
    said = "".join(wide.explanation)
    assert "還有 3 件單位稽核未完成，各以最低應稽核的人數與筆數計入" in said
    assert f"加計未完成者最低應稽核的 {audited.missing_records:,} 筆" in said

    before = counts()
    given = reasons(manager, agency, HALF)

    def refused(error: type[Exception], sentence: str, why: dict[str, str]) -> None:
        with pytest.raises(error, match=sentence):
            freeze_agency(manager, agency, HALF, FrameScope.BOTH, seal=False, missing=why)
        assert counts() == before

    refused(Conflict, "大安分處 115年第1季單位稽核已簽核，尚未由機關管理者收存", given)
    receive_signed(manager, agency, HALF)
    last = audited.missing[1].key
    for wrong in ("", "懸缺", "長" * 201, "　 \n 懸缺"):
        refused(Invalid, "「大安分處 115年第2季」的單位稽核未完成", given | {last: wrong})
    refused(Conflict, "未完成的名單", given | {"1:2026Q1:別的單位": "單位主管懸缺"})

    audit_id = freeze_agency(
        manager, agency, HALF, FrameScope.BOTH, seal=False, missing=given | {last: "  人員借調 "}
    )
    signed_unit(half, "tax1", Q2)
    row = frame_row(audit_id)
    kept = [(one["unit"], one["quarter"], one["reason"]) for one in row.basis["missing"]]
    assert kept == [(*missing[0], WHY), (*missing[1], "人員借調"), (*missing[2], WHY)]
    assert row.planned_records == wide.floors.records
    assert audited_records(half, signed) < frame_ids(audit_id) == agency_records(half)


def unit_least(world: World, unit: str, quarter: Quarter) -> tuple[int, int]:
    """The floors of clause 7.1.1 for a unit's quarter, by a plain recount of its records."""
    with reading() as db:
        found = db.execute(
            select(UsageRecord.person_key, UsageRecord.local_month).where(
                UsageRecord.unit_id == world.units[unit],
                UsageRecord.local_month.in_(quarter.months),
            )
        ).all()
    people, months = ({row[place] for row in found} for place in (0, 1))
    floors = unit_floors(len(found), len(people), len(months), quarter.last_day)
    return floors.at_least, floors.users


def test_freezing_early_lowers_no_floor(half: World) -> None:
    """Whichever audits are missing: what their minimum adds is never more than what they would have added."""
    manager, agency = half.actor("agency_manager"), half.agencies["tax"]
    floors = []
    for unit, quarter in (("tax1", Q1), ("tax2", Q1), ("tax1", Q2), ("tax2", Q2)):
        shown = preview_agency_frame(manager, agency, HALF, FrameScope.BOTH).picture
        assert shown is not None
        floors.append((shown.floors.records, shown.floors.users))
        signed_unit(half, unit, quarter)
    shown = preview_agency_frame(manager, agency, HALF, FrameScope.BOTH).picture
    assert shown is not None
    # Each audit looked at just what it had to, so that the floors are the same from the first moment.
    assert {*floors, (shown.floors.records, shown.floors.users)} == {floors[0]}


def test_what_was_audited_can_be_too_little_while_audits_are_missing(half: World) -> None:
    """Of one nil return alone nothing can be drawn; the advice is the wider scope."""
    signed_unit(half, "tax2", Q1)
    with pytest.raises(Invalid, match="請改選「已稽核與未稽核的紀錄」"):
        frozen_agency(half)
    assert frame_ids(frozen_agency(half, FrameScope.BOTH)) == agency_records(half)


def test_a_reopened_unit_audit_is_missing_again(
    half: World, units: dict[tuple[str, str], int]
) -> None:
    reopen(half.actor("head"), units["tax1", "2026Q2"], "機關管理者退回補正")
    shown = preview_agency_frame(
        half.actor("agency_manager"), half.agencies["tax"], HALF, FrameScope.AUDITED
    )
    assert [(one.unit, one.quarter) for one in shown.audited.missing] == [("大安分處", "2026Q2")]


@pytest.mark.parametrize(
    ("scope", "sentence"),
    [(FrameScope.AUDITED, "單位已簽核的稽核中沒有任何紀錄"), (FrameScope.UNAUDITED, "")],
)
def test_nothing_signed_yet_is_no_nil_return(half: World, scope: FrameScope, sentence: str) -> None:
    before = counts()
    if sentence:
        with pytest.raises(Invalid, match=sentence):
            frozen_agency(half, scope)
        assert counts() == before
        return
    audit_id = frozen_agency(half, scope)
    row = frame_row(audit_id)
    least = [one["records"] for one in row.basis["missing"]]
    assert row.basis["floors"]["records"] == ceil(sum(least) / 2) > 0
    draw_first(half.actor("agency_manager"), audit_id)
    found = view_audit(half.actor("agency_manager"), audit_id).findings
    assert found is not None and found.months == 6


def test_too_few_unaudited_records_are_refused_with_advice(
    half: World, units: dict[tuple[str, str], int]
) -> None:
    """Nearly everything was audited: what is left is too small for half of it."""
    for (unit, _), audit_id in units.items():
        who = half.actor("head" if unit == "tax1" else "tax2_head")
        frame = frame_row(audit_id)
        if not frame.records:
            continue
        reopen(who, audit_id, "機關管理者要求擴大查核")
        left = frame.records - len(audited_records(half, audit_id))
        expand(who, audit_id, left - 1, "機關管理者要求擴大查核")
        judge_all(half, audit_id, who.username)
        sign(who, audit_id, view_audit(who, audit_id).content_hash)
    before = counts()
    with pytest.raises(
        Invalid, match=r"母體只有 3 筆，不足應稽核的 .*請改選「已稽核與未稽核的紀錄」"
    ):
        frozen_agency(half, FrameScope.UNAUDITED)
    assert counts() == before
    shown = preview_agency_frame(
        half.actor("ethics"), half.agencies["tax"], HALF, FrameScope.UNAUDITED
    )
    assert shown.picture is None and "請改選" in shown.problem


def test_a_half_year_without_use_is_a_nil_return(world: World) -> None:
    manager = world.actor("agency_manager")
    shown = preview_agency_frame(manager, world.agencies["tax"], HALF, FrameScope.AUDITED)
    assert shown.picture is not None and shown.picture.records == 0
    assert "本半年沒有使用紀錄" in shown.picture.explanation[0]
    audit_id = frozen_agency(world)
    assert frame_row(audit_id).records == 0
    with pytest.raises(Conflict, match="不需抽樣"):
        draw_first(manager, audit_id)
    found = view_audit(manager, audit_id).findings
    assert found is not None and found.sentence == "本半年沒有使用紀錄。"


def test_freezing_twice_and_early(half: World, units: dict[tuple[str, str], int]) -> None:
    frozen_agency(half)
    before = counts()
    for person, scope in (("agency_manager", FrameScope.BOTH), ("ethics", FrameScope.AUDITED)):
        with pytest.raises(Conflict, match="已經凍結，不能再凍結一次"):
            freeze_agency(half.actor(person), half.agencies["tax"], HALF, scope, seal=False)
    with pytest.raises(Invalid, match="只能凍結已結束的半年"):
        freeze_agency(
            half.actor("ethics"), half.agencies["tax"], HalfYear(2026, 2), FrameScope.BOTH
        )
    assert counts() == before


def test_a_half_year_ends_at_taipei_midnight(half: World) -> None:
    last_minute = datetime(2026, 6, 30, 15, 59, tzinfo=UTC)
    for moment, fine in ((last_minute, False), (last_minute.replace(hour=16, minute=0), True)):
        person = half.actor("agency_manager", moment)
        if fine:
            freeze_half(person, half.agencies["tax"], HALF, FrameScope.BOTH)
        else:
            with pytest.raises(Invalid, match="才結束"):
                freeze_agency(person, half.agencies["tax"], HALF, FrameScope.BOTH, seal=False)


@pytest.mark.parametrize("size", [-1, 0, 3, 10_000])
def test_the_size_is_between_floor_and_frame(
    half: World, units: dict[tuple[str, str], int], size: int
) -> None:
    receive_signed(half.actor("agency_manager"), half.agencies["tax"], HALF)
    before = counts()
    with pytest.raises(Invalid, match="規範下限"):
        freeze_agency(
            half.actor("agency_manager"),
            half.agencies["tax"],
            HALF,
            FrameScope.AUDITED,
            size,
            seal=False,
        )
    assert counts() == before


def test_one_frame_is_frozen_when_two_freeze_at_once(
    half: World, units: dict[tuple[str, str], int]
) -> None:
    receive_signed(half.actor("agency_manager"), half.agencies["tax"], HALF)
    people = [half.actor("agency_manager"), half.actor("ethics")]
    ended = at_once(
        *(
            lambda p=p: freeze_agency(p, half.agencies["tax"], HALF, FrameScope.AUDITED, seal=False)
            for p in people
        )
    )
    assert ended == {"done": 1, "told": 1}
    with reading() as db:
        opened = db.scalars(
            select(Event.object_id).where(
                Event.type == "audit_opened", Event.detail["period"].as_string() == "2026H1"
            )
        ).all()
    assert len(opened) == 1


@pytest.mark.parametrize(
    "who", ["head", "auditor", "agency_head", "works_manager", "reviewer", "system_manager"]
)
def test_others_do_not_freeze(half: World, who: str) -> None:
    before = counts()
    with pytest.raises(Refused):
        freeze_agency(half.actor(who), half.agencies["tax"], HALF, FrameScope.BOTH)
    assert counts() == before


def test_it_is_drawn_redrawn_expanded_judged_and_picked_by_its_own_people(
    half: World, units: dict[tuple[str, str], int]
) -> None:
    manager, ethics = half.actor("agency_manager"), half.actor("ethics")
    audit_id = frozen_agency(half)
    for outsider in ("head", "auditor", "works_manager", "agency_head"):
        with pytest.raises(Refused):
            draw_first(half.actor(outsider), audit_id)
    draw_first(ethics, audit_id)
    first = view_audit(manager, audit_id)
    assert first.frame is not None and first.findings is not None
    floors = first.frame.picture.floors
    assert first.findings.to_judge >= floors.at_least
    assert first.findings.people >= floors.users
    assert first.findings.months == floors.months
    redraw(manager, audit_id, "首次抽樣時系統中斷")
    left = frame_row(audit_id).records - len(audited_records(half, audit_id))
    with pytest.raises(Invalid, match="尚未抽出的紀錄"):
        expand(manager, audit_id, left + 1, "想要全部查核")
    expand(manager, audit_id, 1, "政風單位要求多查一筆")
    assert [draw.kind for draw in view_audit(ethics, audit_id).draws] == [
        "first", "redraw", "expansion",
    ]  # fmt: skip
    more = sorted(frame_ids(audit_id) - audited_records(half, audit_id))[0]
    pick(ethics, audit_id, [more], "深夜查詢，依判斷抽查")
    judge(manager, audit_id, {more: 0}, Ruling.COMPLIANT)
    with pytest.raises(Conflict, match="剛剛已由"):
        judge(ethics, audit_id, {more: 0}, Ruling.MAJOR, "查無此案")
    with pytest.raises(Refused):
        judge(half.actor("head"), audit_id, {more: 1}, Ruling.MAJOR, "查無此案", "單位主管更改")


def test_nothing_is_drawn_before_the_freeze(half: World) -> None:
    with pytest.raises(Refused, match="找不到這件稽核"):
        draw_first(half.actor("agency_manager"), 999_999)


def test_a_stranger_repeats_the_draw_of_an_agency_too(
    half: World, units: dict[tuple[str, str], int], tmp_path: Path
) -> None:
    audit_id = frozen_agency(half)
    draw_first(half.actor("agency_manager"), audit_id)
    expand(half.actor("ethics"), audit_id, 1, "政風單位要求多查一筆")
    unpack(export_draw(half.actor("ethics"), audit_id), tmp_path)
    result = verify(tmp_path)
    assert result.returncode == 0, result.stderr
    assert f"OK: {frame_row(audit_id).records:,} records".replace(",", "") in result.stdout
