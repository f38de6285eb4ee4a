"""機關稽核 shows the day that the rule names and the one that counts, and turns red after the latter."""

from datetime import datetime

import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from data.engine import transaction
from data.models import Account
from pages.agency_audit.days import is_late
from services import clock
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear
from services.rocdate import local_date
from services.schedule.tasks import tasks_of
from services.schedule.words import TaskKind, TaskState
from tests.pages.browsing import open_page, shown, texts
from tests.services.audits import whole
from tests.services.schedule.rows import audit_of
from tests.world import World, at

LATE = ":red-badge[逾期]"


def opened(who: str, half: str, **params: str) -> AppTest:
    app = open_page(who, "agency_audit", half=half, **params)
    assert not app.exception
    return app


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "utc_now", lambda: moment)
    with transaction() as db:
        db.execute(update(Account).values(created_at=moment))


def is_red(app: AppTest) -> bool:
    return LATE in [str(one.value) for one in app.markdown]


@pytest.mark.parametrize(
    ("half", "now", "late"),
    [
        ("2025H2", at(2026, 2, 1), False),  # 01-31 is a Saturday: 02-02 counts
        ("2025H2", at(2026, 2, 2), False),
        ("2025H2", at(2026, 2, 3), True),
        ("2026H2", at(2027, 2, 1), False),  # 01-31 is a Sunday
        ("2026H2", at(2027, 2, 2), True),
        ("2026H1", at(2026, 7, 31), False),
        ("2026H1", at(2026, 8, 1), True),
    ],
)
def test_an_audit_is_late_after_the_day_that_counts_as_the_work_list_says(
    world: World, monkeypatch: pytest.MonkeyPatch, half: str, now: datetime, late: bool
) -> None:
    set_clock(monkeypatch, now)
    assert is_red(opened("agency_manager", half)) is late
    manager = world.actor("agency_manager", now)
    (task,) = [
        one
        for one in tasks_of(manager)
        if one.kind is TaskKind.AGENCY_AUDIT and one.key.endswith(half)
    ]
    assert (task.state is TaskState.OVERDUE) is late


@pytest.mark.parametrize(
    ("now", "late"), [(at(2026, 8, 31), False), (at(2026, 9, 1), True)], ids=("last day", "after")
)
def test_what_is_approved_is_late_after_the_day_of_sending(
    world: World, monkeypatch: pytest.MonkeyPatch, now: datetime, late: bool
) -> None:
    whole.approved_agency(world)
    set_clock(monkeypatch, now)
    assert is_red(opened("agency_manager", "2026H1")) is late


@pytest.mark.parametrize(
    ("half", "now", "late"),
    [
        ("2025H2", at(2026, 3, 1), False),  # 02-28 is a holiday, and a Saturday: 03-02 counts
        ("2025H2", at(2026, 3, 2), False),
        ("2025H2", at(2026, 3, 3), True),
        ("2026H2", at(2027, 3, 1), False),  # 02-28 is a Sunday, the day after makes up for it
        ("2026H2", at(2027, 3, 2), False),
        ("2026H2", at(2027, 3, 3), True),
    ],
)
def test_the_end_of_february_moves_past_the_holiday(half: str, now: datetime, late: bool) -> None:
    parsed = HalfYear.parse(half)
    today = local_date(now)
    assert is_late(parsed, AuditStatus.APPROVED, today) is late
    assert is_late(parsed, AuditStatus.PLANNED, today)
    assert not is_late(parsed, AuditStatus.SENT, today)


def test_both_days_are_shown_where_they_differ(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, at(2026, 2, 1))
    words = (
        "應於 115年1月31日 以前辦理（遇假日順延至 115年2月2日），"
        "115年2月28日 以前函送地政局（遇假日順延至 115年3月2日）"
    )
    app = opened("agency_manager", "2025H2")
    assert words in texts(app)
    assert words in texts(opened("reviewer", "2025H2"))  # above the list of all agencies
    owed = shown(app.dataframe[0])
    assert list(owed["季別"]) == ["114年第3季"] * 2 + ["114年第4季"] * 2
    moved = "115年1月31日（遇假日順延至 115年2月2日）"
    assert list(owed["期限"]) == ["114年10月31日"] * 2 + [moved] * 2
    assert list(owed["逾期天數"]) == ["93"] * 2 + [""] * 2
    assert list(owed["逾期自"]) == ["114年11月1日"] * 2 + ["－"] * 2
    assert set(owed["輪到誰"]) == {"單位主管或稽核人員"}


def test_what_a_unit_owes_says_whose_turn_it_is_and_leads_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is signed is late no more; one click on its row opens it, also where nobody has begun."""
    for unit, status in (("tax1", AuditStatus.RECEIVED), ("tax2", AuditStatus.SIGNED)):
        audit_of(world, unit, "2025Q3", status)
    audit_id = audit_of(world, "tax1", "2025Q4", AuditStatus.JUDGING).audit_id
    set_clock(monkeypatch, at(2026, 2, 3))
    owed = shown(opened("agency_manager", "2025H2").dataframe[0])
    found = {
        unit + quarter: (turn, since, days)
        for unit, quarter, turn, since, days in zip(
            *(owed[name] for name in ("單位", "季別", "輪到誰", "逾期自", "逾期天數")), strict=True
        )
    }
    late = ("單位主管或稽核人員", "115年2月3日", "1")
    assert found == {
        "大安分處114年第3季": ("－", "－", ""),
        "中山分處114年第3季": ("機關管理者", "－", ""),
        "大安分處114年第4季": late,
        "中山分處114年第4季": late,
    }
    rows = [unit + quarter for unit, quarter in zip(owed["單位"], owed["季別"], strict=True)]
    for name, there in (
        ("大安分處114年第4季", {"audit": str(audit_id)}),
        ("中山分處114年第4季", {"unit": "TAX-ZS", "quarter": "2025Q4"}),
    ):
        gone: list[tuple[str, dict[str, str]]] = []
        monkeypatch.setattr(
            st,
            "switch_page",
            lambda to, *, query_params, gone=gone: gone.append((to, query_params)),
        )
        app = opened("agency_manager", "2025H2")
        app.session_state["owed.open"] = {"row": rows.index(name), "label": "開啟"}
        app.run()
        assert gone == [("pages/sampler/page.py", there)]


def test_a_provisional_day_is_said_to_be_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, at(2028, 1, 31))
    app = opened("agency_manager", "2027H2")
    said = "（117 年辦公日曆表尚未公布，日期暫定）"
    assert f"應於 117年1月31日 以前辦理{said}，117年2月29日 以前函送地政局{said}" in texts(app)
    assert f"117年1月31日{said}" in list(shown(app.dataframe[0])["期限"])
    assert not is_red(app)
