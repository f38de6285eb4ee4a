"""待辦: what this person owes, and one click to the place."""

import streamlit as st

from pages.shared.layout import page_head
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.overview import list_audits
from services.audits.words import AuditStatus
from services.identity.permissions import Action, reach
from services.regulation.periods import last_finished_quarter

actor = current_actor()
page_head("待辦", f"{plain(actor.name)}，今天是 {rocdate.roc_date(actor.today)}。")

quarter = last_finished_quarter(actor.today)
conducts = reach(actor, Action.CONDUCT_AUDIT)
owed = [
    line
    for line in (list_audits(actor, quarter) if conducts else [])
    if line.may_conduct and line.status is not AuditStatus.SIGNED
]
overdue = actor.today > quarter.due

for line in owed:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.badge("逾期" if overdue else "待辦", color="red" if overdue else "orange")
        st.markdown(
            f"**{plain(line.unit)} {quarter.label}單位稽核**　{line.status.label}，"
            f"應於 {rocdate.roc_date(quarter.due)} 前完成"
        )
        st.page_link(
            "pages/audit_sampler.py",
            label="前往辦理",
            icon=":material/arrow_forward:",
            query_params={"unit": line.unit_code, "quarter": str(quarter)},
        )
if not owed:
    st.success("目前沒有您要辦理的事項。", icon=":material/task_alt:")
if actor.items:
    st.page_link("pages/parcel_query.py", label="查詢地籍資料", icon=":material/search:")
