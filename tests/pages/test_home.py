"""待辦 on screen: what is owed first and what is overdue before it, each one click from its place."""

import re
from datetime import datetime
from itertools import pairwise

import pytest
from sqlalchemy import func, select, update
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Account, Event, Reminder, Unit
from services import clock
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from tests.pages.browsing import open_app, open_page, texts
from tests.services.leaving.told import record
from tests.services.schedule.rows import audit_of
from tests.world import World, at

EMPTY = "目前沒有您要辦理的事項"
DAY = "應於 115年10月31日 以前完成（遇假日順延至 115年11月2日）"


@pytest.fixture(autouse=True)
def reviews_in_time(world: World) -> None:
    """Nobody's access review is due: the accounts are new."""
    with transaction() as db:
        db.execute(update(Account).values(created_at=at(2026, 11, 1)))


@pytest.fixture
def sent(world: World) -> None:
    """The newest half-year is with the bureau: of the units only the quarter after it is due."""
    audit_of(world, "tax", "2026H1", AuditStatus.SENT, kind=AuditKind.AGENCY)


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "utc_now", lambda: moment)


def lines(app: AppTest) -> list[tuple[str, str]]:
    """Return colour and words of every task, in the order of the screen."""
    shown = [str(one.value) for one in app.markdown]
    found = []
    for badge, words in pairwise(shown):
        if match := re.fullmatch(r":(\w+)-badge\[(\S+)(?: [\d,]+ 天)?\]", badge):
            found.append((f"{match[1]} {match[2]}", words))
    return found


def links(app: AppTest, module: str) -> list[str]:
    return [one.proto.query_string for one in app.get("page_link") if module in one.proto.page]


def test_who_audits_is_led_to_the_step_that_is_next(world: World, sent: None) -> None:
    audit_of(world, "tax1", "2026Q3", AuditStatus.JUDGING, sample=3, judged=1)
    app = open_app("head")
    [(state, words)] = lines(app)
    assert state == "red 逾期"
    assert words.startswith(
        "**臺北市稅捐稽徵處 大安分處 115年第3季單位稽核**　查核中，尚有 2 筆待判定"
    )
    assert words.endswith(DAY)
    assert links(app, "audit_sampler") == ["unit=TAX-DAAN&quarter=2026Q3&step=judge"]
    # Others see the same as something they wait for; they have nothing to do.
    other = open_app("unit_manager")
    assert EMPTY in texts(other) and "等待他人" in texts(other)
    assert [state for state, _ in lines(other)] == ["red 逾期"]
    assert f"尚未簽核，等待單位主管或稽核人員辦理，{DAY}" in lines(other)[0][1]


@pytest.mark.parametrize(
    ("moment", "state"),
    [(at(2026, 11, 2), "orange 待辦"), (at(2026, 11, 3), "red 逾期")],
    ids=("on the working day that counts", "the day after"),
)
def test_red_begins_after_the_day_that_counts(
    world: World, sent: None, monkeypatch: pytest.MonkeyPatch, moment: datetime, state: str
) -> None:
    set_clock(monkeypatch, moment)
    app = open_app("head")
    assert [one for one, _ in lines(app)] == [state]
    on_screen = [str(one.value) for one in app.markdown]
    assert (":red-badge[逾期 1 天]" in on_screen) is (state == "red 逾期")
    there = open_page("head", "audit_sampler", unit="TAX-DAAN", quarter="2026Q3")
    assert DAY in texts(there)
    badges = [str(one.value) for one in there.markdown]
    assert (":red-badge[逾期 1 天]" in badges) is (state == "red 逾期")


def test_overdue_comes_first_then_what_is_due_then_what_waits(world: World) -> None:
    audit_of(world, "tax1", "2026Q2", AuditStatus.JUDGING)
    audit_of(world, "tax1", "2026Q1", AuditStatus.SIGNED)
    record(world, "head", day=at(2026, 12, 1).date(), by="unit_manager")
    app = open_app("head")
    assert [state for state, _ in lines(app)][:3] == ["red 逾期", "red 逾期", "orange 待辦"]
    words = [words for _, words in lines(app)]
    assert "115年第2季" in words[0] and "115年第3季" in words[1] and "115年12月1日" in words[2]
    assert "115年第1季單位稽核**　已簽核，待機關管理者收存" in words[3]
    assert len(words) == 4


def test_many_of_a_kind_are_one_line_with_their_number(world: World, sent: None) -> None:
    with transaction() as db:
        for number in range(6):
            agency = world.agencies["tax"]
            db.add(Unit(agency_id=agency, code=f"TAX-{number}", name=f"第{number}分處"))
    app = open_app("agency_manager")
    folded = [words for _, words in lines(app) if "單位稽核" in words]
    assert len(folded) == 1
    assert folded[0].startswith("**8 個單位的115年第3季單位稽核尚未簽核**")
    assert "等待單位主管或稽核人員辦理" in folded[0]
    assert links(app, "audit_sampler") == ["quarter=2026Q3"]


def test_what_is_to_be_received_leads_to_where_it_is_received_together(world: World) -> None:
    with transaction() as db:
        agency = world.agencies["tax"]
        for number in range(6):
            unit = Unit(agency_id=agency, code=f"TAX-{number}", name=f"第{number}分處")
            db.add(unit)
            db.flush()
            world.units[f"more{number}"] = unit.id
    for number in range(6):
        audit_of(world, f"more{number}", "2026Q3", AuditStatus.SIGNED)
    app = open_app("agency_manager")
    folded = [words for _, words in lines(app) if "待收存" in words]
    assert len(folded) == 1
    assert folded[0].startswith("**6 個單位的115年第3季單位稽核已簽核，待收存**")
    assert links(app, "agency_audit").count("agency=TAX&half=2026H2") == 1


def test_an_agency_audit_moves_from_hand_to_hand(world: World) -> None:
    def told(who: str) -> list[tuple[str, str]]:
        found = [(state, words) for state, words in lines(open_app(who)) if "機關稽核" in words]
        return [(state, words.partition("　")[2].partition("，應於")[0]) for state, words in found]

    for who in ("agency_manager", "ethics"):
        assert told(who) == [("red 逾期", "未開始，待凍結母體")]
    audit_of(world, "tax", "2026H1", AuditStatus.SIGNED, kind=AuditKind.AGENCY)
    assert told("agency_head") == [("red 逾期", "已簽核，待機關首長核定")]
    assert EMPTY in texts(open_app("ethics"))


def test_who_owes_nothing_is_told_so_and_nothing_is_written(world: World) -> None:
    def written() -> int:
        with reading() as db:
            return sum(
                db.scalar(select(func.count()).select_from(table)) or 0
                for table in (Event, Reminder)
            )

    before = written()
    for who in ("clerk", "system_manager"):
        app = open_app(who)
        assert not app.exception
        if who == "clerk":
            assert EMPTY in texts(app) and lines(app) == []
    # Signing in writes its own events; opening the page again writes none.
    after = written()
    app.run()
    assert written() == after >= before


def test_other_peoples_words_are_shown_as_they_stand(world: World, sent: None) -> None:
    with transaction() as db:
        db.get_one(Unit, world.units["tax1"]).name = "**[分處](http://x.tw)**"
    [(_, words)] = lines(open_app("head"))
    assert r"\*\*\[分處\]\(" in words


def test_a_provisional_day_is_said_to_be_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, at(2028, 1, 31))
    with transaction() as db:
        db.execute(update(Account).values(created_at=at(2028, 1, 1)))
    [words] = [words for _, words in lines(open_app("auditor")) if "116年第4季" in words]
    assert "應於 117年1月31日 以前完成（117 年辦公日曆表尚未公布，日期暫定）" in words
