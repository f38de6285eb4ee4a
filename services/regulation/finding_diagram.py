"""The way of a finding as a picture, drawn from its table (clause 7.2.2)."""

from services.regulation.clauses import clause_words
from services.regulation.finding_states import FindingState, Side
from services.regulation.findings import CLAUSE, MOVES, REPORTS, Move
from services.regulation.workflow_diagram import FONT

_FILL = {Side.BUREAU: "#e8f0fe", Side.AGENCY: "#fef7e0", None: "#e6f4ea"}
"""Whose turn it is: the bureau's, the agency's, nobody's."""


def dot() -> str:
    """Return the Graphviz source: a state a box, an arrow the moves that lead from one to another."""
    lines = [
        "digraph {",
        f'rankdir=TB; nodesep=0.5; ranksep=0.4; bgcolor=transparent; fontname="{FONT}";',
        f'node [shape=box, style="rounded,filled", fontname="{FONT}", fontsize=12];',
        f'edge [arrowsize=0.7, fontname="{FONT}", fontsize=11];',
        'start [shape=circle, label="", width=0.15, fillcolor="#5f6368"];',
    ]
    for state in FindingState:
        if state is not FindingState.WITHDRAWN:
            fill = _FILL[state.waits_for]
            lines.append(f'{state.value} [label="{state.label}", fillcolor="{fill}"];')
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in MOVES:
        for arrow in _arrows(move):
            arrows.setdefault(arrow, []).append(_label(move))
    for (source, target), labels in arrows.items():
        lines.append(f'{source} -> {target} [label=" {"、".join(labels)}"];')
    return "\n".join([*lines, "}"])


def _arrows(move: Move) -> list[tuple[str, str]]:
    if move.act in REPORTS:  # the last of them takes the finding on
        return [(FindingState.IMPROVING.value, FindingState.IMPROVED.value)]
    if not move.since:
        return [("start", move.to.value if move.to else "start")]
    return [(one.value, (move.to or one).value) for one in move.since]


def _label(move: Move) -> str:
    return f"{move.act.label}（{move.only.label}）" if move.only else move.act.label


def steps_in_words() -> list[dict[str, str]]:
    """Return the table of moves as rows for a page."""
    return [
        {
            "步驟": move.act.label + (f"（{move.only.label}）" if move.only else ""),
            "由誰辦理": move.side.label,
            "之前": "、".join(one.label for one in move.since) or "（新的事項）",
            "之後": move.to.label if move.to else "不變",
            "須具備": "、".join(need.label for need in move.needs) or "說明",
            "依據": clause_words(CLAUSE),
        }
        for move in MOVES
    ]
