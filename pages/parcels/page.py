"""地籍查詢: one parcel or building for a stated purpose; the usage record comes first, then the data."""

import streamlit as st

from pages.parcels.form import RESULT, forget_result, kinds_open_to, parcel_form
from pages.parcels.result import show_result
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from pages.shared.tables import with_times
from services.actor import Actor
from services.parcels.mine import my_usage
from services.parcels.query import query

_RECENT = 10


def _recent(actor: Actor) -> None:
    """List the person's latest records."""
    rows = my_usage(actor, None, None, _RECENT).rows
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**最近查詢**", width="content")
        st.page_link("pages/my_usage/page.py", label="我的使用紀錄", icon=":material/history:")
    if not rows:
        st.caption("還沒有使用紀錄；完成第一次查詢後會列在這裡。")
        return
    st.dataframe(
        with_times(
            [
                {
                    "時間": row.occurred_at,
                    "查詢標的": row.target,
                    "項目": row.item,
                    "作業": row.action,
                    "案件號、公文號或原因": row.purpose,
                }
                for row in rows
            ]
        ),
        hide_index=True,
    )


actor = current_actor()
page_head("地籍查詢", "查詢前請填案件號、公文號或原因；每次查詢先留存使用紀錄，再顯示資料。")
kinds = kinds_open_to(actor)
if kinds:
    request = parcel_form(actor, kinds)
    if request is not None:
        # A refused query leaves nothing of the last one beside it.
        forget_result()
        with showing_errors():
            st.session_state[RESULT] = query(actor, request)
    if RESULT in st.session_state:
        show_result(st.session_state[RESULT])
else:
    st.info(
        "您的帳號還沒有可以查詢土地或建物的授權項目。需要查詢時，請向您的單位管理者或機關管理者"
        "提出權限異動申請（第五點），核准後即可使用。",
        icon=":material/lock_open:",
    )
st.space("small")
_recent(actor)
