"""使用統計 as people meet it: filters that live in the address, drill-down, refusals, empty states."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from services.usage.sums import Breakdown
from tests.staged import Stage
from tests.world import NOW, World, at

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture
def busy(stage: Stage, world: World) -> World:
    """Thirteen months of use: the clerk's unit jumps in October."""
    return stage.add(world, busy_world)


def busy_world(world: World) -> World:
    months = [(2025, month) for month in range(1, 13)] + [(2026, month) for month in range(1, 11)]
    for year, month in months:
        for who, times in (("clerk", 4), ("clerk2", 3), ("clerk_tax2", 2), ("works_clerk", 1)):
            jump = 40 if (who, year, month) == ("clerk", 2026, 10) else 0
            moments = [at(year, month, 1 + n % 28) for n in range(times + jump)]
            world.use(who, *moments, item="LandOwnership" if who == "clerk" else "CadastralMap")
    world.use("clerk2", at(2026, 10, 3), at(2026, 10, 4), action="print")
    return world


@pytest.fixture
def visit(world: World) -> Open:
    def open_page(who: str, now: datetime = NOW, **params: Any) -> AppTest:
        page = AppTest.from_file(str(ROOT / "pages" / "usage" / "page.py"), default_timeout=30)
        actor = world.actor(who, now)
        page.session_state["refresh_actor"] = lambda: actor
        page.session_state["session_clock"] = lambda: now
        for name, value in params.items():
            page.query_params[name.rstrip("_")] = value
        return checked(page.run())

    return open_page


def checked(page: AppTest) -> AppTest:
    assert not page.exception, [error.value for error in page.exception]
    return page


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def words(page: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*page.markdown, *page.caption))


def address(page: AppTest) -> dict[str, list[str]]:
    return {
        name: [value] if isinstance(value, str) else list(value)
        for name, value in page.query_params.items()
    }


def widget(page: AppTest, name: str) -> Any:
    found = [part for part in (*page.selectbox, *page.multiselect) if part.label == name]
    assert len(found) == 1, (
        f"{name}: {[part.label for part in (*page.selectbox, *page.multiselect)]}"
    )
    return found[0]


def press(page: AppTest, label: str) -> AppTest:
    button = next(button for button in page.button if button.label == label)
    return checked(button.click().run())


def tables(page: AppTest) -> list[list[str]]:
    return [list(frame.value.columns) for frame in page.dataframe]


def test_the_first_screen_of_an_agency(busy: World, visit: Open) -> None:
    page = visit("agency_manager")
    # 12 months of 4 + 3 + 2, the jump of 40 and two prints, against 9 a month before.
    assert metrics(page)["使用紀錄"] == "150 筆"
    assert metrics(page)["最忙的月份"] == "115年10月"
    assert "大安分處 115年10月 49 筆，平常每月 7 筆" in words(page).replace("\\", "")
    assert widget(page, "起始月份").value == "2025-11"
    assert widget(page, "結束月份").value == "2026-10"
    assert address(page) == {}
    assert [frame[0] for frame in tables(page)] == ["單位", "查詢項目"]
    assert list(page.dataframe[0].value["筆數"]) == [126, 24]
    # One agency has nothing to choose among agencies or systems.
    labels = [part.label for part in page.multiselect]
    assert labels == ["單位", "查詢項目", "作業別"]


def test_the_change_is_left_out_when_the_time_before_is_not_whole(busy: World, visit: Open) -> None:
    page = visit("agency_manager")
    assert metrics(page)["與前期相比"] == "－"
    assert "前期筆數" not in tables(page)[1]
    page = visit("agency_manager", from_="2026-09", to="2026-10")
    assert metrics(page)["與前期相比"] == "+233.3%"
    assert "前期筆數" in tables(page)[1]


def test_an_address_reproduces_the_page(busy: World, visit: Open) -> None:
    asked = {
        "from": ["2026-01"],
        "to": ["2026-10"],
        "agency": ["TAX"],
        "unit": ["TAX-DAAN"],
        "item": ["CadastralMap", "LandOwnership"],
        "action": ["print"],
        "by": ["action"],
    }
    page = visit(
        "system_manager", **{name.replace("from", "from_"): v for name, v in asked.items()}
    )
    assert metrics(page)["使用紀錄"] == "2 筆"
    assert address(page) == asked
    again = visit(
        "system_manager", **{n.replace("from", "from_"): v for n, v in address(page).items()}
    )
    assert metrics(again) == metrics(page)
    assert words(again) == words(page)


def test_a_choice_is_in_the_address_and_reset_takes_it_out(busy: World, visit: Open) -> None:
    page = visit("agency_manager")
    checked(widget(page, "單位").select("TAX-ZS").run())
    assert address(page) == {
        "from": ["2025-11"],
        "to": ["2026-10"],
        "unit": ["TAX-ZS"],
        "by": ["unit"],
    }
    assert metrics(page)["使用紀錄"] == "24 筆"
    press(page, "重設")
    assert address(page) == {}
    assert metrics(page)["使用紀錄"] == "150 筆"


def test_a_unit_chosen_shows_its_people(busy: World, visit: Open) -> None:
    page = visit("agency_manager", unit="TAX-DAAN")
    assert "每月使用人數" in metrics(page)
    people = page.dataframe[1].value
    assert list(people["筆數"]) == [88, 38]
    assert list(people["列印"]) == [0, 2]
    assert all("（clerk" in name for name in people["姓名（帳號）"])
    assert "共 2 人" in words(page)


def test_the_notable_unit_is_one_click_away(busy: World, visit: Open) -> None:
    page = press(visit("system_manager"), "看這個單位")
    assert address(page)["unit"] == ["TAX-DAAN"]
    assert address(page)["by"] == ["item"]
    assert metrics(page)["使用紀錄"] == "126 筆"


def test_choosing_an_agency_drops_units_of_others(busy: World, visit: Open) -> None:
    page = visit("system_manager", unit=["TAX-ZS", "PWD-LAND"])
    assert metrics(page)["使用紀錄"] == "36 筆"
    checked(widget(page, "機關").select("PWD").run())
    assert widget(page, "單位").value == ["PWD-LAND"]
    assert metrics(page)["使用紀錄"] == "12 筆"


@pytest.mark.parametrize("kind", Breakdown)
def test_every_break_down_draws(busy: World, visit: Open, kind: Breakdown) -> None:
    page = visit("system_manager", by=kind.value)
    assert metrics(page)["使用紀錄"] == "162 筆"
    if kind is Breakdown.SOURCE:
        # There is one system only, so there is nothing to break down by.
        assert "「source」不存在" in page.warning[0].value
    else:
        assert not page.warning
        page.session_state["usage_numbers"] = True
        monthly_table = checked(page.run()).dataframe[0].value
        assert int(monthly_table.drop(columns="月份").to_numpy().sum()) == 162


@pytest.mark.parametrize(
    "params",
    [
        {"unit": "PWD-LAND"},
        {"unit": "NO-SUCH"},
        {"agency": "PWD"},
        {"from_": "2026-13"},
        {"by": "person"},
        {"item": ["LandOwnership'--", "<b>"]},
    ],
)
def test_what_the_address_may_not_say_is_named_and_ignored(
    busy: World, visit: Open, params: dict[str, Any]
) -> None:
    page = visit("agency_manager", **params)
    assert "不存在或不在您的權限範圍內" in page.warning[0].value
    assert metrics(page)["使用紀錄"] == "150 筆"
    assert address(page) == {}


def test_months_the_wrong_way_round_get_a_sentence_and_can_be_repaired(
    busy: World, visit: Open
) -> None:
    page = visit("agency_manager", from_="2026-09", to="2026-03")
    assert "起始月份（115年9月）晚於結束月份（115年3月）" in page.error[0].value
    assert not page.metric
    checked(widget(page, "結束月份").select("2026-10").run())
    assert not page.error
    assert metrics(page)["使用紀錄"] == "60 筆"


def test_a_month_that_is_not_over_is_named(busy: World, visit: Open) -> None:
    page = visit("head", to="2026-11")
    assert "115年11月尚未結束" in words(page)


def test_filters_without_records_say_what_to_do(busy: World, visit: Open) -> None:
    page = visit("agency_manager", item="OwnerHoldings")
    assert "放寬條件" in page.info[0].value
    assert not page.dataframe
    press(page, "重設")
    assert metrics(page)["使用紀錄"] == "150 筆"


def test_nothing_recorded_yet(world: World, visit: Open) -> None:
    page = visit("agency_manager")
    assert "還沒有使用紀錄" in page.info[0].value
    assert not page.metric


def test_only_the_running_month_has_records(world: World, visit: Open) -> None:
    world.use("clerk", at(2026, 11, 2))
    page = visit("head")
    assert metrics(page)["使用紀錄"] == "1 筆"
    assert widget(page, "起始月份").value == widget(page, "結束月份").value == "2026-11"


def test_a_clerk_is_refused_even_without_the_router(busy: World, visit: Open) -> None:
    page = visit("clerk")
    assert "沒有「檢視使用統計」的權限" in page.error[0].value
    assert not page.metric


def test_without_sign_in_there_is_nothing(world: World) -> None:
    page = AppTest.from_file(str(ROOT / "pages" / "usage" / "page.py"), default_timeout=30).run()
    assert "請先登入" in page.error[0].value
    assert not page.metric
