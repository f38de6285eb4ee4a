"""The two lists of 使用紀錄: the records, and the people behind them."""

import streamlit as st

from pages.records.filters import choose_person
from pages.records.widgets import PAGE, choose_record, chosen_record
from pages.shared.choice import choice_table
from pages.shared.export import export_button
from pages.shared.paging import Pager
from pages.shared.tables import table_height, with_times
from services import rocdate
from services.actor import Actor
from services.usage.by_person import PeoplePage, people_of_records
from services.usage.listing import MOST_COUNTED, RecordPage
from services.usage.search import RecordFilters

MOST_PEOPLE = 200
_PEOPLE_COLUMNS = ("姓名（帳號）", "筆數", "上班時間以外", "有系統提示")


def records_table(page: RecordPage, pager: Pager, wide: bool) -> None:
    """Show one page of records, newest first; ticking one opens it beside the list."""
    choice_table(
        with_times(
            [
                {
                    "時間": row.occurred_at,
                    "時段": row.outside,
                    "使用者": row.person,
                    "項目": f"{row.item}．{row.action}",
                    "標的": row.target,
                    "案件號、公文號或原因": row.purpose,
                    "系統提示": "、".join(row.noticed),
                    "單位": row.unit,
                    "來源系統": row.source,
                    "編號": row.id,
                }
                for row in page.rows
            ],
            words={"時間": rocdate.roc_second},
        ),
        [row.id for row in page.rows],
        chosen_record(),
        choose_record,
        f"{PAGE}.table",
        height=table_height(len(page.rows), 620 if wide else 560),
        column_config={
            "編號": st.column_config.NumberColumn(format="%d"),
            "時段": st.column_config.TextColumn(width=90),
        },
        alt="使用紀錄清單",
    )
    pager.controls(page.next_before, page.counted, MOST_COUNTED)


def people_table(actor: Actor, filters: RecordFilters) -> None:
    """Show who is behind the records that match; ticking one opens that person's records."""
    found = people_of_records(actor, filters, MOST_PEOPLE)
    if not found.rows:
        st.info("沒有符合條件的紀錄；請放寬期間或條件。", icon=":material/search_off:")
        return
    cells = _people_cells(found)
    listed = len(found.rows)
    few = f"，列出筆數最多的 {listed:,} 人" if found.people > listed else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"共 **{found.people:,}** 人{few}；勾選一列看這個人的紀錄。", width="content")
        export_button(
            actor, "匯出人員", "使用紀錄-人員", _PEOPLE_COLUMNS, list(cells), found.people
        )
    number = st.column_config.NumberColumn(format="localized")
    choice_table(
        [dict(zip(_PEOPLE_COLUMNS, row, strict=True)) for row in cells],
        [row.person_key for row in found.rows],
        None,
        choose_person,
        f"{PAGE}.people",
        height=table_height(listed, 560),
        column_config=dict.fromkeys(_PEOPLE_COLUMNS[1:], number),
        alt="使用者清單",
    )


def _people_cells(found: PeoplePage) -> list[tuple[str, int, int, int]]:
    return [(row.label, row.records, row.outside, row.flagged) for row in found.rows]
