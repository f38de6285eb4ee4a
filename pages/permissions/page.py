"""權限對照: who may do what to whom, read from the very objects that the services read."""

import streamlit as st

from pages.shared.export import export_button
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.actor import Actor
from services.identity.permission_table import (
    HOLDERS,
    ActionLine,
    PermissionTable,
    permission_table,
)

COLOURS = {"本人": "gray", "本單位": "blue", "本機關": "violet", "全部": "orange"}
EXPORT_COLUMNS = ("類別", "作業", "依據", *HOLDERS.values())


def _matrix(table: PermissionTable) -> None:
    """Show who holds which action how far; an empty cell is not allowed."""
    with st.container(horizontal=True):
        for word, colour in COLOURS.items():
            st.badge(word, color=colour)  # type: ignore[arg-type]
        st.caption("空白者不得為之", width="content")
    st.table(
        [
            {
                # Named where it begins, so that the groups stand apart.
                "類別": line.group if line is _first_of(table, line.group) else "",
                "作業": f"**{plain(line.action.label)}**",
                **{
                    name: f":{COLOURS[line.scopes[code]]}-badge[{line.scopes[code]}]"
                    if code in line.scopes
                    else ""
                    for code, name in HOLDERS.items()
                },
                "依據": line.clause,
            }
            for line in table.actions
        ],
        border="horizontal",
        hide_index=True,
        alt="權限對照表：列為作業，欄為角色與職務",
    )
    st.caption(
        "職務與角色並存時取其和；查詢地籍資料另須有授權項目（職務不帶查詢權）。"
        "「系統維運」指能登入主機執行 manage.py 的人，沒有帳號。"
    )


def _first_of(table: PermissionTable, group: str) -> ActionLine:
    return next(line for line in table.actions if line.group == group)


def _export(actor: Actor, table: PermissionTable) -> None:
    export_button(
        actor,
        "匯出權限對照",
        "權限對照",
        EXPORT_COLUMNS,
        [
            (
                line.group,
                line.action.label,
                line.clause,
                *(line.scopes.get(code, "") for code in HOLDERS),
            )
            for line in table.actions
        ],
    )


def _managers(table: PermissionTable) -> None:
    st.subheader("誰管理誰的帳號", anchor=False)
    st.table(
        [
            {
                "管理者": line.manager.label,
                "管理的帳號": "、".join(role.label for role in line.accounts),
                "範圍": line.scope,
                "依據": line.clause,
            }
            for line in table.managers
        ],
        border="horizontal",
        hide_index=True,
    )


def _separation(table: PermissionTable) -> None:
    st.subheader("職務區隔", anchor=False)
    st.caption("不論持有什麼角色與職務都不得為之；違反者一律拒絕，並留存系統紀錄。")
    st.table(
        [{"規定": plain(rule.sentence), "依據": rule.clause} for rule in table.separation],
        border="horizontal",
        hide_index=True,
    )


actor = current_actor()
page_head("權限對照", "誰可以對什麼範圍做什麼；每一項服務都依這張表逐次檢查，畫面與程式同一來源。")
table = permission_table(actor)
_export(actor, table)
_matrix(table)
_managers(table)
_separation(table)
