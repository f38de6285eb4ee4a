"""Puts a chart of the house on the page."""

from functools import cache
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from plotly.basedatatypes import BaseFigure

from pages.shared.chart_style import Chart


class Checked(BaseFigure):  # type: ignore[misc]
    """A chart as Streamlit takes it, without Plotly's check of every property, a third of a page's run.

    The charts are our own and differ in numbers and names alone: tests have Plotly check one of each.
    """

    def __init__(self, chart: Chart) -> None:
        self._chart = chart

    def to_dict(self) -> Chart:
        """Return what Plotly would make of it: the chart over Streamlit's template."""
        return {
            "data": self._chart["data"],
            "layout": {"template": _template()} | self._chart["layout"],
        }


@cache
def _template() -> dict[str, Any]:
    """The template that Streamlit makes Plotly's own, for the browser to put its colours into."""
    found: dict[str, Any] = go.Figure().to_dict()["layout"]["template"]
    return found


def show_chart(chart: Chart, key: str, alt: str | None = None) -> None:
    """Show a chart; ``alt`` says what it shows and where the numbers stand in words."""
    st.plotly_chart(Checked(chart), key=key, alt=alt)
