"""The life of a unit audit: freeze, draw, judge, sign, reopen; and everything that is refused."""

import random
import zlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from data.append_only import unprotect
from data.engine import reading, transaction
from data.models import (
    Audit,
    AuditDraw,
    AuditFrame,
    Event,
    JudgementPick,
    SampleItem,
    Signature,
    UsageRecord,
    Verdict,
)
from services.actor import Actor, operator
from services.audits import store
from services.audits.drawing import draw_first, expand, redraw
from services.audits.findings import summarise
from services.audits.forms.gathering import facts_of
from services.audits.freezing import freeze, preview_frame
from services.audits.frozen import unpack_frame
from services.audits.overview import find_audit, list_audits, view_audit
from services.audits.sheet import record_history, worksheet_rows
from services.audits.signing import hash_of, reopen, sign, signed_content
from services.audits.store import collect_frame, count_frame
from services.audits.words import Ruling, SeedSource
from services.audits.worksheet import judge, pick
from services.errors import Conflict, Invalid, Refused, UserError
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Quarter
from services.regulation.readings import PEOPLE_COUNTED
from services.settings import readings
from tests.staged import Stage
from tests.world import NOW, World, at

Q3 = Quarter(2026, 3)


@pytest.fixture
def audited(stage: Stage, world: World) -> World:
    """The world with 260 records of the tax office's first unit in the third quarter."""
    return stage.add(world, audited_world)


def audited_world(world: World) -> World:
    rng = random.Random(7)
    for who, count in (("clerk", 150), ("clerk2", 90), ("unit_manager", 17), ("auditor", 3)):
        moments = [
            at(2026, rng.choice([7, 7, 8, 9]), rng.randint(1, 28), rng.randint(8, 18))
            for _ in range(count)
        ]
        world.use(who, *moments)
    world.use("works_clerk", at(2026, 8, 3))
    world.use("clerk", at(2026, 6, 30, 23), at(2026, 10, 1, 0))
    return world


def drawn_audit(world: World, by: str = "head") -> int:
    audit_id = freeze(world.actor(by), world.units["tax1"], Q3)
    draw_first(world.actor(by), audit_id)
    return audit_id


def judge_everything(world: World, audit_id: int, by: str = "head") -> None:
    rows = worksheet_rows(world.actor(by), audit_id)
    for person, mine in (("head", False), ("auditor", True)):
        seen = {
            row.record_id: row.judged.sequence
            for row in rows
            if (row.person_key == str(world.accounts["head"])) is mine and not row.judged.sequence
        }
        if seen:
            judge(world.actor(person), audit_id, seen, Ruling.COMPLIANT, flagged_too=seen)


def sign_as_shown(person: Actor, audit_id: int) -> None:
    """Sign what the audit's head would have on screen at this moment."""
    with reading() as db:
        audit = db.get_one(Audit, audit_id)
        content = signed_content(db, audit, summarise(db, audit_id))
    sign(person, audit_id, hash_of(content))


def snapshot() -> dict[str, Any]:
    """Everything an audit consists of, to show that a refusal changed nothing."""
    with reading() as db:
        counts: dict[str, Any] = {
            table.__tablename__: db.scalar(select(func.count()).select_from(table))
            for table in (AuditFrame, AuditDraw, SampleItem, Verdict, Signature, JudgementPick)
        }
        counts["status"] = db.scalars(select(Audit.status).order_by(Audit.id)).all()
    return counts


def test_the_frame_is_the_quarter_of_the_unit_at_taipei_midnight(audited: World) -> None:
    picture = preview_frame(audited.actor("head"), audited.units["tax1"], Q3)
    assert (picture.records, picture.people) == (260, 4)
    assert list(picture.by_month) == ["2026-07", "2026-08", "2026-09"]
    assert sum(picture.by_month.values()) == 260
    assert picture.by_person[0][2] == 150
    assert (picture.floors.records, picture.floors.users, picture.floors.months) == (5, 2, 3)


def test_a_frame_counted_is_the_frame_collected(audited: World) -> None:
    with reading() as db:
        for unit in audited.units.values():
            counted, frame = count_frame(db, unit, Q3), collect_frame(db, unit, Q3)
            assert len(counted) == len(frame)
            assert (counted.persons, counted.months) == (frame.persons, frame.months)
            assert counted.by_person == frame.by_person
            assert counted.by_month == frame.by_month
            assert counted.firsts == frame.firsts


def test_what_was_previewed_is_what_is_frozen(audited: World) -> None:
    head, unit = audited.actor("head"), audited.units["tax1"]
    shown = preview_frame(head, unit, Q3)
    frame = view_audit(head, freeze(head, unit, Q3)).frame
    assert frame is not None and frame.picture == shown


def test_from_freeze_to_signature(audited: World) -> None:
    head = audited.actor("head")
    unit = audited.units["tax1"]
    audit_id = freeze(head, unit, Q3, base_records=12)
    draw_first(head, audit_id)
    rows = worksheet_rows(head, audit_id)
    assert sum(row.basis == "base" for row in rows) == 12
    assert {row.month for row in rows} == set(Q3.months)
    assert all(row.why for row in rows)
    with pytest.raises(Conflict, match="未判定"):
        sign_as_shown(head, audit_id)
    judge_everything(audited, audit_id)
    sign_as_shown(audited.actor("head"), audit_id)
    view = view_audit(head, audit_id)
    assert view.status is AuditStatus.SIGNED
    assert view.findings is not None
    assert view.findings.judged == len(rows)
    assert [act.what for act in view.acts] == ["單位主管簽核"]
    with reading() as db:
        signature = db.scalars(select(Signature)).one()
        audit = db.get_one(Audit, audit_id)
        content = signed_content(db, audit, view.findings)
        kinds = db.scalars(select(Event.type).where(Event.object_type == "audit")).all()
    assert signature.content_hash == hash_of(content)
    assert {"audit_opened", "frame_frozen", "sample_drawn", "record_judged", "audit_signed"} <= set(
        kinds
    )


def test_later_records_do_not_enter_a_frozen_frame(audited: World) -> None:
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3)
    with reading() as db:
        before = store.load_frame_row(db, audit_id).frame_hash
    audited.use("clerk", at(2026, 8, 8), at(2026, 9, 9))
    draw_first(audited.actor("head"), audit_id)
    with reading() as db:
        frame = unpack_frame(store.load_frame_row(db, audit_id))
    assert (frame.hash, len(frame)) == (before, 260)


def test_nothing_is_drawn_by_looking(audited: World) -> None:
    head = audited.actor("head")
    audit_id = freeze(head, audited.units["tax1"], Q3)
    before = snapshot()
    view_audit(head, audit_id)
    worksheet_rows(head, audit_id)
    preview_frame(head, audited.units["tax1"], Q3)
    assert snapshot() == before
    draw_first(head, audit_id)
    first = [row.record_id for row in worksheet_rows(head, audit_id)]
    assert [row.record_id for row in worksheet_rows(head, audit_id)] == first


def test_a_unit_without_records_signs_a_nil_return(world: World) -> None:
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Q3)
    with pytest.raises(Conflict, match="不需抽樣"):
        draw_first(head, audit_id)
    sign_as_shown(head, audit_id)
    view = view_audit(head, audit_id)
    assert view.status is AuditStatus.SIGNED
    assert view.findings is not None
    assert view.findings.sentence == "本季沒有使用紀錄。"


@pytest.mark.parametrize("count", [1, 3, 4, 5, 6, 99, 480, 501])
def test_the_sample_meets_the_floors_of_small_and_large_units(world: World, count: int) -> None:
    rng = random.Random(count)
    people = ["clerk", "clerk2", "unit_manager"]
    days = [at(2026, rng.choice([7, 8, 9]), rng.randint(1, 28)) for _ in range(count)]
    for place, person in enumerate(people):
        world.use(person, *days[place::3])
    audit_id = drawn_audit(world)
    view = view_audit(world.actor("head"), audit_id)
    assert view.frame is not None
    assert view.findings is not None
    floors = view.frame.picture.floors
    assert view.findings.base == floors.records
    assert view.findings.people >= floors.users
    assert view.findings.months == floors.months


def test_second_draws_and_expansions_stay_visible(audited: World) -> None:
    audit_id = drawn_audit(audited)
    head = audited.actor("head")
    first = {row.record_id for row in worksheet_rows(head, audit_id)}
    redraw(head, audit_id, "第一次抽樣時單位名冊有誤")
    expand(head, audit_id, 7, "發現缺失，擴大查核範圍")
    view = view_audit(head, audit_id)
    assert [(d.number, d.kind, d.current) for d in view.draws] == [
        (1, "first", False),
        (2, "redraw", True),
        (3, "expansion", True),
    ]
    assert view.draws[1].reason == "第一次抽樣時單位名冊有誤"
    assert len({draw.seed for draw in view.draws}) == 3
    rows = worksheet_rows(head, audit_id)
    assert sum(row.basis == "expansion" for row in rows) == 7
    assert len({row.record_id for row in rows}) == len(rows)
    with reading() as db:
        kept = {
            item.record_id for item in store.load_sample(db, store.load_draws(db, audit_id)[:1])
        }
    assert kept == first


def test_picks_by_judgement_count_for_no_claim(audited: World) -> None:
    audit_id = drawn_audit(audited)
    head = audited.actor("head")
    sampled = {row.record_id for row in worksheet_rows(head, audit_id)}
    with reading() as db:
        frame = unpack_frame(store.load_frame_row(db, audit_id))
    free = next(int(record) for record in frame.ids if int(record) not in sampled)
    before = view_audit(head, audit_id).findings
    pick(head, audit_id, [free], "夜間查詢，無法說明")
    judge(head, audit_id, {free: 0}, Ruling.MAJOR, "查無此案")
    after = view_audit(head, audit_id).findings
    assert before is not None
    assert after is not None
    assert (after.base, after.limit) == (before.base, before.limit)
    assert (after.other_deviations, after.to_judge) == (1, before.to_judge + 1)
    assert "不列入推論" in after.sentence
    row = worksheet_rows(head, audit_id)[-1]
    assert (row.basis, row.record_id) == ("judgement", free)
    assert "夜間查詢，無法說明" in row.why


def test_verdicts_are_only_added_to(audited: World) -> None:
    audit_id = drawn_audit(audited)
    head = audited.actor("head")
    record = next(r.record_id for r in worksheet_rows(head, audit_id) if not r.own)
    judge(head, audit_id, {record: 0}, Ruling.COMPLIANT)
    with pytest.raises(Invalid, match="更改判定的理由"):
        judge(head, audit_id, {record: 1}, Ruling.DEFICIENT, "案號不符")
    judge(head, audit_id, {record: 1}, Ruling.DEFICIENT, "案號不符", "調卷後發現案號不存在")
    past = record_history(head, audit_id, record)
    assert [p.judged.ruling for p in past] == [Ruling.COMPLIANT, Ruling.DEFICIENT]
    assert past[1].judged.change_reason == "調卷後發現案號不存在"


def test_the_second_judge_is_told(audited: World) -> None:
    audit_id = drawn_audit(audited)
    row = next(
        r
        for r in worksheet_rows(audited.actor("head"), audit_id)
        if r.person_key != str(audited.accounts["auditor"])
    )
    judge(audited.actor("head"), audit_id, {row.record_id: 0}, Ruling.COMPLIANT)
    with pytest.raises(Conflict, match="剛剛已由"):
        judge(audited.actor("auditor"), audit_id, {row.record_id: 0}, Ruling.MAJOR, "查無此案")
    assert len(record_history(audited.actor("head"), audit_id, row.record_id)) == 1


def test_nobody_judges_own_records(audited: World) -> None:
    audited.use("head", *(at(2026, 7, day) for day in range(1, 29)))
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3, base_records=200)
    draw_first(audited.actor("head"), audit_id)
    rows = worksheet_rows(audited.actor("head"), audit_id)
    own = [row for row in rows if row.own]
    assert own
    before = snapshot()
    with pytest.raises(Refused, match="您自己的使用紀錄"):
        judge(audited.actor("head"), audit_id, {own[0].record_id: 0}, Ruling.COMPLIANT)
    mixed = {row.record_id: 0 for row in rows}
    with pytest.raises(Refused, match="您自己的使用紀錄"):
        judge(audited.actor("head"), audit_id, mixed, Ruling.COMPLIANT)
    assert snapshot() == before
    # They are the head's: no auditor of the unit judges them either.
    assert {row.goes_to for row in own} == {"由機關管理者判定"}
    manager = audited.actor("agency_manager")
    judge(manager, audit_id, {own[0].record_id: 0}, Ruling.COMPLIANT)


def test_a_signed_audit_changes_only_by_reopening(audited: World) -> None:
    audit_id = drawn_audit(audited)
    judge_everything(audited, audit_id)
    head = audited.actor("head")
    sign_as_shown(head, audit_id)
    record = worksheet_rows(head, audit_id)[0].record_id
    before = snapshot()
    for attempt in (
        lambda: judge(head, audit_id, {record: 1}, Ruling.MAJOR, "查無此案", "事後發現有誤"),
        lambda: redraw(head, audit_id, "想要再抽一次"),
        lambda: expand(head, audit_id, 1, "想要再抽一次"),
        lambda: pick(head, audit_id, [record], "想要再看一筆"),
        lambda: sign_as_shown(head, audit_id),
        lambda: freeze(head, audited.units["tax1"], Q3),
        lambda: draw_first(head, audit_id),
    ):
        with pytest.raises(Conflict):
            attempt()
    assert snapshot() == before
    with pytest.raises(Refused):
        reopen(audited.actor("auditor"), audit_id, "稽核人員不能重新開啟")
    with pytest.raises(Invalid):
        reopen(head, audit_id, "錯")
    head = head.at(NOW + timedelta(hours=1))
    reopen(head, audit_id, "機關管理者退回補正")
    head = head.at(NOW + timedelta(hours=2))
    judge(head, audit_id, {record: 1}, Ruling.DEFICIENT, "案號不符", "機關管理者指正")
    sign_as_shown(head, audit_id)
    assert [act.what for act in view_audit(head, audit_id).acts] == [
        "單位主管簽核",
        "重新開啟",
        "單位主管簽核",
    ]


@pytest.mark.parametrize(
    ("quarter", "sentence"),
    [(Quarter(2026, 4), "只能凍結已結束的季別"), (Quarter(2027, 1), "只能凍結已結束的季別")],
)
def test_an_unfinished_quarter_cannot_be_frozen(
    audited: World, quarter: Quarter, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        freeze(audited.actor("head"), audited.units["tax1"], quarter)
    assert snapshot()["audit_frames"] == 0


def test_a_quarter_ends_at_taipei_midnight(audited: World) -> None:
    last_minute = datetime(2026, 9, 30, 15, 59, tzinfo=UTC)
    with pytest.raises(Invalid):
        freeze(audited.actor("head", last_minute), audited.units["tax1"], Q3)
    freeze(audited.actor("head", last_minute.replace(hour=16, minute=0)), audited.units["tax1"], Q3)


@pytest.mark.parametrize("size", [0, 2, 261, -5])
def test_the_size_is_between_floor_and_frame(audited: World, size: int) -> None:
    with pytest.raises(Invalid, match="規範下限"):
        freeze(audited.actor("head"), audited.units["tax1"], Q3, base_records=size)
    assert snapshot()["audit_frames"] == 0


def test_freezing_or_drawing_twice_is_refused(audited: World) -> None:
    audit_id = drawn_audit(audited)
    before = snapshot()
    with pytest.raises(Conflict, match="不能再凍結"):
        freeze(audited.actor("auditor"), audited.units["tax1"], Q3)
    with pytest.raises(Conflict, match="已經抽出"):
        draw_first(audited.actor("auditor"), audit_id)
    assert snapshot() == before


@pytest.mark.parametrize(
    "who", ["clerk", "unit_manager", "agency_manager", "ethics", "works_head", "reviewer"]
)
def test_only_the_unit_s_own_auditors_conduct_it(audited: World, who: str) -> None:
    audit_id = drawn_audit(audited)
    person = audited.actor(who)
    record = worksheet_rows(audited.actor("head"), audit_id)[0].record_id
    before = snapshot()
    for attempt in (
        lambda: freeze(person, audited.units["tax1"], Quarter(2026, 2)),
        lambda: redraw(person, audit_id, "沒有權限的人"),
        lambda: expand(person, audit_id, 1, "沒有權限的人"),
        lambda: judge(person, audit_id, {record: 0}, Ruling.COMPLIANT),
        lambda: sign_as_shown(person, audit_id),
    ):
        with pytest.raises(Refused):
            attempt()
    assert snapshot() == before
    with reading() as db:
        refusals = db.scalar(select(func.count()).where(Event.type == "refused"))
    assert refusals == 5


@pytest.mark.parametrize(
    ("who", "sees"),
    [("agency_manager", 2), ("works_head", 1), ("reviewer", 4), ("auditor", 1), ("ethics", 2)],
)
def test_everybody_sees_the_units_in_reach(audited: World, who: str, sees: int) -> None:
    assert len(list_audits(audited.actor(who), Q3)) == sees


def test_another_agency_s_audit_is_not_even_there(audited: World) -> None:
    audit_id = drawn_audit(audited)
    stranger = audited.actor("works_manager")
    for attempt in (
        lambda: view_audit(stranger, audit_id),
        lambda: worksheet_rows(stranger, audit_id),
        lambda: find_audit(stranger, audited.units["tax1"], Q3),
        lambda: preview_frame(stranger, audited.units["tax1"], Q3),
        lambda: view_audit(stranger, 10**6),
    ):
        with pytest.raises(Refused):
            attempt()


def test_a_public_figure_is_named_first_and_becomes_the_seed(audited: World) -> None:
    head, unit = audited.actor("head"), audited.units["tax1"]
    with pytest.raises(Invalid, match="公開數字"):
        freeze(head, unit, Q3, seed_plan=SeedSource.PUBLIC)
    figure = "統一發票115年9、10月期特別獎"
    for day in (None, date(2026, 11, 22), date(2026, 11, 23)):
        with pytest.raises(Invalid, match="必須在今天以後"):
            freeze(
                head, unit, Q3, seed_plan=SeedSource.PUBLIC, public_figure=figure, published_on=day
            )
    with pytest.raises(Invalid, match="不能指定種子"):
        freeze(head, unit, Q3, seed_plan=SeedSource.NAMED)
    audit_id = freeze(
        head,
        unit,
        Q3,
        seed_plan=SeedSource.PUBLIC,
        public_figure=figure,
        published_on=date(2026, 11, 25),
    )
    with pytest.raises(Conflict, match="115年11月25日 才公布"):
        draw_first(head, audit_id, published="87654321")
    head = head.at(NOW + timedelta(days=2))
    with pytest.raises(Invalid, match="已公布的數字"):
        draw_first(head, audit_id)
    draw_first(head, audit_id, published="８７６５４３２１")
    draw = view_audit(head, audit_id).draws[0]
    assert (draw.seed, draw.seed_source) == ("87654321", SeedSource.PUBLIC)


def test_nobody_with_an_account_names_a_seed(audited: World) -> None:
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3)
    with pytest.raises(Refused, match="不能自行指定"):
        draw_first(audited.actor("head"), audit_id, named_seed="abcd")
    with pytest.raises(Invalid, match="不能改用公開數字"):
        draw_first(audited.actor("head"), audit_id, published="87654321")
    with pytest.raises(Invalid, match="十六進位"):
        draw_first(operator(NOW), audit_id, named_seed="xyz")
    draw_first(operator(NOW), audit_id, named_seed="ABCD")
    assert view_audit(audited.actor("head"), audit_id).draws[0].seed_source is SeedSource.NAMED


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        (lambda a, i: judge(a, i, {}, Ruling.COMPLIANT), "請先選取"),
        (lambda a, i: judge(a, i, {10**6: 0}, Ruling.COMPLIANT), "不在這件稽核的樣本內"),
        (lambda a, i: judge(a, i, {1: 0}, Ruling.MAJOR, ""), "請寫說明"),
        (lambda a, i: judge(a, i, {1: 0}, Ruling.MAJOR, "字" * 501), "最多 500"),
        (lambda a, i: expand(a, i, 0, "理由充分"), "加抽筆數"),
        (lambda a, i: expand(a, i, 10**6, "理由充分"), "加抽筆數"),
        (lambda a, i: expand(a, i, 1, " "), "加抽的理由"),
        (lambda a, i: redraw(a, i, "短"), "重抽的理由"),
        (lambda a, i: redraw(a, i, "字" * 301), "重抽的理由"),
        (lambda a, i: pick(a, i, [], "理由充分"), "紀錄編號"),
        (lambda a, i: pick(a, i, [10**9], "理由充分"), "不在凍結的母體內"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    audited: World, attempt: Any, error: str
) -> None:
    audit_id = drawn_audit(audited)
    head: Actor = audited.actor("head")
    before = snapshot()
    with pytest.raises(UserError, match=error):
        attempt(head, audit_id)
    assert snapshot() == before


@pytest.mark.parametrize(
    "touch",
    [
        {"frame_hash": "0" * 64},
        {"content": zlib.compress(b"1,2,2026-07")},
        {"content": zlib.compress("不是母體".encode())},
        {"content": b"not compressed"},
    ],
    ids=("hash", "another frame", "no frame", "no bytes of zlib"),
)
def test_a_touched_frame_is_refused(audited: World, touch: dict[str, Any]) -> None:
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3)
    # Having been read before does not help it past the hash.
    assert view_audit(audited.actor("head"), audit_id).frame
    with transaction() as db:
        unprotect(db.connection(), "audit_frames")
        db.execute(update(AuditFrame).values(touch))
    with pytest.raises(Conflict, match="雜湊值不符"):
        draw_first(audited.actor("head"), audit_id)


def test_the_other_reading_counts_valid_accounts(audited: World) -> None:
    readings.choose(operator(NOW), "people_counted", "valid_accounts")
    picture = preview_frame(audited.actor("head"), audited.units["tax1"], Q3)
    assert (picture.people, picture.people_counted) == (4, 6)
    assert picture.floors.users == 3
    assert "所有有效帳號" in picture.reading
    with pytest.raises(Invalid):
        readings.choose(operator(NOW), "people_counted", "nonsense")
    with pytest.raises(Refused):
        readings.choose(audited.actor("head"), "people_counted", "with_records")


@pytest.mark.parametrize("first", ["with_records", "valid_accounts"])
def test_a_reading_changed_later_rewrites_no_frozen_audit(audited: World, first: str) -> None:
    """Neither the sentence nor what is signed: a setting holds for frames frozen afterwards."""
    other = {"with_records": "valid_accounts", "valid_accounts": "with_records"}[first]
    readings.choose(operator(NOW), "people_counted", first)
    audit_id = drawn_audit(audited)
    head = audited.actor("head")
    before = view_audit(head, audit_id)
    with reading() as db:
        paper = facts_of(db, db.get_one(Audit, audit_id))
    assert PEOPLE_COUNTED.options[first] in paper.reading
    readings.choose(operator(NOW), "people_counted", other)
    after = view_audit(head, audit_id)
    assert before.frame and after.frame and before.frame.picture == after.frame.picture
    assert before.content_hash == after.content_hash
    with reading() as db:
        assert facts_of(db, db.get_one(Audit, audit_id)) == paper


def test_a_frame_of_before_the_reading_was_kept_tells_it_by_its_count(audited: World) -> None:
    readings.choose(operator(NOW), "people_counted", "valid_accounts")
    audit_id = drawn_audit(audited)
    with transaction() as db:
        unprotect(db.connection(), "audit_frames")
        db.execute(update(AuditFrame).values(basis={}))
    readings.choose(operator(NOW), "people_counted", "with_records")
    frame = view_audit(audited.actor("head"), audit_id).frame
    assert frame and PEOPLE_COUNTED.options["valid_accounts"] in frame.picture.reading


def test_snapshots_decide_whose_record_it_is(audited: World) -> None:
    """Somebody who moved later is still counted where the record was made."""
    with transaction() as db:
        from data.models import Account

        db.execute(
            update(Account)
            .where(Account.id == audited.accounts["clerk"])
            .values(unit_id=audited.units["tax2"])
        )
        total = db.scalar(select(func.count()).where(UsageRecord.unit_id == audited.units["tax1"]))
    picture = preview_frame(audited.actor("head"), audited.units["tax1"], Q3)
    assert (picture.records, total) == (260, 262)


def test_the_words_name_a_cap_and_an_unknown_wording(audited: World) -> None:
    readings.choose(operator(NOW), "people_counted", "valid_accounts")
    audited.use("clerk", at(2024, 5, 6))
    head, unit = audited.actor("head"), audited.units["tax1"]
    words = "".join(preview_frame(head, unit, Quarter(2024, 2)).explanation)
    assert "只有 1 人，因此全部抽到即可" in words
    assert "當時的規定未收錄" in words
    assert "未收錄" not in "".join(preview_frame(head, unit, Q3).explanation)


def test_a_redraw_does_not_make_a_deficiency_disappear(audited: World) -> None:
    audit_id = drawn_audit(audited)
    head = audited.actor("head")
    bad = next(row.record_id for row in worksheet_rows(head, audit_id) if not row.own)
    judge(head, audit_id, {bad: 0}, Ruling.DEFICIENT, "查無此案")
    for _ in range(20):
        redraw(head, audit_id, "換一份樣本看看")
        sampled = {r.record_id for r in worksheet_rows(head, audit_id) if r.basis != "superseded"}
        if bad not in sampled:
            break
    assert bad not in sampled
    row = next(row for row in worksheet_rows(head, audit_id) if row.record_id == bad)
    assert (row.basis, row.judged.ruling) == ("superseded", Ruling.DEFICIENT)
    findings = view_audit(head, audit_id).findings
    assert findings is not None
    assert findings.other_deviations == 1
    assert findings.counts["deficient"] == 1
    assert "另發現缺失 1 筆" in findings.sentence


def test_what_is_signed_is_what_was_shown(audited: World) -> None:
    audit_id = drawn_audit(audited)
    judge_everything(audited, audit_id)
    shown = view_audit(audited.actor("head"), audit_id).content_hash
    record = next(
        r.record_id for r in worksheet_rows(audited.actor("auditor"), audit_id) if not r.own
    )
    judge(audited.actor("auditor"), audit_id, {record: 1}, Ruling.MAJOR, "查無此案", "調卷後發現")
    before = snapshot()
    with pytest.raises(Conflict, match="剛剛有變動"):
        sign(audited.actor("head"), audit_id, shown)
    assert snapshot() == before
    sign(audited.actor("head"), audit_id, view_audit(audited.actor("head"), audit_id).content_hash)
