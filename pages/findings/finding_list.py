"""The list of findings, the most overdue first."""

import streamlit as st

from pages.findings.filters import choose, chosen
from pages.findings.words import PAGE
from pages.shared.choice import choice_table
from pages.shared.tables import table_height, with_times
from services.oversight.findings.listing import MOST, FindingRow
from services.regulation.finding_states import Side


def show_list(rows: list[FindingRow], *, of_many: bool) -> None:
    """Show the findings; ``of_many`` agencies have their name beside each."""
    if late := sum(bool(row.days_late) for row in rows):
        st.badge(f"逾期 {late:,} 件", icon=":material/schedule:", color="red")
    if len(rows) == MOST:
        st.caption(f"只列出前 {MOST:,} 件；請用上方的條件縮小範圍。")
    choice_table(
        with_times([_cells(row, of_many) for row in rows]),
        [row.id for row in rows],
        chosen(),
        choose,
        f"{PAGE}.table",
        height=table_height(len(rows), 400),
        placeholder="",
        alt="缺失清單",
    )


def _cells(row: FindingRow, of_many: bool) -> dict[str, object]:
    whose = {"機關": row.agency} if of_many else {}
    turn = row.state.waits_for
    return {
        "案號": row.number,
        **whose,
        "事由": row.title,
        "狀態": row.state.label,
        "缺失程度": row.gravity.label if row.gravity else "",
        "期限": row.due_on if turn is Side.AGENCY else None,
        "逾期天數": row.days_late or None,
        "輪到": turn.short if turn else "",
        "單位": row.unit or "全機關",
        "半年別": row.half,
    }
