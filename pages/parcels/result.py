"""What a query brought: the register's blocks with the numbers of the usage records they left."""

import streamlit as st

from pages.shared.text import plain
from services import rocdate
from services.parcels.query import SECRECY, ParcelResult
from services.parcels.register import Block
from services.regulation.purpose import Purpose


def show_result(result: ParcelResult) -> None:
    """Show the result with its own parameters, its source and the duty of secrecy."""
    section = result.section
    st.space("xsmall")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(result.target), anchor=False, width="content")
        st.badge(
            "查得資料" if result.found else "查無資料",
            color="green" if result.found else "gray",
        )
    st.caption(
        f"{plain(section.label)}｜{plain(section.district)}｜{plain(section.office_name)}｜"
        f"{rocdate.roc_time(result.queried_at)} 查詢｜{plain(_purpose(result.purpose))}"
    )
    st.warning(SECRECY, icon=":material/shield_lock:")
    for block in result.blocks:
        _show_block(block, result.records[block.item])
    if not result.found:
        numbers = "、".join(map(str, result.records.values()))
        st.info(
            f"{plain(result.target)}：查無資料。請核對地段與號碼；"
            f"本次查詢已留存使用紀錄第 {numbers} 號。",
            icon=":material/search_off:",
        )
    st.caption(f":material/source: {plain(result.source)}")


def _show_block(block: Block, record: int) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(f"**{block.item.label}**", width="content")
            st.caption(f"使用紀錄第 {record} 號", width="content")
        if not block.rows:
            st.caption("本項無登記資料。")
            return
        # st.table reads Markdown, so every cell is escaped.
        st.table(
            [
                {column: plain(cell) for column, cell in zip(block.columns, row, strict=True)}
                for row in block.rows
            ],
            border="horizontal",
            hide_index=True,
            hide_header=len(block.columns) == 2,
        )


def _purpose(purpose: Purpose) -> str:
    parts = (
        ("案件號", purpose.case_no),
        ("公文號", purpose.document_no),
        ("原因", purpose.reason),
    )
    return "、".join(f"{label} {text}" for label, text in parts if text)
