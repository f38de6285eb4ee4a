"""How charts look here, once: plain Plotly figures without any st call, and their one style."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from services.rocdate import roc_month

ACCENT = "#1F5F99"
PALE = "#C4D8EA"
GRID = "#E6EBF0"
MOST_TICKS = 24
LONGEST_NAME = 22


def style(figure: go.Figure, height: int = 340) -> go.Figure:
    """Give ``figure`` the look of the house and return it."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        font={"size": 13, "color": "#1B2733"},
        hoverlabel={"bgcolor": "white", "font": {"size": 13, "color": "#1B2733"}},
        separators=".,",
        bargap=0.28,
        dragmode=False,
        modebar={
            "remove": [
                "toimage",
                "zoom",
                "pan",
                "select",
                "lasso",
                "zoomin",
                "zoomout",
                "autoscale",
                "resetscale",
            ]
        },
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    figure.update_xaxes(fixedrange=True, automargin=True, gridcolor=GRID, title_standoff=8)
    figure.update_yaxes(fixedrange=True, automargin=True, gridcolor=GRID, title_standoff=8)
    return figure


def month_bars(
    months: Sequence[str], values: Sequence[int], sample: Sequence[int] | None = None
) -> go.Figure:
    """Draw the population's records by month; with ``sample``, the drawn ones over them.

    The sample has its own scale on the right, set so that a sample in exact proportion fills the
    bars exactly: what sticks out or falls short is the difference between sample and population.
    """
    labels = [roc_month(month) for month in months]
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=list(values),
            name="母體",
            marker={"color": ACCENT if sample is None else PALE},
            text=[f"{value:,}" for value in values],
            textposition="outside" if sample is None else "none",
            cliponaxis=False,
            hovertemplate="%{x} 母體 %{y:,} 筆<extra></extra>",
        )
    )
    top, sample_top = _proportional_tops(values, sample)
    figure.update_yaxes(title="母體筆數", tickformat=",", range=[0, top])
    if sample is not None:
        figure.add_bar(
            x=labels,
            y=list(sample),
            name="樣本",
            yaxis="y2",
            width=0.32,
            marker={"color": ACCENT},
            text=[f"{value:,}" for value in sample],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x} 抽出 %{y:,} 筆<extra></extra>",
        )
        figure.update_layout(
            barmode="overlay",
            yaxis2={"overlaying": "y", "side": "right", "showgrid": False, "title": "抽出筆數"},
        )
        figure.update_layout(yaxis2_range=[0, sample_top], yaxis2_tickformat=",")
    figure.update_layout(showlegend=sample is not None)
    month_axis(figure, months)
    return style(figure, 300)


def person_bars(
    names: Sequence[str],
    values: Sequence[int],
    sample: Sequence[int] | None = None,
    limit: int = 25,
) -> go.Figure:
    """Draw records by person, in the order given, the first ``limit`` people.

    The sample has its own scale on top, proportional as in `month_bars`.
    """
    rows = list(range(min(limit, len(names))))
    left_out = len(names) - len(rows)
    title = "母體筆數"
    if left_out:
        title += f"（另有 {left_out:,} 人共 {sum(values[len(rows) :]):,} 筆未畫出）"
    full = [safe(names[row]) for row in rows]
    figure = go.Figure(
        go.Bar(
            y=rows,
            x=[values[row] for row in rows],
            name="母體",
            orientation="h",
            customdata=full,
            marker={"color": ACCENT if sample is None else PALE},
            text=[f"{values[row]:,}" for row in rows],
            textposition="outside" if sample is None else "none",
            cliponaxis=False,
            hovertemplate="%{customdata} 母體 %{x:,} 筆<extra></extra>",
        )
    )
    top, sample_top = _proportional_tops(values, sample)
    figure.update_xaxes(title=title, tickformat=",", range=[0, top])
    if sample is not None:
        figure.add_bar(
            y=rows,
            x=[sample[row] for row in rows],
            name="樣本",
            orientation="h",
            xaxis="x2",
            width=0.32,
            customdata=full,
            marker={"color": ACCENT},
            hovertemplate="%{customdata} 抽出 %{x:,} 筆<extra></extra>",
        )
        figure.update_layout(
            barmode="overlay",
            xaxis2={"overlaying": "x", "side": "top", "showgrid": False, "title": "抽出筆數"},
        )
        figure.update_layout(xaxis2_range=[0, sample_top], xaxis2_tickformat=",")
    figure.update_layout(showlegend=sample is not None)
    figure.update_yaxes(
        tickmode="array",
        tickvals=rows,
        ticktext=[safe(_short(names[row])) for row in rows],
        autorange="reversed",
        showgrid=False,
    )
    style(figure, 110 + 24 * max(len(rows), 3))
    if sample is not None:
        figure.update_layout(margin_t=64, legend_y=1.12)
    return figure


def _proportional_tops(values: Sequence[int], sample: Sequence[int] | None) -> tuple[float, float]:
    """Return the ends of both scales, so that equal shares are drawn equally long."""
    most = float(max(values, default=0))
    fraction = sum(sample) / sum(values) if sample and sum(values) else 0.0
    if sample and fraction:
        most = max(most, max(sample) / fraction)
    top = 1.12 * (most or 1.0)
    return top, top * fraction or 1.0


def month_axis(figure: go.Figure, months: Sequence[str]) -> None:
    """Name the months shortly: the year only under the first one and every January."""
    step = -(-len(months) // MOST_TICKS)
    ticks = list(months)[::step] if step else []
    texts = []
    for n, month in enumerate(ticks):
        year, number = roc_month(month).removesuffix("月").split("年")
        changed = n == 0 or ticks[n - 1][:4] != month[:4]
        texts.append(f"{number}月<br>{year}年" if changed else f"{number}月")
    figure.update_xaxes(
        type="category",
        tickmode="array",
        tickvals=[roc_month(month) for month in ticks],
        ticktext=texts,
        tickangle=0,
        showgrid=False,
    )


def safe(text: str) -> str:
    """Other people's text for Plotly, which reads HTML in every label."""
    return escape(text, quote=False)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
