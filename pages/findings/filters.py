"""The address of 缺失改善, and the filters of its list."""

import re

import streamlit as st

from pages.findings.words import PAGE
from pages.shared import address
from services.oversight.findings.listing import FindingFilters
from services.regulation.finding_states import Side

VIEWS = {"findings": "缺失", "help": "辦理流程"}
_SHOWN = {"open": "未結案", "agency": "輪到機關", "bureau": "輪到地政局", "all": "全部"}


def fields() -> dict[str, address.Field]:
    """Return what the address of the page may hold."""
    return {
        "view": address.Field(list(VIEWS), "findings"),
        "show": address.Field(list(_SHOWN), "open"),
        "finding": address.Field(address.AnyText()),
    }


def finding_filters() -> FindingFilters:
    """Show the filter and return what it says."""
    show = st.segmented_control(
        "只看",
        list(_SHOWN),
        format_func=_SHOWN.__getitem__,
        key=key("show"),
        required=True,
        label_visibility="collapsed",
        on_change=choose,
        args=(None,),
    )
    if show in ("agency", "bureau"):
        return FindingFilters(waits_for=Side(show))
    return FindingFilters(open_only=show == "open")


def chosen() -> int | None:
    """Return the finding that the address or the table names."""
    given = st.session_state.get(key("finding"))
    return int(given) if given and re.fullmatch(r"[0-9]{1,9}", given) else None


def choose(number: int | None) -> None:
    """Make this the finding that is shown."""
    st.session_state[key("finding")] = None if number is None else str(number)


def key(name: str) -> str:
    """Return the widget key of a field."""
    return address.key(PAGE, name)
