"""我的使用紀錄: everything the signed-in person looked up, newest first, as the auditors see it."""

import streamlit as st

from pages.shared import address
from pages.shared.export import export_button
from pages.shared.layout import page_head
from pages.shared.paging import Pager, every_row
from pages.shared.session import actor_source, current_actor
from pages.shared.tables import table_height, with_times
from services import rocdate
from services.actor import Actor
from services.parcels.mine import OwnPage, OwnRecord, my_months, my_usage

PAGE = "my_usage"
_SIZE, _EXPORT_SIZE = 50, 1000
COLUMNS = (
    "紀錄編號", "時間", "來源系統", "作業", "項目", "查詢標的", "案件號", "公文號", "查詢原因",
)  # fmt: skip


def _cells(row: OwnRecord) -> tuple[object, ...]:
    return (
        row.id,
        rocdate.roc_time(row.occurred_at),
        row.source,
        row.action,
        row.item,
        row.target,
        row.case_no,
        row.document_no,
        row.reason,
    )


def _export(actor: Actor, month: str | None, page: OwnPage) -> None:
    person_now = actor_source()

    def rows() -> list[tuple[object, ...]]:
        person = person_now() or actor

        def page_after(cursor: int | None) -> tuple[tuple[OwnRecord, ...], int | None]:
            found = my_usage(person, month, cursor, _EXPORT_SIZE)
            return found.rows, found.next_before

        return [_cells(row) for row in every_row(page_after)]

    export_button(actor, "匯出使用紀錄", "我的使用紀錄", COLUMNS, rows, page.total)


actor = current_actor()
page_head(
    "我的使用紀錄", "您以這個帳號查詢、列印與下載的每一筆；單位稽核抽查的就是這些紀錄（第七點）。"
)
months = my_months(actor)
fields = {"month": address.Field(months)}
if address.read(PAGE, fields):
    st.warning("網址中的月份沒有您的使用紀錄，已略過。", icon=":material/link_off:")
month = st.selectbox(
    "月份",
    months,
    index=None,
    format_func=rocdate.roc_month,
    placeholder="全部月份",
    key=address.key(PAGE, "month"),
    width=220,
)
address.write(PAGE, fields)
pager = Pager(PAGE, month, _SIZE)
page = my_usage(actor, month, pager.cursor, _SIZE)
if page.total:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"共 **{page.total:,}** 筆", width="content")
        _export(actor, month, page)
    st.dataframe(
        with_times(
            [
                {
                    "紀錄編號": row.id,
                    "時間": row.occurred_at,
                    "來源系統": row.source,
                    "作業": row.action,
                    "項目": row.item,
                    "查詢標的": row.target,
                    "案件號、公文號或原因": row.purpose,
                }
                for row in page.rows
            ]
        ),
        hide_index=True,
        height=table_height(len(page.rows), 560),
        # A name of the record and no quantity: the audit asks for it without separators.
        column_config={"紀錄編號": st.column_config.NumberColumn(format="%d")},
    )
    pager.controls(page.next_before, page.total)
else:
    st.info("還沒有使用紀錄。", icon=":material/info:")
    if actor.items:
        st.page_link("pages/parcels/page.py", label="查詢地籍資料", icon=":material/search:")
