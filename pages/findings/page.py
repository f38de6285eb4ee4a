"""缺失改善: what the bureau asks of us, by when, what we answered, and what became of it (clause 7.2.2)."""

import streamlit as st

from pages.findings.card import show_card
from pages.findings.filters import VIEWS, chosen, fields, finding_filters, key
from pages.findings.finding_list import show_list
from pages.findings.flow import show_flow
from pages.findings.words import PAGE
from pages.shared import address
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from services.actor import Actor
from services.identity.permissions import Action, reach
from services.oversight.findings.listing import FindingFilters, list_findings
from services.oversight.findings.view import view_finding


def _show_findings(actor: Actor) -> None:
    filters = finding_filters()
    rows = list_findings(actor, filters)
    if rows:
        show_list(rows, of_many=reach(actor, Action.VIEW_FINDINGS).everything)
    elif filters == FindingFilters():
        st.info("地政局沒有請說明或列為缺失的事項。", icon=":material/info:")
    else:
        st.success("沒有這類事項；要看其他的，請換上方的條件。", icon=":material/task_alt:")
    if (finding_id := chosen()) is not None:
        with showing_errors():
            show_card(view_finding(actor, finding_id))


actor = current_actor()
page_head(
    "缺失改善",
    "地政局複核或外部稽核請機關說明、列為缺失及限期改善的事項，從請說明到結案（第七點（二）2.）。",
)
known = fields()
if address.read(PAGE, known):
    st.warning("網址中有不存在的條件，已略過。", icon=":material/filter_alt_off:")
view = st.segmented_control(
    "檢視",
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    key=key("view"),
    required=True,
    label_visibility="collapsed",
)
if view == "help":
    show_flow()
else:
    _show_findings(actor)
address.write(PAGE, known)
