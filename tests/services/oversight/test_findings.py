"""A package from its receipt to 備查, and a finding from 請說明 to 結案: by whom, with what, and what is refused."""

import io
import re
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import Event, Finding, FindingStep, PackageReview
from services.actor import operator
from services.errors import Conflict, Invalid, NotFound, Refused
from services.events import EventType
from services.oversight import receiving
from services.oversight.acting import (
    accept_package,
    hand_over_review,
    overrule_check,
    take_acceptance_back,
    take_review,
)
from services.oversight.findings.acting import Words, move_finding, take_step_back
from services.oversight.findings.asking import Draft, ask
from services.oversight.findings.files import open_finding_file
from services.oversight.findings.listing import FindingFilters, list_findings
from services.oversight.findings.view import FindingView, view_finding
from services.oversight.letters import Letter, draft_letter
from services.oversight.queue import QueueState, view_queue
from services.oversight.receiving import check_again, deliver, receive_waiting
from services.oversight.view import ReviewView, view_review
from services.regulation.finding_states import FindingAct, FindingState, Gravity, Side
from services.regulation.package_review import ReviewState
from tests.services.audits.test_at_once import at_once
from tests.services.audits.whole import H1
from tests.services.oversight.whole import (
    DUE,
    REVIEWED,
    Dated,
    approved,
    asked,
    received,
    review_of,
    taken,
)
from tests.staged import Stage
from tests.world import World, at

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LETTER, DAY = "北市地資字第1156012388號", date(2026, 8, 25)
PDF = ("案卷影本.pdf", b"%PDF-1.4 case file\n%%EOF\n")


@pytest.fixture
def desk(stage: Stage, world: World) -> Dated:
    return stage.add(world, taken)


def view(desk: Dated, finding: int, by: str = "reviewer") -> FindingView:
    return view_finding(desk.actor(by), finding)


def review(desk: Dated, by: str = "reviewer") -> ReviewView:
    return view_review(desk.actor(by), review_of(desk))


def move(desk: Dated, by: str, finding: int, act: FindingAct, **words: Any) -> FindingState:
    shown = view(desk, finding)
    said = Words(**{"note": "如附件所示，請查照。"} | words)
    move_finding(desk.actor(by), finding, shown.revision, act, said)
    return view(desk, finding).state


def improved(desk: Dated, gravity: Gravity) -> int:
    """Bring a finding to where the agency has reported all three things."""
    finding = asked(desk)
    move(desk, "agency_manager", finding, FindingAct.ANSWER, files=[PDF])
    move(desk, "reviewer", finding, FindingAct.CONFIRM, gravity=gravity)
    ordered = {"letter_no": LETTER, "letter_date": DAY, "due_on": DUE + timedelta(days=30)}
    move(desk, "reviewer", finding, FindingAct.ORDER, **ordered)
    for act in (FindingAct.IMPROVE, FindingAct.NOTIFY):
        state = move(
            desk, "agency_manager", finding, act, done_on=DAY, files=[(f"{act}.pdf", PDF[1])]
        )
        assert state is FindingState.IMPROVING
    move(desk, "agency_manager", finding, FindingAct.DISCIPLINE, done_on=DAY, letter_no=LETTER)
    return finding


@on_sqlite
def test_what_the_checks_find_is_explained_or_seen_before_it_is_sent(
    stage: Stage, world: World
) -> None:
    desk, audit_id = stage.add(world, approved)
    desk.now = at(2026, 9, 20)
    desk.use("clerk2", at(2026, 5, 9), stored_at=at(2026, 9, 1))
    manager, today = desk.actor("agency_manager"), date(2026, 9, 20)
    with pytest.raises(Conflict, match="「母體與使用紀錄」請檢視"):
        deliver(manager, audit_id, LETTER, today)
    with pytest.raises(Conflict, match="「期限」不符；請先補正，或說明"):
        deliver(manager, audit_id, LETTER, today, seen=True)
    with pytest.raises(Invalid, match="檢核不符的說明"):
        deliver(manager, audit_id, LETTER, today, seen=True, explanation="晚")
    with reading() as db:
        assert not db.query(PackageReview).count()
    deliver(manager, audit_id, LETTER, today, seen=True, explanation="承辦人異動，已補辦")
    shown = review(desk)
    assert shown.days_late == 20 and shown.steps[0].note == "承辦人異動，已補辦"


@on_sqlite
def test_a_receipt_that_was_cut_off_is_made_up_for_and_stops_no_other(
    stage: Stage, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, audit_id = stage.add(world, approved)
    desk.now = at(2026, 9, 20)
    manager, night = desk.actor("agency_manager"), operator(desk.now)
    why = "承辦人異動，已補辦"
    with monkeypatch.context() as cut_off:
        cut_off.setattr(receiving, "_receive", _cut_off)
        with pytest.raises(OSError, match="cut off"):
            deliver(manager, audit_id, LETTER, date(2026, 9, 20), explanation=why)
        assert receive_waiting(night) == {"received": 0, "failed": [audit_id]}
    assert receive_waiting(night) == {"received": 1, "failed": []}
    assert receive_waiting(night) == {"received": 0, "failed": []}
    shown = review(desk)
    assert shown.steps[0].note == why and shown.checks


def _cut_off(*_: Any) -> int:
    raise OSError("cut off")


def test_a_clean_package_is_accepted_and_a_mistaken_acceptance_taken_back(desk: Dated) -> None:
    reviewer, shown = desk.actor("reviewer"), review(desk)
    assert shown.is_mine and not shown.left and shown.queue_state is QueueState.REVIEWING
    accept_package(reviewer, shown.review_id, shown.revision, LETTER, DAY)
    assert review(desk).state is ReviewState.ACCEPTED
    take_acceptance_back(reviewer, shown.review_id, shown.revision + 1, "復函文號誤植")
    after = review(desk)
    assert after.state is ReviewState.REVIEWING
    finding = asked(desk)
    move(desk, "agency_manager", finding, FindingAct.ANSWER)
    move(desk, "reviewer", finding, FindingAct.CLEAR)
    accept_package(reviewer, after.review_id, review(desk).revision, LETTER, DAY)
    with pytest.raises(Conflict, match="請先撤銷備查"):
        take_step_back(reviewer, finding, view(desk, finding).revision, "誤按可採")
    after = review(desk)
    take_acceptance_back(reviewer, after.review_id, after.revision, "另有待查明事項")
    after = review(desk)
    assert [step.act.label for step in after.steps][-2:] == ["准予備查", "撤銷備查"]
    take_step_back(reviewer, finding, view(desk, finding).revision, "誤按可採")
    assert view(desk, finding).state is FindingState.ANSWERED


def test_a_finding_goes_all_the_way_and_the_package_waits_for_it(desk: Dated) -> None:
    finding = asked(desk)
    assert review(desk).queue_state is QueueState.ASKED
    with pytest.raises(Conflict, match="尚未結案"):
        accept_package(desk.actor("reviewer"), review_of(desk), review(desk).revision, LETTER, DAY)
    assert move(desk, "agency_manager", finding, FindingAct.ANSWER, files=[PDF]) is (
        FindingState.ANSWERED
    )
    assert review(desk).queue_state is QueueState.ANSWERED
    file = view(desk, finding).steps[1].files[0]
    assert open_finding_file(desk.actor("reviewer"), file.id) == PDF[1]
    move(desk, "reviewer", finding, FindingAct.CLEAR)
    assert review(desk).left == ()
    numbers = [row.number for row in list_findings(desk.actor("reviewer"), FindingFilters())]
    assert numbers == [f"缺115-{finding:06d}"]


@on_sqlite
def test_a_major_deficiency_takes_a_second_reviewer(desk: Dated) -> None:
    finding = improved(desk, Gravity.MAJOR)
    shown = view(desk, finding)
    assert shown.state is FindingState.IMPROVED and shown.gravity is Gravity.MAJOR
    assert move(desk, "reviewer", finding, FindingAct.RETURN, due_on=DUE) is FindingState.IMPROVING
    again = {"done_on": DAY, "letter_no": LETTER}
    assert move(desk, "agency_manager", finding, FindingAct.IMPROVE, **again) is (
        FindingState.IMPROVED
    )
    move(desk, "reviewer", finding, FindingAct.ACCEPT)
    with pytest.raises(Refused, match="另一位複核人員"):
        move(desk, "reviewer", finding, FindingAct.CLOSE)
    assert move(desk, "reviewer2", finding, FindingAct.CLOSE) is FindingState.CLOSED
    # A mistaken closing is taken back by a recorded step, and nothing is gone.
    shown = view(desk, finding)
    take_step_back(desk.actor("reviewer2"), finding, shown.revision, "誤按結案")
    after = view(desk, finding)
    assert after.state is FindingState.ACCEPTED
    assert [step.stands for step in after.steps][-2:] == [False, False]
    with reading() as db:
        acts = db.scalars(select(FindingStep.act).where(FindingStep.finding_id == finding)).all()
        events = db.scalars(
            select(Event.detail).where(Event.type == EventType.FINDING_MOVED.value)
        ).all()
        assert [one["act"] for one in events] == list(acts)


@on_sqlite
def test_a_plain_one_is_closed_by_one_and_an_extension_hides_no_day(desk: Dated) -> None:
    finding = asked(desk)
    later = DUE + timedelta(days=7)
    move(desk, "reviewer", finding, FindingAct.EXTEND, due_on=later)
    shown = view(desk, finding)
    assert (shown.due_on, shown.first_due_on) == (later, DUE)
    desk.now = at(2026, 9, 20)
    assert view(desk, finding).days_late == 3
    assert view_queue(desk.actor("reviewer"), H1).rows[0].overdue_findings == 1
    # A late answer is taken, and is on record as late.
    move(desk, "agency_manager", finding, FindingAct.ANSWER, note="承辦人出國，逾期說明如附件。")
    assert view(desk, finding).steps[-1].days_late == 3
    desk.now = REVIEWED
    other = improved(desk, Gravity.DEFICIENT)
    assert move(desk, "reviewer2", other, FindingAct.CLOSE) is FindingState.CLOSED


@on_sqlite
def test_a_failed_check_stands_in_the_way_until_it_is_overruled_or_followed_up(
    desk: Dated,
) -> None:
    reviewer = desk.actor("reviewer")
    with reading() as db:
        sent = db.query(PackageReview).one()
        assert sent.package_number == 1
    _make_fail(desk)
    shown = review(desk)
    assert shown.left == ("「系統提示」不符，尚未處理。",)
    with pytest.raises(Conflict, match="系統提示"):
        accept_package(reviewer, shown.review_id, shown.revision, LETTER, DAY)
    with pytest.raises(Invalid, match="沒有不符"):
        overrule_check(reviewer, shown.review_id, shown.revision, "draws", "不影響結果")
    overrule_check(reviewer, shown.review_id, shown.revision, "flags", "已由機關另行查明")
    shown = review(desk)
    assert shown.left == ()
    assert "已由機關另行查明" in next(
        one.overruled for one in shown.checks if one.result.check == "flags"
    )
    with pytest.raises(Conflict, match="已經改認"):
        overrule_check(reviewer, shown.review_id, shown.revision, "flags", "已由機關另行查明")
    _make_fail(desk, "另一句話")
    assert review(desk).left, "it was about what the check had found then"
    finding = asked(desk, check="flags")
    move(desk, "agency_manager", finding, FindingAct.ANSWER)
    move(desk, "reviewer", finding, FindingAct.CLEAR)
    assert review(desk).left == ()
    _make_fail(desk, "又是另一句話")
    assert review(desk).left, "the finding was about what the check had found then, too"
    _make_fail(desk)
    assert review(desk).left == (), "what was overruled stays so while it is the same"
    revision = review(desk).revision
    overrule_check(reviewer, shown.review_id, revision, "flags", "誤按，撤回改認", withdraw=True)
    assert review(desk).left
    with pytest.raises(Conflict, match="不必撤回"):
        overrule_check(
            reviewer, shown.review_id, revision + 1, "flags", "誤按，撤回改認", withdraw=True
        )
    check_again(reviewer, shown.review_id)
    assert all(one.result.state == "passed" for one in review(desk).checks)


def _make_fail(desk: Dated, sentence: str = "系統有提示的紀錄 7 沒有查核。") -> None:
    """Store a run in which one check has failed, as a later version could find."""
    from data.engine import transaction
    from data.models import CheckRun

    with transaction() as db:
        last = db.scalars(select(CheckRun).order_by(CheckRun.id.desc())).first()
        assert last is not None
        results = [
            one
            | (
                {"state": "failed", "items": [["failed", sentence, None]]}
                if one["check"] == "flags"
                else {}
            )
            for one in last.results
        ]
        db.add(
            CheckRun(
                review_id=last.review_id,
                package_id=last.package_id,
                version=last.version,
                at=desk.now,
                failed=1,
                to_look=0,
                results=results,
            )
        )


@on_sqlite
def test_what_cannot_be_is_refused_in_a_sentence_and_changes_nothing(desk: Dated) -> None:
    reviewer, second, manager = (
        desk.actor(name) for name in ("reviewer", "reviewer2", "agency_manager")
    )
    shown, finding = review(desk), asked(desk)
    review_id, revision = shown.review_id, review(desk).revision
    now, drafts = view(desk, finding).revision, [Draft("說明查詢目的", "請檢送案卷影本。")]
    answer, tomorrow = FindingAct.ANSWER, DAY + timedelta(days=1)
    refused: list[tuple[type[Exception], str, Any]] = [
        (Conflict, "剛剛已由他人", lambda: take_review(reviewer, review_id, 1)),
        (Conflict, "不能「承辦」", lambda: take_review(second, review_id, revision)),
        (Refused, "不是由您承辦", lambda: ask(second, review_id, revision, drafts, DUE)),
        (Refused, "不是由您承辦", lambda: accept_package(second, review_id, revision, LETTER, DAY)),
        (
            Invalid,
            "已經由",
            lambda: hand_over_review(second, review_id, revision, "reviewer", "輪值調整"),
        ),
        (
            Invalid,
            "不是現任",
            lambda: hand_over_review(reviewer, review_id, revision, "clerk", "輪值調整"),
        ),
        (Invalid, "公文字號", lambda: accept_package(reviewer, review_id, revision, "12", DAY)),
        (
            Invalid,
            "公文日期",
            lambda: accept_package(reviewer, review_id, revision, LETTER, tomorrow),
        ),
        (Invalid, "請填期限", lambda: ask(reviewer, review_id, revision, drafts, None)),
        (Invalid, "須晚於今天", lambda: ask(reviewer, review_id, revision, drafts, DAY)),
        (Invalid, "一年", lambda: ask(reviewer, review_id, revision, drafts, date(2028, 1, 1))),
        (Invalid, "1 至 20 項", lambda: ask(reviewer, review_id, revision, [], DUE)),
        (Invalid, "事由請寫", lambda: ask(reviewer, review_id, revision, [Draft("x", "y")], DUE)),
        (
            Invalid,
            "沒有「x」這項檢核",
            lambda: ask(reviewer, review_id, revision, [Draft("說明查詢目的", "說明", "x")], DUE),
        ),
        (
            Invalid,
            "沒有代碼為「PWD-LAND」的單位",
            lambda: ask(
                reviewer,
                review_id,
                revision,
                [Draft("說明查詢目的", "請說明目的", unit_code="PWD-LAND")],
                DUE,
            ),
        ),
        (NotFound, "找不到", lambda: view_review(reviewer, 999)),
        (Refused, "權限", lambda: view_review(manager, review_id)),
        (Refused, "權限", lambda: view_finding(desk.actor("works_manager"), finding)),
        (
            Refused,
            "權限",
            lambda: move_finding(
                desk.actor("works_manager"), finding, now, answer, Words("如附件所示。")
            ),
        ),
        (
            Refused,
            "權限",
            lambda: move_finding(desk.actor("head"), finding, now, answer, Words("如附件所示。")),
        ),
        (
            Refused,
            "權限",
            lambda: move_finding(reviewer, finding, now, answer, Words("如附件所示。")),
        ),
        (
            Conflict,
            "剛剛已由他人",
            lambda: move_finding(manager, finding, now - 1, answer, Words("如附件所示。")),
        ),
        (Invalid, "請寫 4 至", lambda: move_finding(manager, finding, now, answer, Words("x"))),
        (
            Invalid,
            "不是 PDF",
            lambda: move_finding(
                manager, finding, now, answer, Words("如附件所示。", files=[("a.pdf", b"MZ")])
            ),
        ),
        (
            Invalid,
            "一次最多",
            lambda: move_finding(
                manager, finding, now, answer, Words("如附件所示。", files=[PDF] * 6)
            ),
        ),
        (
            Conflict,
            "目前是「請說明」",
            lambda: move_finding(reviewer, finding, now, FindingAct.CLOSE, Words("改善完成。")),
        ),
        (
            Conflict,
            "目前是「請說明」",
            lambda: move_finding(manager, finding, now, FindingAct.IMPROVE, Words("改善完成。")),
        ),
        (
            Invalid,
            "請選缺失程度",
            lambda: move_finding(reviewer, finding, now, FindingAct.CONFIRM, Words("逾期未說明。")),
        ),
        (
            Invalid,
            "須晚於原期限",
            lambda: move_finding(
                reviewer, finding, now, FindingAct.EXTEND, Words("同意展延。", due_on=DUE)
            ),
        ),
        (
            Invalid,
            "不能這樣辦理",
            lambda: move_finding(reviewer, finding, now, FindingAct.ASK, Words("再請說明。")),
        ),
        (
            Refused,
            "前一步驟不是由您這一方",
            lambda: take_step_back(manager, finding, now, "誤送說明"),
        ),
    ]
    before = _rows()
    for error, sentence, call in refused:
        with pytest.raises(error, match=sentence):
            call()
    assert _rows() == before
    move_finding(manager, finding, now, answer, Words("如附件所示。"))
    move(desk, "reviewer", finding, FindingAct.CONFIRM, gravity=Gravity.DEFICIENT)
    move(desk, "reviewer", finding, FindingAct.ORDER, letter_no=LETTER, letter_date=DAY, due_on=DUE)
    now = view(desk, finding).revision
    improve = FindingAct.IMPROVE
    for words, sentence in (
        (Words("已改善完成。"), "請填辦理日期"),
        (Words("已改善完成。", done_on=tomorrow, letter_no=LETTER), "辦理日期須在"),
        (Words("已改善完成。", done_on=DAY), "公文字號或上傳"),
        (Words("已改善完成。", done_on=DAY, letter_no="12"), "公文字號"),
    ):
        with pytest.raises(Invalid, match=sentence):
            move_finding(manager, finding, now, improve, words)


def _rows() -> list[int]:
    with reading() as db:
        return [db.query(kind).count() for kind in (Finding, FindingStep)] + [
            db.query(PackageReview).one().revision
        ]


@on_sqlite
def test_whoever_has_a_part_in_it_keeps_out(desk: Dated) -> None:
    """The bureau's reviewer who moved to the agency, or stands in its audit, does not review it (domain.md §7, 3)."""
    from data.engine import transaction
    from data.models import Account, AccountDuty

    with transaction() as db:
        for name in ("agency_manager", "clerk", "works_clerk"):
            held = AccountDuty(
                account_id=desk.accounts[name], duty="bureau_reviewer", granted_at=desk.now
            )
            db.add(held)
        db.get_one(Account, desk.accounts["works_clerk"]).unit_id = desk.units["tax1"]
    # In the agency: nobody of it reviews it, whatever they did.
    for name in ("agency_manager", "works_clerk"):
        assert "任職於受複核的機關" in review(desk, name).keeps_out
    with transaction() as db:
        for name in ("agency_manager", "clerk"):
            db.get_one(Account, desk.accounts[name]).unit_id = desk.units["bureau1"]
    assert "辦理過這個機關" in review(desk, "agency_manager").keeps_out
    assert "有您本人的" in review(desk, "clerk").keeps_out
    with transaction() as db:
        clerk = db.get_one(Account, desk.accounts["clerk"])
        clerk.role = "agency_manager"
        clerk.unit_id = desk.units["tax1"]
        db.query(PackageReview).one().agency.is_bureau = True
    assert "受複核機關的管理者" in review(desk, "clerk").keeps_out
    with transaction() as db:
        db.query(PackageReview).one().agency.is_bureau = False
    with pytest.raises(Invalid, match="與受複核的機關有關"):
        hand_over_review(
            desk.actor("reviewer"), review_of(desk), review(desk).revision, "clerk", "輪值調整"
        )
    shown = review(desk)
    with pytest.raises(Refused, match="辦理過這個機關"):
        hand_over_review(
            desk.actor("agency_manager"), shown.review_id, shown.revision, "reviewer2", "輪值調整"
        )
    assert shown.keeps_out == ""
    handed = review(desk)
    hand_over_review(
        desk.actor("reviewer"), handed.review_id, handed.revision, "reviewer2", "輪值調整"
    )
    assert review(desk, "reviewer2").is_mine


@on_postgresql
def test_each_letter_says_what_it_is_about_in_the_order_of_a_letter(desk: Dated) -> None:
    """主旨, 說明, 正本, 副本, and of each finding its words; other tests open what this writer writes in LibreOffice."""
    reviewer, review_id = desk.actor("reviewer"), review_of(desk)
    for kind in (Letter.EXPLAIN, Letter.IMPROVE):
        with pytest.raises(Conflict, match="沒有要寫進"):
            draft_letter(reviewer, review_id, kind)
    finding = asked(desk)
    told = {Letter.EXPLAIN: "請檢送案卷影本說明", Letter.ACCEPT: "准予備查"}
    for kind, words in told.items():
        _reads(draft_letter(reviewer, review_id, kind), words)
    move(desk, "reviewer", finding, FindingAct.CONFIRM, note="逾期未說明", gravity=Gravity.MAJOR)
    _reads(draft_letter(reviewer, review_id, Letter.IMPROVE), "逾期未說明")
    # What is asked again is what the letter asks; what was ordered already is in no further letter.
    again = asked(desk)
    move(desk, "agency_manager", again, FindingAct.ANSWER)
    move(desk, "reviewer", again, FindingAct.ASK_AGAIN, note="第二次要問的事", due_on=DUE)
    _reads(draft_letter(reviewer, review_id, Letter.EXPLAIN), "第二次要問的事")
    ordered = {"letter_no": LETTER, "letter_date": DAY, "due_on": DUE + timedelta(days=30)}
    move(desk, "reviewer", finding, FindingAct.ORDER, **ordered)
    with pytest.raises(Conflict, match="沒有要寫進"):
        draft_letter(reviewer, review_id, Letter.IMPROVE)


def _reads(odt: bytes, words: str) -> None:
    with zipfile.ZipFile(io.BytesIO(odt)) as file:
        text = re.sub(r"<[^>]+>", "", file.read("content.xml").decode())
    places = [text.index(part) for part in ("受文者", "主旨", "說明", "正本", "副本")]
    assert places == sorted(places)
    assert words in text and "臺北市稅捐稽徵處" in text and "115年上半年" in text


@on_sqlite
def test_an_agency_sees_its_own_and_nobody_elses(desk: Dated) -> None:
    asked(desk)
    seen = {
        name: len(list_findings(desk.actor(name), FindingFilters()))
        for name in ("agency_manager", "ethics", "agency_head", "works_manager", "reviewer")
    }
    assert seen == {
        "agency_manager": 1,
        "ethics": 1,
        "agency_head": 1,
        "works_manager": 0,
        "reviewer": 1,
    }
    mine = FindingFilters(waits_for=Side.BUREAU)
    assert list_findings(desk.actor("reviewer"), mine) == []


@on_postgresql
def test_of_two_at_once_one_is_told(stage: Stage, world: World) -> None:
    desk = stage.add(world, received)
    review_id = review_of(desk)
    people = [desk.actor(name) for name in ("reviewer", "reviewer2")]
    takes = [lambda p=p: take_review(p, review_id, 1) for p in people]
    assert at_once(*takes) == {"done": 1, "told": 1}
    holder = next(name for name in ("reviewer", "reviewer2") if review(desk, name).is_mine)
    if holder != "reviewer":
        shown = review(desk)
        hand_over_review(people[1], review_id, shown.revision, "reviewer", "輪值調整")
    finding = asked(desk)
    move(desk, "agency_manager", finding, FindingAct.ANSWER)
    now = view(desk, finding).revision
    acts = (FindingAct.CLEAR, FindingAct.CONFIRM)
    said = Words("說明可採認。", gravity=Gravity.DEFICIENT)
    both = [
        lambda p=p, act=act: move_finding(p, finding, now, act, said)
        for p, act in zip(people, acts, strict=True)
    ]
    assert at_once(*both) == {"done": 1, "told": 1}
    with reading() as db:
        assert db.query(FindingStep).count() == 3
