"""The unit's own verdict on a record, beside the agency's."""

from collections.abc import Mapping

import streamlit as st

from pages.shared.text import plain
from services.audits.agency.comparison import Beside


def unit_column(beside: Mapping[int, Beside], record_id: int) -> str:
    """Return what the worksheet's column says of a record."""
    found = beside.get(record_id)
    if found is None or found.unit.ruling is None:
        return "未稽核"
    # What differs is said first: the column is narrow.
    return ("不同：" if found.differs else "") + found.unit.ruling.label


def show_beside(found: Beside | None) -> None:
    """Show the unit's verdict with its words; a disagreement stands out."""
    if found is None or found.unit.ruling is None:
        return
    said = f"：{plain(found.unit.note)}" if found.unit.note else ""
    sentence = f"單位判定「{found.unit.ruling.label}」（{plain(found.unit.judge)}）{said}"
    if found.differs:
        st.warning(f"與單位的判定不同。{sentence}", icon=":material/difference:")
    else:
        st.caption(sentence)
