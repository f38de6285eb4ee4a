"""Records imported after the freeze: counted, never in the frozen frame, audited by a supplement of their own."""

import random
from collections.abc import Collection

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import UsageRecord
from services.audits import store
from services.audits.agency.freezing import freeze_agency, preview_agency_frame
from services.audits.agency.overview import agency_half
from services.audits.agency.receiving import receive
from services.audits.drawing import draw_first
from services.audits.forms.exporting import export_form
from services.audits.frozen import unpack_frame
from services.audits.late import LateView, open_supplement, preview_supplement, view_late
from services.audits.overview import view_audit
from services.audits.signing import reopen, sign
from services.audits.words import FrameScope
from services.documents.formats import FileFormat
from services.errors import Conflict, Invalid
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.floors import unit_floors
from services.regulation.periods import Quarter
from services.schedule.tasks import tasks_of
from services.schedule.words import TaskKind, TaskState
from services.usage.importing import service
from tests.services.audits.agency.halves import (
    HALF,
    Q1,
    drawn_unit,
    frozen_agency,
    half,
    judge_all,
    signed_unit,
    signed_units,
)
from tests.services.audits.test_at_once import at_once
from tests.services.import_helpers import SOURCE, csv_file
from tests.world import World, at

__all__ = ["half"]


def came_late(world: World, count: int, month: int = 2, who: str = "clerk2") -> None:
    """Store records of a quarter that is past, as an import does."""
    world.use(who, *(at(2026, month, 1 + number % 28, 11) for number in range(count)))


def late(world: World, audit_id: int) -> LateView:
    return view_late(world.actor("head"), audit_id)


def frame_of(audit_id: int) -> set[int]:
    with reading() as db:
        return set(unpack_frame(store.load_frame_row(db, audit_id)).ids.tolist())


def stored(world: World, unit: str, quarter: Quarter) -> set[int]:
    with reading() as db:
        return set(
            db.scalars(
                select(UsageRecord.id).where(
                    UsageRecord.unit_id == world.units[unit],
                    UsageRecord.local_month.in_(quarter.months),
                )
            )
        )


def sign_supplement(world: World, audit_id: int) -> None:
    head = world.actor("head")
    draw_first(head, audit_id)
    judge_all(world, audit_id, "head")
    sign(head, audit_id, view_audit(head, audit_id).content_hash)


def of_kinds(world: World, who: str, *kinds: TaskKind) -> list[tuple[TaskState, str]]:
    return [(one.state, one.words) for one in tasks_of(world.actor(who)) if one.kind in kinds]


def test_a_supplement_holds_what_came_late_and_goes_the_way_of_every_unit_audit(
    half: World,
) -> None:
    head, manager = half.actor("head"), half.actor("agency_manager")
    main = signed_unit(half, "tax1", Q1)
    before = frame_of(main)
    assert late(half, main) == LateView(0, ())
    with pytest.raises(Conflict, match="不需再補充"):
        open_supplement(head, main, seal=False)

    came_late(half, 7)
    came_late(half, 2, month=3, who="clerk")
    assert late(half, main).records == 9
    picture = preview_supplement(head, main)
    asked = unit_floors(9, 2, 2, Q1.last_day)
    assert (picture.records, picture.people, picture.floors) == (9, 2, asked)
    with pytest.raises(Invalid, match="應在 5 筆"):
        open_supplement(head, main, base_records=4, seal=False)
    supplement = open_supplement(head, main, seal=False)
    assert frame_of(supplement) == stored(half, "tax1", Q1) - before
    assert frame_of(main) == before
    view = view_audit(head, supplement)
    assert (view.kind, view.supplements, view.period) == (AuditKind.SUPPLEMENT, main, Q1)
    assert view.frame is not None and view.frame.picture.floors == asked
    assert late(half, main).records == 0

    sign_supplement(half, supplement)
    shown = view_audit(manager, supplement).content_hash
    receive(manager, {supplement: shown})
    assert view_audit(head, supplement).status is AuditStatus.RECEIVED
    assert export_form(head, supplement, FileFormat.PDF).startswith(b"%PDF")
    reopen(head, supplement, "補件後重新查核")
    assert view_audit(head, supplement).status is AuditStatus.JUDGING
    with pytest.raises(Invalid, match="單位補充稽核"):
        view_late(head, supplement)

    # What comes later still goes into the next one.
    came_late(half, 3)
    second = open_supplement(head, main, seal=False)
    assert len(frame_of(second)) == 3
    assert [(one.number, one.records) for one in late(half, main).supplements] == [(1, 9), (2, 3)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(3))
def test_the_frames_share_out_the_records_of_the_quarter(half: World, seed: int) -> None:
    dice = random.Random(seed)
    frames = [drawn_unit(half, "tax1", Q1)]
    for _ in range(4):
        for _ in range(dice.randint(1, 3)):
            came_late(
                half, dice.randint(1, 9), dice.choice([1, 2, 3]), dice.choice(["clerk", "clerk2"])
            )
        if dice.random() < 0.7:
            frames.append(open_supplement(half.actor("head"), frames[0], seal=False))
    held = [record for frame in frames for record in frame_of(frame)]
    assert len(held) == len(set(held))
    left = stored(half, "tax1", Q1) - set(held)
    assert late(half, frames[0]).records == len(left)


def test_a_nil_return_can_be_supplemented_too(half: World) -> None:
    head = half.actor("tax2_head")
    main = signed_unit(half, "tax2", HALF.quarters[1])
    came_late(half, 6, month=5, who="clerk_tax2")
    assert view_late(head, main).records == 6
    assert len(frame_of(open_supplement(head, main, seal=False))) == 6


def test_of_two_who_open_one_at_once_one_is_told(half: World) -> None:
    main = drawn_unit(half, "tax1", Q1)
    came_late(half, 8)
    people = [half.actor(name) for name in ("head", "auditor")]
    ended = at_once(*(lambda p=p: open_supplement(p, main, seal=False) for p in people))
    assert ended == {"done": 1, "told": 1}
    assert len(late(half, main).supplements) == 1


def missing_in(world: World) -> Collection[str]:
    manager = world.actor("agency_manager")
    found = preview_agency_frame(manager, world.agencies["tax"], HALF, FrameScope.AUDITED)
    return [one.unit for one in found.audited.missing]


def test_the_agency_counts_supplements_and_names_what_nobody_audited(half: World) -> None:
    manager = half.actor("agency_manager")
    units = signed_units(half)
    main = units["tax1", str(Q1)]
    assert missing_in(half) == []
    came_late(half, 12)
    assert missing_in(half) == ["大安分處凍結後匯入 12 筆未稽核"]
    supplement = open_supplement(half.actor("head"), main, seal=False)
    assert missing_in(half) == ["大安分處補充稽核"]
    owed = agency_half(manager, half.agencies["tax"], HALF).units
    assert ("大安分處（補充）", AuditStatus.FROZEN) in [(one.unit, one.status) for one in owed]
    sign_supplement(half, supplement)
    assert missing_in(half) == []

    with pytest.raises(Conflict, match=r"大安分處 115年第1季單位補充稽核.*尚未由機關管理者收存"):
        freeze_agency(manager, half.agencies["tax"], HALF, FrameScope.AUDITED)
    audit_id = frozen_agency(half)
    with reading() as db:
        basis = store.load_frame_row(db, audit_id).basis
    share = next(one for one in basis["units"] if one["audit_id"] == main)
    assert share["supplements"] == [supplement]
    views = [view_audit(manager, one).findings for one in (main, supplement)]
    assert share["records"] == sum(found.to_judge for found in views if found)
    with pytest.raises(Conflict, match="已計入"):
        reopen(half.actor("head"), supplement, "想改判定")


def test_it_stands_on_the_work_list_until_it_is_received(half: World) -> None:
    main = signed_unit(half, "tax1", Q1)
    came_late(half, 5)
    name = "臺北市稅捐稽徵處 大安分處 115年第1季"
    said = f"{name}　凍結後匯入 5 筆，尚未稽核"
    assert of_kinds(half, "head", TaskKind.LATE_RECORDS) == [(TaskState.DUE, said)]
    assert of_kinds(half, "agency_manager", TaskKind.LATE_RECORDS) == [(TaskState.WAITING, said)]
    assert of_kinds(half, "clerk", TaskKind.LATE_RECORDS) == []
    assert of_kinds(half, "works_head", TaskKind.LATE_RECORDS) == []

    supplement = open_supplement(half.actor("head"), main, seal=False)
    assert of_kinds(half, "head", TaskKind.LATE_RECORDS) == []
    steps = []
    for _ in range(3):
        [mine] = [
            words for _, words in of_kinds(half, "head", TaskKind.UNIT_AUDIT) if "補充" in words
        ]
        steps.append(mine.partition("　")[2])
        if len(steps) == 1:
            draw_first(half.actor("head"), supplement)
        elif len(steps) == 2:
            judge_all(half, supplement, "head")
    assert steps == ["已凍結，待抽樣", "尚有 5 筆待判定", "已全部判定，待簽核"]
    sign(half.actor("head"), supplement, view_audit(half.actor("head"), supplement).content_hash)
    receipts = of_kinds(half, "agency_manager", TaskKind.RECEIPT)
    assert (TaskState.DUE, f"{name}單位補充稽核　已簽核，待收存") in receipts


@pytest.mark.parametrize("how", ["preview", "store"])
def test_an_import_says_what_comes_too_late(half: World, how: str) -> None:
    """Of a file over two quarters and two units, only what one has frozen is late."""
    operator = half.actor("system_manager")
    main = drawn_unit(half, "tax1", Q1)
    times = ("115/02/03 09:00", "115/03/31 23:59", "115/04/01 00:00")
    data = csv_file(
        *({"序號": str(n), "查詢時間": time} for n, time in enumerate(times)),
        {"序號": "9", "使用單位": "中山分處", "查詢時間": "115/02/03 09:00"},
    )
    if how == "preview":
        found = service.preview(operator, SOURCE, "a.csv", data).late
        assert late(half, main).records == 0
    else:
        found = service.store(operator, SOURCE, "a.csv", data, only_good=True).late
        assert late(half, main).records == 2
        assert service.store(operator, SOURCE, "a.csv", data, only_good=True).late == ()
    assert [one.sentence for one in found] == [
        "臺北市稅捐稽徵處 大安分處 115年第1季已凍結，2 筆不列入"
    ]
