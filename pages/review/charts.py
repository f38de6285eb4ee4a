"""The half-year's progress as a picture: one bar, a part a state."""

from pages.shared.chart_style import Chart, chart
from services.oversight.queue import Queue, QueueState

_COLOURS = {
    QueueState.ACCEPTED: "#3A8F5C",
    QueueState.REVIEWING: "#1F5F99",
    QueueState.ASKED: "#7FA9CF",
    QueueState.ANSWERED: "#E0A030",
    QueueState.RECEIVED: "#F0C878",
    QueueState.OVERDUE: "#C0392B",
    QueueState.OWED: "#D5DBE1",
}


def progress(queue: Queue) -> Chart:
    """Draw how many agencies stand where, what is done first."""
    counts = queue.counts
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "y": [""],
            "x": [counts[state]],
            "name": f"{state.label} {counts[state]:,}",
            "marker": {"color": colour},
            "hovertemplate": f"{state.label} %{{x:,}} 個機關<extra></extra>",
        }
        for state, colour in _COLOURS.items()
        if counts.get(state)
    ]
    hidden = {"visible": False}
    return chart(bars, x=hidden, y=hidden, height=90, barmode="stack")
