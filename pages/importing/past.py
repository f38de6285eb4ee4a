"""Past imports, and the tying of other systems' users to accounts."""

import streamlit as st

from pages.importing.matches import show_matches
from pages.shared import address
from pages.shared.feedback import notify, showing_errors
from pages.shared.paging import Pager
from pages.shared.session import current_actor
from pages.shared.tables import with_times
from services.actor import Actor
from services.usage.importing.history import count_imports, list_imports
from services.usage.importing.matching import propose_matches
from services.usage.importing.source_users import (
    claim_source_user,
    list_accounts,
    list_source_users,
)
from services.usage.importing.sources import SourceInfo

_PAGE_ROWS = 20


def show_past_imports(actor: Actor) -> None:
    """List who imported which file of which system, and how many rows."""
    st.subheader("匯入紀錄", anchor=False)
    total = count_imports(actor)
    pager = Pager("import.past", total, _PAGE_ROWS)
    rows = list_imports(actor, pager.cursor, _PAGE_ROWS)
    if not rows:
        st.caption("還沒有匯入過檔案；完成第一次匯入後會列在這裡。")
        return
    st.dataframe(
        with_times(
            [
                {
                    "時間": row.imported_at,
                    "匯入者": row.imported_by,
                    "來源系統": row.source_name,
                    "檔案": row.file_name,
                    "讀取": row.read,
                    "存入": row.stored,
                    "重複": row.duplicates,
                    "不能匯入": row.rejected,
                }
                for row in rows
            ]
        ),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in ("讀取", "存入", "重複", "不能匯入")
        },
    )
    pager.controls(rows[-1].id if len(rows) == _PAGE_ROWS else None, total)


def show_people(actor: Actor, page: str, sources: list[SourceInfo]) -> None:
    """Let a user of another system be tied to an account here, or to none again."""
    if not sources:
        st.info("還沒有其他系統的使用者；先匯入一個檔案，它的使用者就會列在這裡。")
        return
    names = {source.code: source for source in sources}
    code = st.selectbox(
        "來源系統",
        list(names),
        format_func=lambda code: names[code].name,
        key=address.key(page, "source"),
    )
    users = {user.user_code: user for user in list_source_users(actor, names[code].id)}
    show_matches(names[code], propose_matches(actor, names[code].id))
    st.markdown("**全部使用者**")
    st.dataframe(
        [
            {"代號": user.user_code, "姓名": user.name, "對應的本系統帳號": user.account_label}
            for user in users.values()
        ],
        hide_index=True,
    )
    st.caption("對應只影響之後的匯入；已存入的紀錄保留使用當時所寫的人。")
    left, right = st.columns(2)
    user_code = left.selectbox(
        "外部系統使用者",
        list(users),
        format_func=lambda user_code: users[user_code].label,
        key=f"import.person.{code}",
    )
    accounts = {account.id: account.label for account in list_accounts(actor)}
    account_id = right.selectbox(
        "本系統帳號",
        list(accounts),
        index=None,
        format_func=accounts.__getitem__,
        placeholder="輸入姓名或帳號搜尋",
        key="import.account",
    )
    tied = user_code is not None and users[user_code].account_id is not None
    with st.container(horizontal=True):
        claim = st.button(
            "對應", type="primary", icon=":material/link:", disabled=account_id is None
        )
        free = st.button("解除對應", icon=":material/link_off:", disabled=not tied)
    if (claim or free) and user_code is not None:
        with showing_errors():
            claim_source_user(
                current_actor(), names[code].id, user_code, account_id if claim else None
            )
            notify(f"已{'對應' if claim else '解除對應'}：{users[user_code].label}")
            st.rerun()
