"""How every chart here looks: colours, axes, names. No st call."""

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


def short(text: str) -> str:
    """Return ``text``, cut to what fits beside a bar."""
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
