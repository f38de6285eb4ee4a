"""分派: the dialog that shares the records not judged yet out, in one of three ways."""

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from pages.shared.dialogs import close_dialog
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from services.audits.effort import Effort
from services.audits.sharing import share_by_count, share_out, share_users
from services.audits.sheet import SheetRow
from services.errors import Invalid

WAYS = {"even": "平均", "count": "依筆數", "user": "依使用者"}


@st.dialog("分派查核紀錄", on_dismiss=close_dialog)
def share_dialog(audit_id: int, effort: Effort, rows: Sequence[SheetRow]) -> None:
    """Ask how to share out, and do it; what is said of each way is what it does."""
    st.markdown(
        "分派只說明由誰查核，其他稽核人員仍可判定；自己的使用紀錄與依規定迴避的不會分給本人。"
    )
    way = st.segmented_control(
        "分派方式",
        list(WAYS),
        format_func=WAYS.__getitem__,
        default="even",
        required=True,
        key="share.way",
    )
    names = {one.account_id: one.label for one in effort.people}
    if way == "count":
        _by_count(audit_id, effort.left, names)
    elif way == "user":
        _by_user(audit_id, rows, names)
    else:
        _evenly(audit_id, effort.left, names)


def _evenly(audit_id: int, left: int, names: Mapping[int, str]) -> None:
    st.caption(f"把未判定的 {left:,} 筆重新平均分給選取的人，同一使用者的紀錄儘量分給同一人。")
    people = st.multiselect(
        "查核人",
        list(names),
        default=list(names),
        format_func=names.__getitem__,
        placeholder="選擇查核人",
        key="share.people",
    )
    with showing_errors():
        if _confirmed():
            _done(names, share_out(current_actor(), audit_id, people))


def _by_count(audit_id: int, left: int, names: Mapping[int, str]) -> None:
    st.caption(f"未判定的 {left:,} 筆重新分派；沒有分派的由查核人自行取用（「由我查核」）。")
    counts = {
        one: st.number_input(label, min_value=0, max_value=left, step=1, key=f"share.count.{one}")
        for one, label in names.items()
    }
    asked = sum(counts.values())
    st.caption(f"合計 {asked:,} 筆，不分派 {max(0, left - asked):,} 筆")
    with showing_errors():
        if _confirmed():
            _done(names, share_by_count(current_actor(), audit_id, counts))


def _by_user(audit_id: int, rows: Sequence[SheetRow], names: Mapping[int, str]) -> None:
    st.caption("把選取的使用者未判定的紀錄都分給一人；其他紀錄的分派不變。")
    still_open = [row for row in rows if not row.judged.sequence]
    counts = Counter(row.person_key for row in still_open)
    users = {row.person_key: row.person for row in still_open}
    chosen = st.multiselect(
        "使用者",
        [key for key, _ in counts.most_common()],
        format_func=lambda key: f"{users[key]}　{counts[key]:,} 筆",
        placeholder="選擇使用者",
        key="share.users",
    )
    to = st.selectbox(
        "查核人",
        list(names),
        format_func=names.__getitem__,
        index=None,
        placeholder="選擇查核人",
        key="share.to",
    )
    with showing_errors():
        if _confirmed():
            if to is None:
                raise Invalid("請選擇查核人。")
            _done(names, {to: share_users(current_actor(), audit_id, chosen, to)})


def _confirmed() -> bool:
    return st.button("確定分派", type="primary", icon=":material/group:")


def _done(names: Mapping[int, str], got: Mapping[int, int]) -> None:
    close_dialog()
    notify("、".join(f"{names[one]} {count:,} 筆" for one, count in got.items()))
    st.rerun()
