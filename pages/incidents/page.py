"""異常與事件: what cannot be explained, what is done about it, and the spot checks (7.1.3, 7.1.4)."""

import streamlit as st

from pages.incidents import incident_list, spots
from pages.incidents.filters import VIEWS, choose, chosen, fields, key
from pages.incidents.words import PAGE
from pages.shared import address
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from services.incidents.listing import incident_units


def _start_over() -> None:
    """Whoever turns to the other view begins with its list."""
    choose("incident", None)
    choose("spot", None)


actor = current_actor()
page_head(
    "異常與事件",
    "異常使用與缺失從成立到結案：提報首長、通報政風、補救、處理結果"
    "（第六點（三）5.、第七點（一）3.、4.）。",
)
units, handled = incident_units(actor)
known = fields(units)
if address.read(PAGE, known):
    st.warning(
        "網址中有部分條件不存在或不在您的權限範圍內，已略過。", icon=":material/filter_alt_off:"
    )
if chosen("spot") is not None and chosen("incident") is None:
    st.session_state[key("view")] = "spots"
view = st.segmented_control(
    "檢視",
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    key=key("view"),
    required=True,
    label_visibility="collapsed",
    on_change=_start_over,
)
if view == "spots":
    spots.show(actor, known)
else:
    incident_list.show(actor, units, handled)
address.write(PAGE, known)
