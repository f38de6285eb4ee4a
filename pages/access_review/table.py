"""The accounts of a review with their suggestion and its reason; rows are chosen many at once."""

import streamlit as st

from pages.access_review.filters import choose_line
from pages.access_review.words import flag_words, ruled_words
from pages.shared.tables import table_height, with_times
from services.reviews.listing import LinePage, LineRow


def line_table(page: LinePage, key: str) -> tuple[LineRow, ...]:
    """Show the rows and return those that are chosen; one alone opens its card."""

    def take_choice() -> None:
        places = st.session_state[key]["selection"]["rows"]
        alone = len(places) == 1 and places[0] < len(page.rows)
        choose_line(page.rows[places[0]].account_id if alone else None)

    event = st.dataframe(
        with_times([_cells(row) for row in page.rows], missing={"最近使用": "從未使用"}),
        hide_index=True,
        column_config={
            "姓名（帳號）": st.column_config.TextColumn(pinned=True),
            "理由": st.column_config.TextColumn(width=300),
            "初核": st.column_config.TextColumn(width=80),
            "核定": st.column_config.TextColumn(width=80),
            "期間內筆數": st.column_config.NumberColumn(format="localized"),
        },
        height=table_height(len(page.rows), 520),
        on_select=take_choice,
        selection_mode="multi-row",
        key=key,
        alt="清查帳號",
    )
    places = event["selection"]["rows"]
    return tuple(page.rows[place] for place in places if place < len(page.rows))


def _cells(row: LineRow) -> dict[str, object]:
    facts = row.facts
    return {
        "姓名（帳號）": row.label,
        "單位": row.unit,
        "最近使用": facts.last_used_on,
        "期間內筆數": facts.uses,
        "建議": row.suggested.label,
        "理由": row.because,
        "初核": ruled_words(row.prepared),
        "核定": ruled_words(row.decided) or "未核定",
        "註記": flag_words(row),
        "角色與職務": "、".join([row.role.label, *(duty.label for duty in row.duties)]),
        "狀態": facts.status.label,
        "辦理結果": row.outcome,
    }
