"""Who owes what and who waits, at every step of an audit; and how crowded lists are folded."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from data.engine import transaction
from data.models import Agency, Incident, Unit
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.deadlines import DueDay, as_named
from services.schedule.folding import MOST_SINGLE, folded
from services.schedule.tasks import tasks_of
from services.schedule.words import Task, TaskKind, TaskState, due_words
from tests.services.schedule.rows import audit_of, judge_anew, sign_as
from tests.world import EVERYBODY, NOW, World, at

AUDITS = {
    *(TaskKind.UNIT_AUDIT, TaskKind.RECEIPT, TaskKind.AGENCY_AUDIT),
    *(TaskKind.APPROVAL, TaskKind.SENDING),
}
IN_TIME, LATE = at(2026, 11, 2), at(2026, 11, 3)
"""The third quarter's audits are due on 11-02: 10-31 is a Saturday."""


def of(world: World, who: str, now: object = NOW, *kinds: TaskKind) -> list[Task]:
    wanted = kinds or tuple(AUDITS)
    return [task for task in tasks_of(world.actor(who, now)) if task.kind in wanted]  # type: ignore[arg-type]


def one(tasks: Iterable[Task], period: str, unit: str = "大安分處") -> Task:
    found = [task for task in tasks if task.key.endswith(f":{period}") and unit in task.words]
    assert len(found) == 1, found
    return found[0]


# --- unit audits ------------------------------------------------------------------------------------

STEPS = [
    # status, sample, judged, nil return: what the unit head is told, and where the link leads
    (None, 0, 0, "未開始，待凍結母體", None),
    (AuditStatus.FROZEN, 2, 0, "已凍結，待抽樣", "draw"),
    (AuditStatus.FROZEN, 0, 0, "沒有使用紀錄，待簽核", "sign"),
    (AuditStatus.JUDGING, 3, 1, "尚有 2 筆待判定", "judge"),
    (AuditStatus.JUDGING, 3, 3, "已全部判定，待簽核", "sign"),
]


@pytest.mark.parametrize(("status", "sample", "judged", "words", "step"), STEPS)
def test_a_unit_audit_is_owed_by_those_who_make_it_and_waited_for_by_the_others(
    world: World, status: AuditStatus | None, sample: int, judged: int, words: str, step: str | None
) -> None:
    if status:
        audit_of(world, "tax1", "2026Q3", status, sample=sample, judged=judged)
    for who in ("head", "auditor"):
        task = one(of(world, who), "2026Q3")
        assert (task.kind, task.state) == (TaskKind.UNIT_AUDIT, TaskState.OVERDUE)
        assert words in task.words and not task.waits_for
        assert task.page == "audit_sampler"
        there = {"unit": "TAX-DAAN", "quarter": "2026Q3"} | ({"step": step} if step else {})
        assert dict(task.fields) == there
    for who in ("unit_manager", "agency_manager", "ethics", "agency_head", "reviewer"):
        task = one(of(world, who), "2026Q3")
        assert (task.state, task.waits_for) == (TaskState.WAITING, "單位主管或稽核人員")
        assert task.late
    for who in ("clerk", "works_head", "works_manager"):
        assert not [task for task in of(world, who) if "大安分處" in task.words]


@pytest.mark.parametrize(
    ("now", "state"), [(IN_TIME, TaskState.DUE), (LATE, TaskState.OVERDUE)], ids=("in time", "late")
)
def test_it_is_overdue_after_the_working_day_that_counts(
    world: World, now: object, state: TaskState
) -> None:
    task = one(of(world, "head", now), "2026Q3")
    assert task.state is state
    assert task.due == DueDay(date(2026, 10, 31), date(2026, 11, 2))


def test_a_signed_one_waits_to_be_received_and_then_is_done(world: World) -> None:
    audit_of(world, "tax1", "2026Q3", AuditStatus.SIGNED)
    receiver = one(of(world, "agency_manager"), "2026Q3")
    assert (receiver.kind, receiver.state) == (TaskKind.RECEIPT, TaskState.DUE)
    assert (receiver.page, receiver.link) == ("agency_audit", "前往收存")
    assert receiver.fields == (("agency", "TAX"), ("half", "2026H2"))
    # Without it the agency's own audit, due in January, cannot be made.
    assert receiver.due == DueDay(date(2027, 1, 31), date(2027, 2, 1))
    maker = one(of(world, "head"), "2026Q3")
    assert (maker.state, maker.waits_for, maker.late) == (TaskState.WAITING, "機關管理者", False)
    assert (maker.page, maker.link) == ("audit_sampler", "看辦理進度")
    for who in ("unit_manager", "reviewer", "ethics"):
        assert not [
            task for task in of(world, who) if task.key.endswith(":2026Q3") and "大安" in task.words
        ]


def test_a_received_one_is_nobodys(world: World) -> None:
    audit_of(world, "tax1", "2026Q3", AuditStatus.RECEIVED)
    for who in EVERYBODY:
        assert not [t for t in of(world, who) if t.key.endswith(":2026Q3") and "大安" in t.words]


# --- which periods -----------------------------------------------------------------------------------


def periods(world: World, who: str, kind: TaskKind, now: object = NOW) -> list[str]:
    return [task.key.split(":")[2] for task in of(world, who, now, kind)]


def test_without_any_records_the_newest_period_is_due_and_what_goes_with_the_half_year(
    world: World,
) -> None:
    assert periods(world, "head", TaskKind.UNIT_AUDIT) == ["2026Q1", "2026Q2", "2026Q3"]
    january = at(2027, 1, 4)
    assert periods(world, "head", TaskKind.UNIT_AUDIT, january) == ["2026Q3", "2026Q4"]
    assert periods(world, "agency_manager", TaskKind.AGENCY_AUDIT) == ["2026H1"]


def test_earlier_periods_count_from_the_first_with_records_on(world: World) -> None:
    world.use("clerk", at(2025, 9, 30))
    quarters = ["2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    assert periods(world, "head", TaskKind.UNIT_AUDIT) == quarters
    # Another unit's records are not its own; the agency's are those of all its units.
    assert "中山分處 114年第3季" not in str(of(world, "agency_manager"))
    assert periods(world, "agency_manager", TaskKind.AGENCY_AUDIT) == ["2025H2", "2026H1"]
    assert periods(world, "works_manager", TaskKind.AGENCY_AUDIT) == ["2026H1"]


def test_three_years_back_is_enough_but_what_was_begun_is_not_forgotten(world: World) -> None:
    world.use("clerk", at(2023, 1, 5))
    audit_of(world, "tax1", "2023Q1", AuditStatus.JUDGING)
    audit_of(world, "tax1", "2023Q2", AuditStatus.SIGNED)
    years = [f"{year}Q{number}" for year in (2024, 2025) for number in (1, 2, 3, 4)]
    expected = ["2023Q1", "2023Q4", *years, "2026Q1", "2026Q2", "2026Q3"]
    assert periods(world, "head", TaskKind.UNIT_AUDIT) == expected
    halves = ["2023H2", "2024H1", "2024H2", "2025H1", "2025H2", "2026H1"]
    assert periods(world, "agency_manager", TaskKind.AGENCY_AUDIT) == halves


def test_a_closed_unit_and_a_running_quarter_owe_nothing(world: World) -> None:
    world.use("clerk", at(2026, 10, 5))
    assert "2026Q4" not in periods(world, "head", TaskKind.UNIT_AUDIT)
    with transaction() as db:
        db.get_one(Unit, world.units["tax1"]).active = False
    assert periods(world, "head", TaskKind.UNIT_AUDIT) == []
    with transaction() as db:
        db.get_one(Agency, world.agencies["works"]).active = False
    assert not of(world, "works_manager")


# --- agency audits ------------------------------------------------------------------------------------


def agency_task(world: World, who: str, now: object = NOW) -> Task | None:
    found = [t for t in of(world, who, now) if t.key.endswith(":2026H1") and "稅捐" in t.words]
    assert len(found) < 2
    return found[0] if found else None


def brief(task: Task | None) -> tuple[str, str, str] | None:
    return (task.kind.value, task.state.value, task.waits_for) if task else None


BOTH = "機關管理者與政風人員"
OWED, WAIT = ("agency_audit", "overdue", ""), ("agency_audit", "waiting", BOTH)
APPROVE, APPROVED = ("approval", "overdue", ""), ("approval", "waiting", "機關首長")
SEND, SENT = ("sending", "overdue", ""), ("sending", "waiting", "機關管理者")


@pytest.mark.parametrize(
    ("status", "manager", "ethics", "head", "reviewer"),
    [
        (None, OWED, OWED, WAIT, WAIT),
        (AuditStatus.FROZEN, OWED, OWED, WAIT, WAIT),
        (AuditStatus.JUDGING, OWED, OWED, WAIT, WAIT),
        (AuditStatus.SIGNED, APPROVED, APPROVED, APPROVE, APPROVED),
        (AuditStatus.APPROVED, SEND, SENT, SENT, SENT),
        (AuditStatus.SENT, None, None, None, None),
    ],
)
def test_an_agency_audit_is_owed_by_whose_turn_it_is(
    world: World,
    status: AuditStatus | None,
    manager: tuple[str, str, str] | None,
    ethics: tuple[str, str, str] | None,
    head: tuple[str, str, str] | None,
    reviewer: tuple[str, str, str] | None,
) -> None:
    if status:
        audit_of(world, "tax", "2026H1", status, kind=AuditKind.AGENCY)
    turns = {"agency_manager": manager, "ethics": ethics, "agency_head": head, "reviewer": reviewer}
    assert {who: brief(agency_task(world, who)) for who in turns} == turns
    for stranger in ("head", "unit_manager", "works_manager", "clerk"):
        assert agency_task(world, stranger) is None


def test_what_is_still_ahead_of_the_sending_is_due_by_its_day(world: World) -> None:
    audit_of(world, "tax", "2026H1", AuditStatus.APPROVED, kind=AuditKind.AGENCY)
    for now, state in ((at(2026, 8, 31), TaskState.DUE), (at(2026, 9, 1), TaskState.OVERDUE)):
        task = agency_task(world, "agency_manager", now)
        assert task and task.due == as_named(date(2026, 8, 31)) and task.state is state


def test_whoever_has_signed_waits_for_the_other(world: World) -> None:
    made = audit_of(world, "tax", "2026H1", AuditStatus.JUDGING, kind=AuditKind.AGENCY, judged=2)
    sign_as(world, made.audit_id, "ethics")
    assert brief(agency_task(world, "ethics")) == ("agency_audit", "waiting", "機關管理者")
    owed = agency_task(world, "agency_manager")
    assert owed and owed.is_owed and "尚待機關管理者簽核" in owed.words
    # A verdict changed after the signature: what was signed is no longer what is there.
    judge_anew(made.audit_id, made.records[0], NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=2)
    for who in ("ethics", "agency_manager"):
        task = agency_task(world, who, later)
        assert task and task.is_owed and "已全部判定，待簽核" in task.words


# --- incidents, and the whole list -----------------------------------------------------------------------


def test_open_incidents_are_owed_by_who_handles_them_but_by_nobody_concerned(world: World) -> None:
    with transaction() as db:
        for number, (about, status) in enumerate(
            [("clerk", "open"), ("head", "open"), ("clerk", "closed")]
        ):
            db.add(
                Incident(
                    number=f"事件{number}",
                    agency_id=world.agencies["tax"],
                    unit_id=world.units["tax1"],
                    person_key=str(number),
                    account_id=world.accounts[about],
                    gravity="major",
                    title="無法說明的查詢",
                    status=status,
                    opened_at=NOW,
                )
            )  # fmt: skip

    def told(who: str) -> list[str]:
        return [task.words.split()[1] for task in of(world, who, NOW, TaskKind.INCIDENT)]

    assert told("agency_manager") == told("ethics") == ["事件0", "事件1"]
    assert told("head") == ["事件0"]  # the other one is about the head
    assert told("clerk") == told("auditor") == told("works_manager") == []


def test_what_is_owed_comes_first_and_of_that_what_is_overdue(world: World) -> None:
    world.use("clerk", at(2026, 4, 5))
    audit_of(world, "tax1", "2026Q3", AuditStatus.SIGNED)
    audit_of(world, "tax", "2026H1", AuditStatus.SIGNED, kind=AuditKind.AGENCY)
    for who in EVERYBODY:
        tasks = tasks_of(world.actor(who))
        assert [t.rank for t in tasks] == sorted(t.rank for t in tasks)
        assert [t.is_owed for t in tasks] == sorted((t.is_owed for t in tasks), reverse=True)
        assert len({t.key for t in tasks}) == len(tasks)
        assert all(t.strong in t.words for t in tasks)
        assert all(bool(t.waits_for) is not t.is_owed for t in tasks)
        assert all((t.state is TaskState.OVERDUE) is (t.is_owed and t.late) for t in tasks)


# --- words and folding ----------------------------------------------------------------------------------


def test_a_day_is_said_with_what_became_of_it() -> None:
    stands = as_named(date(2026, 4, 30))
    assert due_words(stands) == "應於 115年4月30日 以前完成"
    moved = DueDay(date(2027, 2, 28), date(2027, 3, 2))
    assert due_words(moved) == "應於 116年2月28日 以前完成（遇假日順延至 116年3月2日）"
    provisional = DueDay(date(2028, 2, 27), date(2028, 2, 29), provisional=True)
    assert due_words(provisional) == (
        "應於 117年2月27日 以前完成（遇假日順延至 117年2月29日；117 年辦公日曆表尚未公布，日期暫定）"
    )


def a_task(number: int, **changes: object) -> Task:
    made = Task(
        key=f"unit_audit:{number}:2026Q3",
        kind=TaskKind.UNIT_AUDIT,
        state=TaskState.WAITING,
        words=f"單位{number}　尚未簽核",
        strong=f"單位{number}",
        page="audit_sampler",
        fields=(("unit", str(number)), ("quarter", "2026Q3"), ("step", "draw")),
        many="個單位的115年第3季單位稽核尚未簽核",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_few_stay_single_and_many_become_one_line_a_period() -> None:
    few = [a_task(number) for number in range(MOST_SINGLE)]
    assert folded(few) == few
    second = [a_task(n, many="個單位的115年第2季單位稽核尚未簽核") for n in (8, 9)]
    alone = [a_task(7, many="個單位的115年第1季單位稽核尚未簽核")]
    other = [a_task(20, state=TaskState.DUE)]
    lines = folded([*few, *second, *alone, *other])
    assert [line.words for line in lines] == [
        "5 個單位的115年第3季單位稽核尚未簽核",
        "2 個單位的115年第2季單位稽核尚未簽核",
        "單位7　尚未簽核",
        "單位20　尚未簽核",
    ]
    assert lines[0].fields == (("quarter", "2026Q3"),)


def test_what_has_no_word_for_many_is_never_folded() -> None:
    many = [a_task(number, many="") for number in range(12)]
    assert folded(many) == many
