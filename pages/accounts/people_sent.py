"""What came of a list that was sent in; without a mail server also the links, to hand out."""

from collections.abc import Callable

import streamlit as st

from pages.shared.export import export_button
from pages.shared.links import whole_address
from pages.shared.tables import table_height
from services.actor import Actor
from services.applications.bulk.sending import SentIn

_COLUMNS = ("案號", "姓名", "單位")


def show_sent(actor: Actor, sent: tuple[SentIn, ...], done: Callable[[], None]) -> None:
    """Say what came in; ``done`` lets go of it, links included."""
    st.success(f"已送出 {len(sent):,} 件申請。", icon=":material/check_circle:")
    by_hand = any(one.link for one in sent)
    columns = (*_COLUMNS, "申請人的連結") if by_hand else _COLUMNS
    if by_hand:
        st.warning(
            "連結只在這裡出現這一次，按「完成」或登出後就看不到。連結只給申請人本人："
            "它能補正、撤回申請，並在帳號建立後設定密碼；因此這些申請案由其他管理者完成辦理。",
            icon=":material/key:",
        )
    else:
        st.markdown("已寄出確認的郵件；申請人確認後，申請案會出現在「申請案」。")
    rows = [
        (one.number, one.name, one.unit, *((whole_address(one.link or ""),) if by_hand else ()))
        for one in sent
    ]
    st.dataframe(
        [dict(zip(columns, row, strict=True)) for row in rows],
        hide_index=True,
        height=table_height(len(rows), 440),
        alt="送出的申請案",
    )
    with st.container(horizontal=True):
        export_button(actor, "匯出送出的名單", "匯入名單-已送出", columns, rows)
        st.button("完成", type="primary", icon=":material/done:", key="people.done", on_click=done)
