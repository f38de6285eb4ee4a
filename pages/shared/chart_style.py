"""How every chart here looks: colours, axes, names. No st call.

A chart is a plain dict of traces and layout: Plotly's property setters cost milliseconds each.
`pages/shared/drawn.py` shows it.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from services.rocdate import roc_month

Chart = dict[str, Any]
"""A figure as Plotly's own JSON has it: ``data`` and ``layout``."""
ACCENT = "#1F5F99"
PALE = "#C4D8EA"
GRID = "#E6EBF0"
INK = "#1B2733"
MOST_TICKS = 24
LONGEST_NAME = 22
_CLEAR = "rgba(0,0,0,0)"
_AXIS = {"fixedrange": True, "automargin": True, "gridcolor": GRID}
_BUTTONS = (
    *("toimage", "zoom", "pan", "select", "lasso"),
    *("zoomin", "zoomout", "autoscale", "resetscale"),
)


def chart(
    traces: Sequence[Mapping[str, Any]],
    x: Mapping[str, Any],
    y: Mapping[str, Any],
    height: int,
    **layout: Any,
) -> Chart:
    """Return a chart in the look of the house; ``x`` and ``y`` say what is particular to its axes."""
    return {
        "data": [dict(trace) for trace in traces],
        "layout": {
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
            "font": {"size": 13, "color": INK},
            "hoverlabel": {"bgcolor": "white", "font": {"size": 13, "color": INK}},
            "separators": ".,",
            "bargap": 0.28,
            "dragmode": False,
            "modebar": {"remove": list(_BUTTONS)},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "paper_bgcolor": _CLEAR,
            "plot_bgcolor": _CLEAR,
            "xaxis": _AXIS | dict(x),
            "yaxis": _AXIS | dict(y),
            **layout,
        },
    }


def titled(text: str) -> dict[str, Any]:
    """Return an axis' title."""
    return {"title": {"text": text, "standoff": 8}}


def month_axis(months: Sequence[str]) -> dict[str, Any]:
    """Return an axis of months with short names: the year only under the first one and every January."""
    step = -(-len(months) // MOST_TICKS)
    ticks = list(months)[::step] if step else []
    texts = []
    for n, month in enumerate(ticks):
        year, number = roc_month(month).removesuffix("月").split("年")
        changed = n == 0 or ticks[n - 1][:4] != month[:4]
        texts.append(f"{number}月<br>{year}年" if changed else f"{number}月")
    return {
        "type": "category",
        "tickmode": "array",
        "tickvals": [roc_month(month) for month in ticks],
        "ticktext": texts,
        "tickangle": 0,
        "showgrid": False,
    }


def safe(text: str) -> str:
    """Other people's text for Plotly, which reads HTML in every label."""
    return escape(text, quote=False)


def short(text: str) -> str:
    """Return ``text``, cut to what fits beside a bar."""
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
