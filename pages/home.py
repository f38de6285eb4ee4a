"""待辦: what this person owes, what waits on others, and one click to the place."""

import streamlit as st

from pages.shared.badges import Colour
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.overview import AuditLine, list_audits
from services.audits.words import AuditStatus
from services.identity.actor import Actor
from services.identity.permissions import Action, reach
from services.regulation.periods import Quarter, last_finished_quarter


def open_audits(actor: Actor, quarter: Quarter) -> list[AuditLine]:
    """Return the unit audits of the quarter in this person's reach that are not signed yet."""
    if not reach(actor, Action.VIEW_AUDIT):
        return []
    return [line for line in list_audits(actor, quarter) if line.status is not AuditStatus.SIGNED]


def task(state: str, colour: Colour, words: str, link: str, **address: str) -> None:
    """Show one thing to do or wait for, with the way to it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.badge(state, color=colour)
        st.markdown(words)
        st.page_link(
            "pages/audit_sampler.py",
            label=link,
            icon=":material/arrow_forward:",
            query_params=address,
        )


actor = current_actor()
page_head("待辦", f"{plain(actor.name)}，今天是 {rocdate.roc_date(actor.today)}。")

quarter = last_finished_quarter(actor.today)
due = f"應於 {rocdate.roc_date(quarter.due)} 以前完成"
late = actor.today > quarter.due
lines = open_audits(actor, quarter)
owed = [line for line in lines if line.may_conduct]
waiting = [line for line in lines if not line.may_conduct]

for line in owed:
    task(
        "逾期" if late else "待辦",
        "red" if late else "orange",
        f"**{plain(line.agency)} {plain(line.unit)} {quarter.label}單位稽核**　{line.status.label}，{due}",
        "前往辦理",
        unit=line.unit_code,
        quarter=str(quarter),
    )
if not owed:
    st.success("目前沒有您要辦理的事項。", icon=":material/task_alt:")
if waiting:
    task(
        "逾期" if late else "等待他人",
        "red" if late else "gray",
        f"**{len(waiting):,} 個單位的{quarter.label}單位稽核**尚未簽核，{due}",
        "看各單位進度",
        quarter=str(quarter),
    )
if actor.items:
    st.page_link("pages/parcel_query.py", label="查詢地籍資料", icon=":material/search:")
