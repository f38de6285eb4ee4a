"""The shared figures: what is drawn is what was counted, and other people's names stay text."""

import json
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.shared.chart_style import Chart
from pages.shared.charts import month_bars, person_bars
from pages.shared.drawn import Checked
from pages.usage.trend import as_series, fold_rest, trend_bars
from services.usage.trends import MonthPoint

MONTHS = ["2026-07", "2026-08", "2026-09"]


def drawn(chart: Chart) -> list[dict[str, Any]]:
    """Return the bars of a chart as Plotly's own JSON holds them, after Plotly has checked it."""
    traces: list[dict[str, Any]] = json.loads(go.Figure(chart).to_json())["data"]
    return traces


@pytest.mark.parametrize(
    "chart",
    [
        month_bars(MONTHS, [3, 0, 1]),
        month_bars(MONTHS, [3, 0, 1], [1, 0, 1]),
        person_bars(["王（a）", "林<b>"], [3, 2]),
        person_bars(["王（a）", "林<b>"], [3, 2], [1, 1], limit=1),
        trend_bars(MONTHS, {f"單位{n}": [n, n, n] for n in range(11)}),
        trend_bars(MONTHS, {"使用紀錄": [1, 2, 3]}),
    ],
)
def test_a_chart_is_shown_as_plotly_itself_would_send_it(chart: Chart) -> None:
    """Its check of every property is left out on the page, and made here of each kind of chart."""
    assert Checked(chart).to_dict() == go.Figure(chart).to_dict()


def test_population_alone() -> None:
    (bars,) = drawn(month_bars(MONTHS, [14_000, 0, 1_234]))
    assert bars["x"] == ["115年7月", "115年8月", "115年9月"]
    assert bars["y"] == [14_000, 0, 1_234]
    assert bars["text"] == ["14,000", "0", "1,234"]


def test_a_proportional_sample_fills_the_population_exactly() -> None:
    population, sample = drawn(month_bars(MONTHS, [1000, 2000, 3000], [10, 20, 30]))
    assert sample["y"] == pytest.approx(population["y"])
    assert sample["text"] == ["10", "20", "30"]
    assert (population["name"], sample["name"]) == (
        "母體 6,000 筆",
        "樣本 60 筆（依抽出比例放大）",
    )


def test_a_sample_out_of_proportion_sticks_out_and_still_fits_the_chart() -> None:
    figure = month_bars(MONTHS, [1000, 1000, 1000], [28, 1, 1])
    _, sample = drawn(figure)
    assert sample["y"] == pytest.approx([2800, 100, 100])
    assert figure["layout"]["yaxis"]["range"][1] > 2800


def test_people_beyond_the_limit_are_counted_in_words() -> None:
    figure = person_bars([f"人{n}" for n in range(30)], [100] * 30, limit=25)
    (bars,) = drawn(figure)
    assert len(bars["x"]) == len(figure["layout"]["yaxis"]["ticktext"]) == 25
    assert figure["layout"]["xaxis"]["title"]["text"] == "筆數（另有 5 人共 500 筆未畫出）"


def test_the_enlargement_of_people_counts_those_left_out() -> None:
    _, sample = drawn(person_bars(["甲", "乙", "丙"], [100, 60, 40], [10, 6, 4], limit=2))
    assert sample["x"] == pytest.approx([100, 60])


def test_names_are_text_and_never_markup() -> None:
    evil = '<a href="https://example.com">王</a>'
    figures = (
        person_bars([evil], [3], [1]),
        trend_bars(MONTHS, {evil: [1, 2, 3], "乙": [1, 1, 1]}),
    )
    for figure in figures:
        text = json.dumps(figure, ensure_ascii=False)
        assert "<a" not in text
        assert "&lt;a" in text


def test_two_people_with_the_same_label_keep_a_bar_each() -> None:
    (bars,) = drawn(person_bars(["王（a）", "王（a）"], [3, 2]))
    assert bars["y"] == [0, 1]


@pytest.mark.parametrize("values", [[], [0, 0, 0]])
def test_nothing_to_draw(values: list[int]) -> None:
    months = MONTHS[: len(values)]
    assert drawn(month_bars(months, values, values))[0]["y"] == values
    assert drawn(person_bars(["人"] * len(values), values))[0]["x"] == values


def test_the_year_stands_under_the_first_month_and_under_january() -> None:
    months = ["2025-11", "2025-12", "2026-01", "2026-02"]
    axis = trend_bars(months, {"使用紀錄": [1, 2, 3, 4]})["layout"]["xaxis"]
    assert axis["ticktext"] == ["11月<br>114年", "12月", "1月<br>115年", "2月"]


def test_many_months_share_the_axis() -> None:
    months = [f"{year}-{month:02d}" for year in range(2017, 2027) for month in range(1, 13)]
    figure = trend_bars(months, {"使用紀錄": list(range(120))})
    assert len(figure["layout"]["xaxis"]["ticktext"]) == 24
    assert len(drawn(figure)[0]["x"]) == 120


@given(
    st.integers(1, 20).flatmap(
        lambda months: st.lists(
            st.lists(st.integers(0, 999), min_size=months, max_size=months), max_size=15
        )
    )
)
def test_folding_loses_no_record(values: list[list[int]]) -> None:
    series = {f"s{n}": row for n, row in enumerate(values)}
    shown, rest = fold_rest(series)
    assert len(shown) <= 8
    assert (rest is None) == (len(series) <= 8)
    total = sum(map(sum, shown.values())) + sum(rest or [])
    assert total == sum(map(sum, values))


def test_at_most_eight_series_and_the_rest() -> None:
    bars = drawn(trend_bars(MONTHS, {f"單位{n}": [n, n, n] for n in range(11)}))
    assert len(bars) == 9
    assert bars[-1]["name"] == "其他 3 項"
    assert bars[-1]["y"] == [27, 27, 27]
    assert len({trace["marker"]["color"] for trace in bars}) == 9


def test_series_with_the_same_name_are_told_apart() -> None:
    points = [
        MonthPoint("2026-07", key, "秘書室", records) for key, records in (("A", 1), ("B", 2))
    ]
    assert as_series(points) == {"秘書室": [1], "秘書室（B）": [2]}
