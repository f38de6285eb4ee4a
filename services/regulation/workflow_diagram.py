"""The sixteen applications as pictures, drawn from their table (Graphviz for pages, Mermaid for docs)."""

from collections.abc import Iterable

from services.regulation.roles import Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind, Step, Workflow

FONT = "Noto Sans CJK TC, Noto Sans TC, Microsoft JhengHei, sans-serif"
_STARTS, _ENDS = "#e8f0fe", "#e6f4ea"
"""Where the applicant begins, and where something happens to the account."""


def who(step: Step) -> str:
    """Return who may take a step, in words."""
    *others, last = (party.label for party in step.parties)
    return f"{'、'.join(others)}或{last}" if others else last


def needs(step: Step) -> str:
    """Return what a step needs, in words; empty when nothing."""
    return "、".join(need.label for need in step.needs)


def dot(workflow: Workflow) -> str:
    """Return the Graphviz source of one workflow."""
    return _graph(_nodes(workflow, ""))


def dot_of_role(role: Role) -> str:
    """Return the Graphviz source of the four workflows of a role, one below the other."""
    lines: list[str] = []
    # Graphviz puts the first cluster at the bottom.
    for kind in reversed(Kind):
        lines += [
            f"subgraph cluster_{kind.value} {{",
            f"label={_quoted(kind.label)}; labeljust=l; color={_quoted('#c0c4cc')};",
            *_nodes(WORKFLOWS[role, kind], f"{kind.value}_"),
            "}",
        ]
    return _graph(lines)


def mermaid(workflow: Workflow) -> str:
    """Return one workflow as Mermaid source, which code hosts draw by themselves."""
    names = [f"s{number}" for number in range(1, len(workflow.steps) + 1)]
    lines = ["flowchart LR"]
    for number, (name, step) in enumerate(zip(names, workflow.steps, strict=True), 1):
        lines.append(f'    {name}["{"<br/>".join(_words(number, step))}"]')
    lines.append(f"    {' --> '.join(names)}")
    return "\n".join(lines)


def _graph(lines: Iterable[str]) -> str:
    font = f"fontname={_quoted(FONT)}"
    head = [
        "digraph {",
        f"rankdir=LR; nodesep=0.3; ranksep=0.35; bgcolor=transparent; {font}; fontsize=13;",
        f'node [shape=box, style="rounded,filled", fillcolor=white, {font}, fontsize=12];',
        "edge [arrowsize=0.7];",
    ]
    return "\n".join([*head, *lines, "}"])


def _nodes(workflow: Workflow, prefix: str) -> list[str]:
    """Return the boxes and arrows; ``prefix`` keeps the workflows of one picture apart."""
    names = [f"{prefix}{step.deed.value}" for step in workflow.steps]
    lines = []
    for number, (name, step) in enumerate(zip(names, workflow.steps, strict=True), 1):
        fill = {Deed.APPLY: _STARTS, Deed.COMPLETE: _ENDS}.get(step.deed, "#ffffff")
        label = _quoted("\n".join(_words(number, step)))
        lines.append(f"{name} [label={label}, fillcolor={_quoted(fill)}];")
    lines.append(f"{' -> '.join(names)};")
    return lines


def _words(number: int, step: Step) -> list[str]:
    """Return what stands in a step's box, line by line."""
    needed = [f"須有：{needs(step)}"] if step.needs else []
    # No dot after the number: Mermaid would begin a list.
    return [f"{number} {step.deed.label}", who(step), *needed, step.clause]


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
