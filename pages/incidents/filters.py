"""The address of 異常與事件, and the filters of the list of incidents."""

import re
from functools import partial

import streamlit as st

from pages.incidents.words import PAGE
from pages.shared import address
from services.identity.organisation import UnitInfo
from services.incidents.listing import IncidentFilters
from services.incidents.words import IncidentStatus
from services.regulation.audit_kinds import AuditKind
from services.regulation.incidents import Gravity

VIEWS = {"incidents": "事件", "spots": "不定期檢查"}
_EVERY_STATE = "all"


def fields(units: tuple[UnitInfo, ...]) -> dict[str, address.Field]:
    """Return what the address of the page may hold for a person with these units."""
    return {
        "view": address.Field(list(VIEWS), "incidents"),
        "state": address.Field([*IncidentStatus, _EVERY_STATE], IncidentStatus.OPEN.value),
        "gravity": address.Field([gravity.value for gravity in Gravity]),
        "unit": address.Field([unit.code for unit in units]),
        "mine": address.Field(["yes"], many=True),
        "incident": address.Field(address.AnyText()),
        "spot": address.Field(address.AnyText()),
        "step": address.Field([step.value for step in AuditKind.SPOT.rule.steps]),
    }


def incident_filters(units: tuple[UnitInfo, ...]) -> IncidentFilters:
    """Show the filters in one row and return what they say."""
    by_code = {unit.code: unit for unit in units}
    one_agency = len({unit.agency_code for unit in units}) == 1
    # What was open belonged to the list before.
    forget = partial(choose, "incident", None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        state = st.selectbox(
            "狀態",
            [*(status.value for status in IncidentStatus), _EVERY_STATE],
            format_func=lambda code: "全部" if code == _EVERY_STATE else IncidentStatus(code).label,
            key=key("state"),
            on_change=forget,
            width=130,
        )
        gravity = st.selectbox(
            "情節",
            [gravity.value for gravity in reversed(Gravity)],
            index=None,
            format_func=lambda code: Gravity(code).label,
            placeholder="全部",
            key=key("gravity"),
            on_change=forget,
            width=150,
        )
        unit = st.selectbox(
            "單位",
            list(by_code),
            index=None,
            format_func=lambda code: by_code[code].name if one_agency else by_code[code].label,
            placeholder=units[0].name if len(units) == 1 else "全部",
            disabled=len(units) == 1,
            key=key("unit"),
            on_change=forget,
            width=190,
        )
        mine = st.pills(
            "只看",
            ["yes"],
            selection_mode="multi",
            format_func=lambda _code: "我可以處理的",
            key=key("mine"),
            on_change=forget,
        )
    return IncidentFilters(
        status=None if state == _EVERY_STATE else IncidentStatus(state),
        gravity=Gravity(gravity) if gravity else None,
        unit_id=by_code[unit].id if unit else None,
        mine=bool(mine),
    )


def chosen(name: str) -> int | None:
    """Return the incident or the spot check that the address or a table names."""
    given = st.session_state.get(key(name))
    return int(given) if given and re.fullmatch(r"[0-9]{1,9}", given) else None


def choose(name: str, number: int | None) -> None:
    """Make this the incident, or the spot check, that is shown."""
    st.session_state[key(name)] = None if number is None else str(number)


def key(name: str) -> str:
    """Return the widget key of a field."""
    return address.key(PAGE, name)
