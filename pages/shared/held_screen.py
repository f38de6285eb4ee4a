"""The one screen there is while the service is held (暫停服務)."""

import streamlit as st

from pages.shared import address
from pages.shared.layout import APP_TITLE, no_sidebar
from pages.shared.session import Clock
from services import rocdate
from services.operation.resuming import still_held

LOOK_AGAIN = "10s"


def held_screen(clock: Clock) -> None:
    """Say since when and why, whom to tell what; go on by itself once the service has resumed."""
    address.read_anew()
    no_sidebar()
    _, middle, _ = st.columns([1, 1.4, 1])
    with middle:
        st.title(APP_TITLE, anchor=False)
        _until_resumed(clock)


@st.fragment(run_every=LOOK_AGAIN)
def _until_resumed(clock: Clock) -> None:
    hold = still_held(clock())
    if hold is None:
        st.rerun()
    since = f"自{rocdate.roc_time(hold.since)}起" if hold.since else ""
    st.subheader(":material/pause_circle: 暫停服務", anchor=False)
    st.markdown(
        f"系統{since}暫時無法留存使用紀錄或系統紀錄。未留紀錄就不得查詢，因此所有功能暫停，"
        "沒有任何資料被查看或變更。"
    )
    st.markdown(
        f"系統管理者已收到通知。需要聯絡時，請洽系統管理者，並告知編號 **{hold.number}** 與上列時間。"
        "剛才送出的動作可能沒有完成，恢復後請先確認。"
    )
    st.caption("恢復後本畫面會自動回到原來的頁面，不需要重新整理。")
