"""帳號管理: what waits for this person, the accounts in their charge, and how applications go."""

import streamlit as st

from pages.accounts.accounts_list import accounts_list
from pages.accounts.filters import PAGE
from pages.accounts.filters import fields as account_fields
from pages.accounts.leaving_list import leaving_list
from pages.accounts.people_import import people_import
from pages.accounts.workflow_help import workflow_help
from pages.applications.inbox import FIELDS, inbox
from pages.shared import address
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from services.accounts.directory import visible_units
from services.applications.bulk.listing import may_import
from services.applications.listing import count_due
from services.identity.permissions import Action, reach

VIEWS = {
    "applications": "申請案",
    "accounts": "帳號",
    "leaving": "離職與異動",
    "import": "匯入名單",
    "workflows": "申請流程",
}

actor = current_actor()
page_head("帳號管理", "待您辦理的申請案，與您職責範圍內的帳號。")
due = count_due(actor)
sees_accounts = bool(reach(actor, Action.VIEW_ACCOUNTS))
units = visible_units(actor) if sees_accounts else ()
closed = {
    name
    for name, open_to in (
        ("accounts", sees_accounts),
        ("leaving", bool(reach(actor, Action.RECORD_LEAVING))),
        ("import", may_import(actor)),
    )
    if not open_to
}
offered = [name for name in VIEWS if name not in closed]
filters = account_fields(units)
named = set(st.query_params)
# A link that names an application or an account leads to the view that has it.
first = "applications" if not sees_accounts or named & set(FIELDS) else "accounts"
if due and not named & set(filters):
    first = "applications"
known = {"view": address.Field(offered, first)} | FIELDS | filters
if address.read(PAGE, known):
    st.warning(
        "網址中有部分條件不存在或不在您的權限範圍內，已略過。", icon=":material/filter_alt_off:"
    )
view = st.segmented_control(
    "檢視",
    offered,
    format_func=lambda name: VIEWS[name] + (f"（{due}）" if due and name == offered[0] else ""),
    key=address.key(PAGE, "view"),
    required=True,
    label_visibility="collapsed",
)
match view:
    case "applications":
        inbox(actor)
    case "accounts":
        accounts_list(actor, units, known)
    case "leaving":
        leaving_list(actor)
    case "import":
        people_import(actor)
    case _:
        workflow_help()
address.write(PAGE, known)
