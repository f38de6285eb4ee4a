"""What cannot be explained: the open incidents by gravity, the list, and the one that is chosen."""

from functools import partial

import streamlit as st

from pages.incidents.card import show_card
from pages.incidents.filters import choose, chosen, incident_filters
from pages.incidents.report import report_button, show_report_dialog
from pages.incidents.words import GRAVITY_COLOURS, PAGE
from pages.shared.choice import choice_table
from pages.shared.feedback import showing_errors
from pages.shared.paging import Pager
from pages.shared.tables import table_height, with_times
from services.actor import Actor
from services.identity.organisation import UnitInfo
from services.incidents.listing import IncidentPage, IncidentRow, list_incidents
from services.incidents.view import view_incident
from services.regulation.incidents import Gravity

_SIZE = 50


def show(actor: Actor, units: tuple[UnitInfo, ...], handled: frozenset[int]) -> None:
    """Show the list with its filters, and the chosen incident below it."""
    filters = incident_filters(units)
    pager = Pager(PAGE, filters, _SIZE)
    page = list_incidents(actor, filters, pager.cursor, _SIZE)
    with st.container(horizontal=True, vertical_alignment="center"):
        for gravity in reversed(Gravity):
            count = page.open_by_gravity.get(gravity, 0)
            colour = GRAVITY_COLOURS[gravity] if count else "gray"
            st.badge(f"{gravity.label} {count:,} 件處理中", color=colour)
        report_button(tuple(unit for unit in units if unit.id in handled))
    if page.rows:
        _table(page)
        pager.controls(page.next_after, page.total)
    elif sum(page.open_by_gravity.values()):
        st.info("沒有符合條件的事件；請放寬條件。", icon=":material/search_off:")
    else:
        st.success(
            "沒有處理中的事件。稽核判定缺失或重大缺失時會自動成立；平時發現異常使用，"
            "由單位主管、機關管理者或政風人員成立。",
            icon=":material/task_alt:",
        )
    if (incident_id := chosen("incident")) is not None:
        with showing_errors():
            show_card(view_incident(actor, incident_id), actor.today)
    show_report_dialog()


def _table(page: IncidentPage) -> None:
    choice_table(
        with_times([_cells(row) for row in page.rows]),
        [row.id for row in page.rows],
        chosen("incident"),
        partial(choose, "incident"),
        f"{PAGE}.table",
        height=table_height(len(page.rows), 440),
        alt="事件清單",
    )


def _cells(row: IncidentRow) -> dict[str, object]:
    return {
        "案號": row.number,
        "情節": row.gravity.label,
        "使用者": row.person,
        "單位": row.unit,
        "事由": row.title,
        "下一步": "結案" if row.to_close else row.next_step or row.status.label,
        "成立": row.opened_on,
        "天數": row.days,
        "狀態": row.status.label,
    }
