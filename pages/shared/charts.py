"""Population and sample as bars, by month and by person: plain charts without any st call."""

from collections.abc import Sequence
from typing import Any

from pages.shared.chart_style import ACCENT, PALE, Chart, chart, month_axis, safe, short, titled
from services.rocdate import roc_month


def month_bars(
    months: Sequence[str], values: Sequence[int], sample: Sequence[int] | None = None
) -> Chart:
    """Draw the population's records by month; with ``sample``, the drawn ones over them.

    The sample's bars are enlarged by the sampling fraction, so that a sample in exact proportion
    fills the population's bars exactly: what sticks out or falls short is the difference.
    """
    labels = [roc_month(month) for month in months]
    bars = [
        {
            "type": "bar",
            "x": labels,
            "y": lengths,
            "name": name,
            "customdata": counts,
            "hovertemplate": "%{x} %{customdata} 筆<extra></extra>",
            **look,
        }
        for name, lengths, counts, look in _layers(values, sample, range(len(labels)))
    ]
    return chart(
        bars,
        x=month_axis(months),
        y=titled("筆數") | _count_axis(values, sample),
        height=300,
        barmode="overlay",
        showlegend=sample is not None,
    )


def person_bars(
    names: Sequence[str],
    values: Sequence[int],
    sample: Sequence[int] | None = None,
    limit: int = 25,
) -> Chart:
    """Draw records by person, in the order given, the first ``limit`` people.

    The sample's bars are enlarged as in `month_bars`.
    """
    rows = range(min(limit, len(names)))
    left_out = len(names) - len(rows)
    title = "筆數"
    if left_out:
        title += f"（另有 {left_out:,} 人共 {sum(values[len(rows) :]):,} 筆未畫出）"
    bars = [
        {
            "type": "bar",
            "y": list(rows),
            "x": lengths,
            "name": name,
            "orientation": "h",
            "customdata": counts,
            "hovertext": [safe(names[row]) for row in rows],
            "hovertemplate": "%{hovertext} %{customdata} 筆<extra></extra>",
            **look,
        }
        for name, lengths, counts, look in _layers(values, sample, rows)
    ]
    # Rows are numbered and not named: two people can have the same label.
    people = {
        "tickmode": "array",
        "tickvals": list(rows),
        "ticktext": [safe(short(names[row])) for row in rows],
        "autorange": "reversed",
        "showgrid": False,
    }
    return chart(
        bars,
        x=titled(title) | _count_axis(values, sample),
        y=people,
        height=90 + 24 * max(len(rows), 3),
        barmode="overlay",
        showlegend=sample is not None,
    )


def _layers(
    values: Sequence[int], sample: Sequence[int] | None, rows: Sequence[int]
) -> list[tuple[str, list[float], list[str], dict[str, Any]]]:
    """Return for population and sample: name, lengths, counts in words, and look."""
    shown = {"textposition": "outside", "cliponaxis": False, "constraintext": "none"}
    counts = [f"{values[row]:,}" for row in rows]
    lengths = [float(values[row]) for row in rows]
    if sample is None:
        look = {"marker": {"color": ACCENT}, "text": counts, **shown}
        return [("母體", lengths, counts, look)]
    drawn = [f"{sample[row]:,}" for row in rows]
    factor = _enlarged_by(values, sample)
    enlarged = [sample[row] * factor for row in rows]
    return [
        (f"母體 {sum(values):,} 筆", lengths, counts, {"marker": {"color": PALE}}),
        (
            f"樣本 {sum(sample):,} 筆（依抽出比例放大）",
            enlarged,
            [f"抽出 {count}" for count in drawn],
            {"marker": {"color": ACCENT}, "width": 0.36, "text": drawn, **shown},
        ),
    ]


def _enlarged_by(values: Sequence[int], sample: Sequence[int]) -> float:
    return sum(values) / sum(sample) if sum(sample) else 0.0


def _count_axis(values: Sequence[int], sample: Sequence[int] | None) -> dict[str, Any]:
    """Return an axis from 0 to a little above the longest bar, marked in whole numbers only."""
    top = float(max(values, default=0))
    if sample is not None:
        top = max(top, max(sample, default=0) * _enlarged_by(values, sample))
    axis: dict[str, Any] = {"tickformat": ",", "range": [0, 1.12 * (top or 1.0)]}
    return axis | ({"dtick": 1} if top < 6 else {})
