"""待辦: what this person owes, what waits on others, and one click to the place."""

import streamlit as st

from pages.home.box import show_task
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.schedule.folding import folded
from services.schedule.tasks import tasks_of

actor = current_actor()
page_head("待辦", f"{plain(actor.name)}，今天是 {rocdate.roc_date(actor.today)}。")

tasks = folded(tasks_of(actor))
owed = [task for task in tasks if task.is_owed]
waiting = [task for task in tasks if not task.is_owed]
for task in owed:
    show_task(actor, task)
if not owed:
    st.success("目前沒有您要辦理的事項。", icon=":material/task_alt:")
if waiting:
    st.subheader("等待他人", anchor=False)
    for task in waiting:
        show_task(actor, task)
if actor.items:
    st.page_link("pages/parcels/page.py", label="查詢地籍資料", icon=":material/search:")
