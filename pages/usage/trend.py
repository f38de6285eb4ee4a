"""The main chart of 使用統計 and the numbers behind it."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from pages.shared.chart_style import ACCENT, Chart, chart, month_axis, safe, titled
from pages.shared.drawn import show_chart
from pages.shared.export import export_button
from pages.shared.tables import with_times
from services.actor import Actor
from services.regulation.periods import Month
from services.rocdate import roc_month
from services.usage.trends import MonthPoint

FAMILY = (
    "#123F69", "#1F5F99", "#3C80BE", "#6AA3D5", "#9CC4E6", "#0F6B6B", "#3F9C98", "#8CC8C3",
)  # fmt: skip
"""One family of blues and blue-greens, dark to light, for at most eight series."""
REST = "#C3CAD1"


def show_trend(actor: Actor, months: Sequence[str], points: Sequence[MonthPoint]) -> None:
    """Show the records by month, stacked by series, and the same as a table."""
    series = as_series(points)
    show_chart(
        trend_bars(months, series),
        key="usage_trend",
        alt="各月使用紀錄筆數的長條圖；數字在下方「各月數字」。",
    )
    # Its tables cost as much as the chart: they are made once somebody wants to see them.
    numbers = st.expander(
        "各月數字", icon=":material/table:", key="usage_numbers", on_change="rerun"
    )
    if numbers.open:
        with numbers:
            _show_numbers(actor, months, series)


def _show_numbers(actor: Actor, months: Sequence[str], series: dict[str, list[int]]) -> None:
    firsts = [Month.parse(month).first_day for month in months]
    st.dataframe(
        with_times({"月份": firsts, **series}, words={"月份": _month_words}),
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="localized") for name in series},
    )
    rows = [
        [roc_month(month), *(values[n] for values in series.values())]
        for n, month in enumerate(months)
    ]
    export_button(actor, "匯出各月數字", "使用統計-各月", ["月份", *series], rows)


def _month_words(first_day: date) -> str:
    return Month(first_day.year, first_day.month).label


def as_series(points: Sequence[MonthPoint]) -> dict[str, list[int]]:
    """Return the points by label, keeping their order; equal labels are told apart by their key."""
    labels: dict[str, str] = {}
    for point in points:
        taken = labels.get(point.label, point.key) != point.key
        labels.setdefault(f"{point.label}（{point.key}）" if taken else point.label, point.key)
    names = {key: label for label, key in labels.items()}
    series: dict[str, list[int]] = {}
    for point in points:
        series.setdefault(names[point.key], []).append(point.records)
    return series


def fold_rest(
    series: dict[str, list[int]], limit: int = len(FAMILY)
) -> tuple[dict[str, list[int]], list[int] | None]:
    """Return the first ``limit`` series and the sum of all others, month by month."""
    names = list(series)
    if len(names) <= limit:
        return series, None
    rest = [sum(values) for values in zip(*(series[name] for name in names[limit:]), strict=True)]
    return {name: series[name] for name in names[:limit]}, rest


def trend_bars(months: Sequence[str], series: dict[str, list[int]]) -> Chart:
    """Draw records by month, stacked by series (largest first, at most eight and 其他)."""
    shown, rest = fold_rest(series)
    family = FAMILY if len(shown) > 1 else (ACCENT,)
    bars = [(name, values, family[n]) for n, (name, values) in enumerate(shown.items())]
    if rest is not None:
        bars.append((f"其他 {len(series) - len(shown):,} 項", rest, REST))
    labels = [roc_month(month) for month in months]
    traces = [
        {
            "type": "bar",
            "x": labels,
            "y": values,
            "name": safe(name),
            "marker": {"color": colour, "line": {"color": "white", "width": 0.5}},
            "hovertemplate": "%{y:,} 筆",
        }
        for name, values, colour in bars
    ]
    made = chart(
        traces,
        x=month_axis(months),
        y=titled("筆數") | {"tickformat": ",", "rangemode": "tozero"},
        height=380,
        barmode="stack",
        hovermode="x unified",
        showlegend=len(bars) > 1,
    )
    made["layout"]["legend"]["traceorder"] = "normal"
    return made
