"""The list of 稽核抽樣: every unit × quarter with how late it is; filters in the address; the way back."""

import pytest
from streamlit.testing.v1 import AppTest

from services.regulation.audit_states import AuditStatus
from tests.pages.browsing import open_page, shown, texts
from tests.services.schedule.rows import audit_of
from tests.staged import Stage
from tests.world import World, at

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def city(stage: Stage, world: World) -> World:
    return stage.add(world, late_world)


def late_world(world: World) -> World:
    """The tax office's first unit owes the second and third quarter, its second unit the first as well."""
    for who in ("clerk", "clerk_tax2", "works_clerk"):
        world.use(who, at(2026, 1, 5), at(2026, 5, 5), at(2026, 8, 5))
    audit_of(world, "tax1", "2026Q1", AuditStatus.RECEIVED)
    audit_of(world, "tax2", "2026Q2", AuditStatus.SIGNED)
    return world


def listed(app: AppTest) -> list[tuple[str, str, str]]:
    assert not app.exception and not app.error
    table = shown(app.dataframe[0])
    return list(zip(table["季別"], table["單位"], table["逾期天數"], strict=True))


def tick(app: AppTest, place: int) -> AppTest:
    """Tick a row, as the browser does."""
    app.session_state[str(app.dataframe[0].key)] = {"selection": {"rows": [place]}}
    app.run().run()
    assert not app.exception
    return app


def back(app: AppTest) -> AppTest:
    next(button for button in app.button if button.label == "回到清單").click().run()
    assert not app.exception
    return app


DAYS = {"115年第1季": "207", "115年第2季": "115", "115年第3季": "21"}
OPEN = [
    ("115年第1季", "中山分處"), ("115年第2季", "大安分處"), ("115年第3季", "大安分處"), ("115年第3季", "中山分處"),
]  # fmt: skip


def test_the_list_names_every_quarter_that_is_owed_the_oldest_first(city: World) -> None:
    audit_of(city, "tax1", "2026Q3", AuditStatus.JUDGING, sample=3, judged=1)
    app = open_page("agency_manager", "audit_sampler")
    assert listed(app) == [(quarter, unit, DAYS[quarter]) for quarter, unit in OPEN]
    table = shown(app.dataframe[0]).iloc[2]
    assert [table[name] for name in ("狀態", "紀錄", "樣本", "已判定", "缺失")] == [
        "查核中", "3", "3", "1", "0",
    ]  # fmt: skip
    assert table["期限"] == "115年11月2日"
    badges = [one.value for one in app.markdown]
    assert any("逾期 4" in badge for badge in badges)
    assert dict(app.query_params) == {}


def test_filters_live_in_the_address_and_are_there_on_the_way_back(city: World) -> None:
    given = {"state": "all", "quarter": "2026Q2", "agency": "TAX"}
    app = open_page("reviewer", "audit_sampler", **given)
    assert [unit for _, unit, _ in listed(app)] == ["大安分處", "中山分處"]
    assert "應於 115年7月31日 以前完成" in texts(app)
    tick(app, 0)
    there = {name: app.query_params[name] for name in ("unit", "quarter", "of", "state", "agency")}
    assert there == {
        "unit": "TAX-DAAN", "quarter": "2026Q2", "of": "2026Q2", "state": "all", "agency": "TAX",
    }  # fmt: skip
    assert app.subheader[0].value == "臺北市稅捐稽徵處 大安分處．115年第2季"
    cold = open_page("reviewer", "audit_sampler", **there)
    assert cold.subheader[0].value == app.subheader[0].value
    back(cold)
    assert {name: cold.query_params[name] for name in given} == given
    assert [unit for _, unit, _ in listed(cold)] == ["大安分處", "中山分處"]
    late = open_page("agency_manager", "audit_sampler", state="late", quarter="2026Q3")
    assert [unit for _, unit, _ in listed(late)] == ["大安分處", "中山分處"]
    done = open_page("agency_manager", "audit_sampler", state="done")
    assert [quarter for quarter, _, _ in listed(done)] == ["115年第1季", "115年第2季"]


def test_whoever_looks_after_one_unit_is_told_of_the_quarters_before(city: World) -> None:
    app = open_page("auditor", "audit_sampler")
    assert app.subheader[0].value == "臺北市稅捐稽徵處 大安分處．115年第3季"
    assert "較早的 1 季尚未簽核" in texts(app)
    links = [
        one.proto for one in app.get("page_link") if "quarter=2026Q2" in one.proto.query_string
    ]
    assert [link.label for link in links] == ["115年第2季（未開始，逾期 115 天）"]
    back(app)
    assert listed(app) == [(q, unit, DAYS[q]) for q, unit in OPEN if unit == "大安分處"]
    assert app.query_params["view"] == "list"
    tick(app, 0)
    assert app.subheader[0].value == "臺北市稅捐稽徵處 大安分處．115年第2季"
    assert "較早的" not in texts(app)
