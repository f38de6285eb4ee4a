"""The queue of a half-year: its progress, its filters, and its rows, the worst first."""

import streamlit as st

from pages.review.charts import progress
from pages.review.filters import choose, chosen, kept
from pages.review.words import PAGE
from pages.shared.choice import choice_table
from pages.shared.drawn import show_chart
from pages.shared.tables import table_height, with_times
from services import rocdate
from services.oversight.queue import Queue, QueueRow
from services.schedule.words import moved_words


def show_queue(queue: Queue) -> None:
    """Show the queue; a package that came is opened by its row."""
    done = sum(row.state.came for row in queue.rows)
    st.caption(
        f"{queue.half.label}：{len(queue.rows):,} 個機關應函送，已收到 {done:,} 件；"
        f"期限 {rocdate.roc_date(queue.due.nominal)}{moved_words(queue.due)}。"
    )
    show_chart(progress(queue), f"{PAGE}.progress", alt="各狀態的機關數，數字同下方條件")
    if late := sum(row.overdue_findings for row in queue.rows):
        st.badge(f"缺失逾期 {late:,} 件", icon=":material/schedule:", color="red")
    rows = kept(queue)
    if not rows:
        st.info("沒有符合條件的機關；請放寬條件。", icon=":material/search_off:")
        return
    # A row without a package has nothing to open; its number stands apart from those of reviews.
    ids = [row.review_id or -row.agency_id for row in rows]
    choice_table(
        with_times([_cells(row) for row in rows]),
        ids,
        chosen(),
        _open,
        f"{PAGE}.table",
        height=table_height(len(rows), 400),
        column_config={
            "不符": st.column_config.NumberColumn(width=55),
            "請檢視": st.column_config.NumberColumn(width=65),
        },
        placeholder="",
        alt="複核清單",
    )


def _open(number: int | None) -> None:
    choose(number if number is None or number > 0 else None)


def _cells(row: QueueRow) -> dict[str, object]:
    return {
        "機關": row.agency,
        "狀態": row.state.label,
        "不符": row.failed if row.checked else None,
        "請檢視": row.to_look if row.checked else None,
        "收到": row.received_on,
        "逾期天數": row.days_late or None,
        "未結缺失": row.open_findings or None,
        "逾期缺失": row.overdue_findings or None,
        "承辦人": row.reviewer,
        "函送次數": row.package_number if row.package_number > 1 else None,
    }
