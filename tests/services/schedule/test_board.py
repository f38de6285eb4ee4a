"""The dashboard of unit audits: every quarter, how far each is, how late; in a fixed number of queries."""

import pytest
from sqlalchemy import event

from data.engine import engine, reading, transaction
from data.models import Unit
from services.audits.drawing import draw_first, expand, redraw
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.progress import NOTHING_YET, progress_of
from services.audits.sheet import worksheet_rows
from services.audits.signing import reopen, sign
from services.audits.words import Ruling
from services.audits.worksheet import judge, pick
from services.errors import Refused
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Quarter
from services.schedule.board import BoardLine, Shown, open_quarters, unit_board
from tests.services.schedule.rows import audit_of
from tests.world import NOW, World, at

Q1, Q2, Q3 = (Quarter(2026, number) for number in (1, 2, 3))


def line(world: World, who: str, quarter: Quarter, unit: str = "TAX-DAAN") -> BoardLine:
    (found,) = [
        one
        for one in unit_board(world.actor(who))
        if (one.unit_code, one.quarter) == (unit, quarter)
    ]
    return found


def test_a_unit_months_late_is_told_so_quarter_by_quarter_the_oldest_first(world: World) -> None:
    world.use("clerk", at(2025, 11, 3), at(2026, 5, 4), at(2026, 5, 5))
    audit_of(world, "tax1", "2026Q1", AuditStatus.RECEIVED)
    lines = [one for one in unit_board(world.actor("agency_manager")) if "大安" in one.unit]
    assert [(str(one.quarter), one.status.label, one.records) for one in lines] == [
        ("2025Q4", "未開始", 1), ("2026Q1", "已收存", 2), ("2026Q2", "未開始", 2), ("2026Q3", "未開始", 0),
    ]  # fmt: skip
    today = NOW.date()
    for one in lines:
        late = (today - one.due.effective).days
        assert one.days_late == (0 if one.status.is_signed else late) and late > 0
    # 31 July is a Friday, 115 days before 23 November.
    assert line(world, "head", Q2).days_late == 115
    waiting = open_quarters(world.actor("head"), world.units["tax1"])
    assert [(str(one.quarter), one.days_late) for one in waiting] == [
        (str(one.quarter), one.days_late) for one in lines if not one.status.is_signed
    ]
    due = line(world, "head", Q3).due.effective
    on_the_day = world.actor("head", at(due.year, due.month, due.day, 23))
    assert [one.days_late for one in open_quarters(on_the_day, world.units["tax1"])][-1] == 0
    with pytest.raises(Refused):
        open_quarters(world.actor("works_head"), world.units["tax1"])


def test_the_counts_are_those_of_the_audit_itself(world: World) -> None:
    """Through redraw, expansion, picks, verdicts and a reopening: the board and the findings agree."""
    for who in ("clerk", "clerk2"):
        world.use(who, *(at(2026, 7 + day % 3, 1 + day, 9) for day in range(20)))
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Q3)
    assert (line(world, "head", Q3).records, line(world, "head", Q3).sample) == (40, 0)
    draw_first(head, audit_id)

    def agree() -> None:
        found, one = view_audit(head, audit_id).findings, line(world, "head", Q3)
        assert found is not None
        wanting = found.base_deviations + found.other_deviations
        assert (one.sample, one.judged, one.deficient) == (found.to_judge, found.judged, wanting)

    agree()
    rows = worksheet_rows(head, audit_id)
    judge(head, audit_id, {rows[0].record_id: 0}, Ruling.DEFICIENT, "查無此案")
    judge(head, audit_id, {rows[1].record_id: 0}, Ruling.EXPLAIN, "請補案號")
    judge(head, audit_id, {rows[2].record_id: 0}, Ruling.MAJOR, "查無此案")
    judge(head, audit_id, {rows[2].record_id: 1}, Ruling.COMPLIANT, "", "看過公文後")
    agree()
    redraw(head, audit_id, "抽樣時有人在場")
    expand(head, audit_id, 2, "再看兩筆")
    agree()
    held = {row.record_id for row in worksheet_rows(head, audit_id)}
    pick(head, audit_id, [next(one for one in range(1, 41) if one not in held)], "夜間查詢")
    agree()
    assert line(world, "head", Q3).marks == "重抽 1 次、加抽 1 次、判斷抽查 1 筆"
    still = {row.record_id: 0 for row in worksheet_rows(head, audit_id) if not row.judged.sequence}
    judge(head, audit_id, still, Ruling.COMPLIANT)
    assert line(world, "head", Q3).signers == ""
    sign(head, audit_id, view_audit(head, audit_id).content_hash)
    agree()
    signed = line(world, "agency_manager", Q3)
    assert (signed.signers, signed.days_late, signed.status) == (head.name, 0, AuditStatus.SIGNED)
    reopen(head, audit_id, "漏看一筆紀錄")
    assert line(world, "head", Q3).signers == ""


def test_many_units_cost_no_more_queries_than_one(world: World) -> None:
    def asked() -> int:
        made: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            made.append(statement)

        event.listen(engine(), "before_cursor_execute", note)
        unit_board(world.actor("agency_manager"))
        event.remove(engine(), "before_cursor_execute", note)
        return len([one for one in made if one.startswith(("SELECT", "WITH"))])

    world.use("clerk", at(2025, 2, 3))
    few = asked()
    with transaction() as db:
        for number in range(20):
            unit = Unit(agency_id=world.agencies["tax"], code=f"U{number}", name=f"第{number}股")
            db.add(unit)
            db.flush()
            world.units[f"U{number}"] = unit.id
    for number in range(20):
        state = (AuditStatus.FROZEN, AuditStatus.JUDGING, AuditStatus.SIGNED)[number % 3]
        audit_of(world, f"U{number}", "2026Q2", state)
    assert asked() == few


def test_who_sees_which_lines_and_what_a_list_shows_of_them(world: World) -> None:
    world.use("clerk", at(2026, 1, 5))
    audit_of(world, "tax1", "2026Q2", AuditStatus.SIGNED)
    audit_of(world, "tax1", "2026Q3", AuditStatus.SIGNED)
    units = {
        who: {one.unit_code for one in unit_board(world.actor(who))}
        for who in ("head", "ethics", "works_manager", "reviewer")
    }
    assert units["head"] == {"TAX-DAAN"}
    assert units["ethics"] == {"TAX-DAAN", "TAX-ZS"}
    assert units["works_manager"] == {"PWD-LAND"}
    assert units["reviewer"] == {"TAX-DAAN", "TAX-ZS", "PWD-LAND", "LAND-INFO"}
    with pytest.raises(Refused):
        unit_board(world.actor("clerk"))
    of_head = unit_board(world.actor("head"))

    def shown(what: Shown) -> list[str]:
        return [str(one.quarter) for one in of_head if one.is_shown(what, Q3)]

    assert shown(Shown.ALL) == ["2026Q1", "2026Q2", "2026Q3"]
    assert shown(Shown.OPEN) == shown(Shown.LATE) == ["2026Q1"]
    assert shown(Shown.DONE) == ["2026Q2", "2026Q3"]
    assert shown(Shown.CURRENT) == ["2026Q1", "2026Q3"]


def test_three_years_are_known_and_nothing_before_them(world: World) -> None:
    world.use("clerk", at(2020, 1, 6))
    quarters = [str(one.quarter) for one in unit_board(world.actor("head"))]
    assert (quarters[0], quarters[-1], len(quarters)) == ("2023Q4", "2026Q3", 12)


def test_without_audits_there_is_no_progress(world: World) -> None:
    with reading() as db:
        assert progress_of(db, []) == {}
    assert NOTHING_YET.sample == 0
