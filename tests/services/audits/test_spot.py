"""不定期檢查 (7.1.4): any unit at any time, without floors, with the same draw and worksheet."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import Event
from services.audits import store
from services.audits.drawing import draw_first
from services.audits.export import export_draw
from services.audits.forms.exporting import export_form
from services.audits.freezing import freeze
from services.audits.frozen import unpack_frame
from services.audits.ledger_proofs import are_sealed
from services.audits.overview import list_audits, view_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import reopen, sign
from services.audits.spot import (
    NO_FLOORS,
    list_spot_checks,
    open_spot_check,
    spot_check,
    units_to_check,
)
from services.audits.words import Ruling
from services.audits.worksheet import judge, pick
from services.documents.formats import FileFormat
from services.errors import Conflict, Invalid, Refused
from services.incidents.view import view_incident
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.incidents import Step
from services.regulation.periods import HalfYear, Month, Period, Quarter
from tests.prepared import objects
from tests.services.incidents.helping import incidents
from tests.world import World, at

NOVEMBER = Month(2026, 11)
WHY = "有人反映下班後查詢"


@pytest.fixture
def used(world: World) -> World:
    """Six records of the running month and two of the one before, by three people of the unit."""
    world.use("clerk", *(at(2026, 11, day, 21) for day in (2, 3, 4, 5)))
    world.use("clerk2", at(2026, 11, 6), at(2026, 10, 7))
    world.use("unit_manager", at(2026, 11, 9), at(2026, 10, 9))
    return world


def checked(
    world: World, period: Period = NOVEMBER, records: int = 3, by: str = "agency_manager"
) -> int:
    return open_spot_check(world.actor(by), world.units["tax1"], period, WHY, records)


def test_a_month_that_is_not_over_is_frozen_as_it_stands(used: World) -> None:
    audit_id = checked(used)
    used.use("clerk", at(2026, 11, 20))
    view = view_audit(used.actor("agency_manager"), audit_id)
    assert (view.kind, view.status, view.period) == (AuditKind.SPOT, AuditStatus.FROZEN, NOVEMBER)
    assert view.frame is not None
    picture = view.frame.picture
    assert (picture.records, picture.people, picture.months) == (6, 3, 1)
    assert (picture.floors.records, picture.floors.users, picture.floors.at_least) == (0, 0, 0)
    assert picture.explanation[0] == NO_FLOORS == "不定期檢查沒有下限。"
    line = spot_check(used.actor("ethics"), audit_id)
    assert (line.reason, line.unit_id, line.open_incidents) == (WHY, used.units["tax1"], 0)
    with reading() as db:
        events = db.scalars(select(Event.type).where(Event.object_type == "audit")).all()
    assert list(events) == ["audit_opened", "frame_frozen"]


@pytest.mark.parametrize(
    ("period", "records", "drawn"),
    [(NOVEMBER, 3, 3), (NOVEMBER, 6, 6), (Quarter(2026, 4), 1, 1), (HalfYear(2026, 2), 2, 2)],
)
def test_the_draw_takes_what_was_asked_for_and_covers_nothing(
    used: World, period: Period, records: int, drawn: int
) -> None:
    manager = used.actor("agency_manager")
    audit_id = checked(used, period, records)
    draw_first(manager, audit_id)
    rows = worksheet_rows(manager, audit_id)
    assert [row.basis for row in rows] == ["base"] * drawn


def test_without_a_sample_there_are_picks_only(used: World) -> None:
    manager = used.actor("agency_manager")
    audit_id = checked(used, records=0)
    draw_first(manager, audit_id)
    assert worksheet_rows(manager, audit_id) == []
    view = view_audit(manager, audit_id)
    assert view.status is AuditStatus.JUDGING and view.findings is not None
    assert "沒有抽籤的基本樣本" in view.findings.sentence
    with reading() as db:
        record = int(unpack_frame(store.load_frame_row(db, audit_id)).ids[0])
    pick(manager, audit_id, [record], "下班後的查詢")
    judge(manager, audit_id, {record: 0}, Ruling.COMPLIANT)
    findings = view_audit(manager, audit_id).findings
    assert findings is not None
    assert (findings.to_judge, findings.judged, findings.base) == (1, 1, 0)


def test_what_it_finds_is_notified_to_the_ethics_office(used: World) -> None:
    manager = used.actor("agency_manager")
    audit_id = checked(used, records=6)
    draw_first(manager, audit_id)
    (row, *_) = [row for row in worksheet_rows(manager, audit_id) if "clerk）" in row.person]
    judge(manager, audit_id, {row.record_id: 0}, Ruling.DEFICIENT, "說不出用途")
    (incident,) = incidents()
    view = view_incident(manager, incident.id)
    assert view.found_by is not None and view.found_by.kind is AuditKind.SPOT
    assert view.title == "115年11月不定期檢查查核發現的缺失"
    assert (Step.NOTIFIED, "7.1.4") in [(one.step, one.clause) for one in view.needed]
    (line,) = list_spot_checks(manager)
    assert line.open_incidents == 1


def test_any_number_stand_beside_each_other_and_beside_the_unit_audit(used: World) -> None:
    first, second = checked(used), checked(used)
    elsewhere = open_spot_check(
        used.actor("agency_manager"), used.units["tax1"], Quarter(2026, 4), WHY, 0
    )
    assert [line.audit_id for line in list_spot_checks(used.actor("agency_manager"))] == [
        elsewhere, second, first,
    ]  # fmt: skip
    (line,) = list_audits(used.actor("head"), Quarter(2026, 4))
    assert line.audit_id is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"records": 7}, "0 筆（只做判斷抽查）至 6 筆"),
        ({"records": -1}, "0 筆（只做判斷抽查）至 6 筆"),
        ({"period": Month(2026, 12)}, "還沒有開始"),
        ({"period": Month(2026, 1)}, "沒有使用紀錄"),
        ({"reason": "查"}, "檢查的理由請寫"),
    ],
)
def test_what_is_wrong_gets_its_sentence_and_opens_nothing(
    used: World, given: dict[str, Any], sentence: str
) -> None:
    usual: dict[str, Any] = {"period": NOVEMBER, "reason": WHY, "records": 3}
    before = objects()
    with pytest.raises(Invalid, match=sentence):
        open_spot_check(used.actor("agency_manager"), used.units["tax1"], **{**usual, **given})
    assert objects() == before


def test_only_the_agency_s_own_manager_checks(used: World) -> None:
    for by in ("head", "auditor", "unit_manager", "ethics", "agency_head", "works_manager"):
        with pytest.raises(Refused):
            checked(used, by=by)
    audit_id = checked(used)
    for by in ("head", "auditor", "ethics", "works_manager"):
        with pytest.raises(Refused):
            draw_first(used.actor(by), audit_id)
    assert list_spot_checks(used.actor("works_manager")) == []
    assert [unit.code for unit in units_to_check(used.actor("agency_manager"))] == [
        "TAX-DAAN", "TAX-ZS",
    ]  # fmt: skip


def test_an_audit_of_another_kind_is_no_spot_check(used: World) -> None:
    used.use("clerk", at(2026, 7, 1))
    audit_id = freeze(used.actor("head"), used.units["tax1"], Quarter(2026, 3))
    with pytest.raises(Refused, match="找不到這件不定期檢查"):
        spot_check(used.actor("head"), audit_id)


@pytest.mark.parametrize("records", [0, 2])
def test_a_stranger_can_repeat_the_draw(used: World, records: int, tmp_path: Path) -> None:
    manager = used.actor("agency_manager")
    audit_id = checked(used, Quarter(2026, 4), records)
    draw_first(manager, audit_id)
    with pytest.raises(Conflict):
        draw_first(manager, audit_id)
    zipfile.ZipFile(BytesIO(export_draw(manager, audit_id))).extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, tmp_path / "verify_draw.py", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"OK: 8 records, {records} drawn" in done.stdout


def test_picks_without_a_sample_are_proved(used: World, tmp_path: Path) -> None:
    """Nothing was sealed yet when the records were picked; the export seals first."""
    manager = used.actor("agency_manager")
    audit_id = open_spot_check(manager, used.units["tax1"], NOVEMBER, WHY, 0, seal=False)
    draw_first(manager, audit_id)
    with reading() as db:
        records = unpack_frame(store.load_frame_row(db, audit_id)).ids.tolist()[:2]
    pick(manager, audit_id, records, "下班後的查詢")
    with reading() as db:
        assert not are_sealed(db, audit_id)
    zipfile.ZipFile(BytesIO(export_draw(manager, audit_id))).extractall(tmp_path)
    with reading() as db:
        assert are_sealed(db, audit_id)
    done = subprocess.run(
        [sys.executable, "-I", "-S", tmp_path / "verify_draw.py", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "OK: 6 records, 0 drawn" in done.stdout
    assert "SEALED: 2 records" in done.stdout and "picked by judgement: 2\n" in done.stdout


def test_the_manager_signs_it_alone_and_opens_it_again(used: World) -> None:
    manager = used.actor("agency_manager")
    audit_id = checked(used, records=0)
    draw_first(manager, audit_id)
    with pytest.raises(Conflict, match="還沒有查核任何紀錄"):
        sign(manager, audit_id, view_audit(manager, audit_id).content_hash)
    with reading() as db:
        record = int(unpack_frame(store.load_frame_row(db, audit_id)).ids[0])
    pick(manager, audit_id, [record], "下班後的查詢")
    judge(manager, audit_id, {record: 0}, Ruling.MAJOR, "說不出用途")
    shown = view_audit(manager, audit_id).content_hash
    for by in ("head", "auditor", "ethics", "works_manager"):
        with pytest.raises(Refused):
            sign(used.actor(by), audit_id, shown)
    sign(manager, audit_id, shown)  # its open incident does not stand in the way
    view = view_audit(manager, audit_id)
    assert (view.status, len(view.acts)) == (AuditStatus.SIGNED, 1)
    with pytest.raises(Conflict):
        judge(manager, audit_id, {record: 1}, Ruling.COMPLIANT, change_reason="再看過一次")
    reopen(manager, audit_id, "補看另一筆紀錄")
    assert view_audit(manager, audit_id).status is AuditStatus.JUDGING


@pytest.mark.parametrize("kind", [FileFormat.ODT, FileFormat.PDF, FileFormat.CSV])
def test_its_record_leaves_as_a_file_like_that_of_any_audit(used: World, kind: FileFormat) -> None:
    manager = used.actor("agency_manager")
    audit_id = checked(used, records=1)
    draw_first(manager, audit_id)
    assert export_form(manager, audit_id, kind)
