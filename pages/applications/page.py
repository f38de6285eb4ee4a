"""申請: a person's own applications: a change, a cancellation, and where they stand."""

import streamlit as st

from pages.applications.own import new_application, own_acts
from pages.applications.view import show_application
from pages.applications.words import waits_for
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from pages.shared.tables import with_times
from services import rocdate
from services.applications.listing import my_application, my_applications
from services.regulation.application_states import LIVE

actor = current_actor()
page_head("申請", "您帳號的權限異動與註銷；離職或調職前應先提出（第六點（三）4.）。")
lines = my_applications(actor)
live = [line for line in lines if line.state in LIVE]
if live:
    with showing_errors():
        detail = my_application(actor, live[0].id)
        own_acts(actor, detail)
        show_application(detail)
else:
    new_application(actor)
past = [line for line in lines if line.state not in LIVE]
if past:
    st.subheader("歷次申請", anchor=False)
    st.dataframe(
        with_times(
            [
                {
                    "案號": line.number,
                    "申請": line.kind.label,
                    "狀態": waits_for(line),
                    "送出": rocdate.local_date(line.submitted_at),
                    "結案": rocdate.local_date(line.closed_at) if line.closed_at else None,
                }
                for line in past
            ]
        ),
        hide_index=True,
        alt="歷次申請",
    )
