"""What docs/workflows.md says, made from the table; ``python -m tests.workflow_docs`` rewrites it."""

from pathlib import Path

from services.regulation.roles import Role
from services.regulation.workflow_diagram import mermaid, needs, who
from services.regulation.workflows import WORKFLOWS, Kind, Workflow

DOCUMENT = Path(__file__).parents[1] / "docs" / "workflows.md"
_HEAD = """# Applications (帳號申請)

Clause 5 of the rule: who applies for what, and the way each application goes. Made from the table in
`services/regulation/workflows.py` by `python -m tests.workflow_docs`; a test fails while the two differ. The
same table runs the applications, is drawn on 帳號管理, and is printed by `manage.py workflows`.

- Where several parties stand in a step, any one of them takes it.
- Nobody takes a step of an application of their own, but for applying, printing and giving notice.
- 核可, 地政局審核 and 完成辦理 of one application are three different people's.
- The rule is silent on a system manager's reinstatement: it goes like a change (**reading**).
"""


def document() -> str:
    """Return the whole document."""
    parts = [_HEAD, "## All sixteen\n", _overview()]
    for role in Role:
        parts.append(f"## {role.label} (`{role.value}`)\n")
        parts += [_section(WORKFLOWS[role, kind]) for kind in Kind]
    return "\n".join(parts)


def _overview() -> str:
    rows = ["| role | application | clause | steps |", "|---|---|---|---|"]
    for flow in WORKFLOWS.values():
        ways = " → ".join(f"{step.deed.label}（{who(step)}）" for step in flow.steps)
        rows.append(f"| {flow.role.label} | {flow.kind.label} | {flow.steps[0].clause} | {ways} |")
    return "\n".join(rows) + "\n"


def _section(flow: Workflow) -> str:
    rows = ["| step | who | needs | clause |", "|---|---|---|---|"]
    rows += [
        f"| {number}. {step.deed.label} (`{step.deed.value}`) | {who(step)} | {needs(step)} "
        f"| {step.clause} |"
        for number, step in enumerate(flow.steps, 1)
    ]
    title = f"### {flow.role.label}{flow.kind.label} (`{flow.kind.value}`)"
    drawn = f"```mermaid\n{mermaid(flow)}\n```"
    return "\n".join([title, "", *rows, "", drawn, ""])


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
