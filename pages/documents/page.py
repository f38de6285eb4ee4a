"""文件保管: the papers of applications that a manager keeps, until they may be destroyed."""

import streamlit as st

from pages.documents.card import show_card
from pages.documents.filters import choose_document, chosen_document, fields, paper_filters
from pages.documents.handover import handover_button, show_handover_dialog, show_past_handovers
from pages.documents.upload import show_upload_dialog, upload_button
from pages.documents.words import PAGE
from pages.shared import address
from pages.shared.choice import choice_table
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.paging import Pager
from pages.shared.session import current_actor
from pages.shared.tables import table_height, with_times
from services import rocdate
from services.papers.listing import (
    PaperPage,
    PaperRow,
    custodians,
    list_papers,
    paper_detail,
    paper_units,
)

_SIZE = 50
COLUMNS = (
    "文件", "種類", "帳號或申請人", "單位", "申請案", "狀態", "可銷毀日", "保管人", "收存", "檔名",
)  # fmt: skip


def _cells(row: PaperRow) -> tuple[object, ...]:
    return (
        str(row.id),
        row.kind.label,
        row.about,
        row.unit,
        row.application_no,
        row.state.label,
        row.lawful_from,
        row.custodian,
        rocdate.local_date(row.stored_at),
        row.file_name,
    )


def _table(page: PaperPage) -> None:
    """Show the rows; choosing one opens its card."""
    choice_table(
        with_times(
            [dict(zip(COLUMNS, _cells(row), strict=True)) for row in page.rows],
            missing={"可銷毀日": "繼續保管"},
        ),
        [row.id for row in page.rows],
        chosen_document(),
        choose_document,
        f"{PAGE}.table",
        column_config={"申請案": st.column_config.TextColumn(width=100)},
        height=table_height(len(page.rows), 440),
        alt="文件清單",
    )


actor = current_actor()
page_head(
    "文件保管",
    "申請表、保密切結書與公文由管理者保管，帳號註銷滿一年後才能銷毀（規範六（一））；"
    "勾選一列檢視、提出或確認銷毀。",
)
units, keepers = paper_units(actor), custodians(actor)
known = fields(units, keepers)
ignored = address.read(PAGE, known)
if ignored:
    st.warning(
        "網址中有部分條件不存在或不在您的權限範圍內，已略過。", icon=":material/filter_alt_off:"
    )
filters = paper_filters(units, keepers)
pager = Pager(PAGE, filters, _SIZE)
page = list_papers(actor, filters, pager.cursor, _SIZE)

with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(f"共 **{page.total:,}** 份文件", width="content")
    upload_button("上傳文件", "keeping.upload")
    handover_button("移交保管", "keeping.handover", None)
    st.button(
        "清除條件",
        icon=":material/filter_alt_off:",
        type="tertiary",
        on_click=address.reset,
        args=(PAGE, known),
    )
if page.rows:
    _table(page)
    pager.controls(page.next_after, page.total)
elif any(st.session_state.get(address.key(PAGE, name)) for name in known if name != "document"):
    st.info("沒有符合條件的文件；請放寬或清除條件。", icon=":material/search_off:")
else:
    st.info(
        "目前沒有您保管範圍內的文件；收到簽章的申請表或切結書後，按「上傳文件」收存。",
        icon=":material/folder_open:",
    )
document_id = chosen_document()
if document_id is not None:
    with showing_errors():
        show_card(actor, paper_detail(actor, document_id))
show_upload_dialog()
show_handover_dialog()
show_past_handovers(actor)
address.write(PAGE, known)
