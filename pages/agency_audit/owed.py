"""What the units owe the agency: their audits of both quarters, and receiving the signed ones."""

from collections import Counter
from datetime import date

import streamlit as st

from pages.agency_audit.context import AgencyContext
from pages.sampler.context import STATUS_COLOURS
from pages.shared.choice import table_key
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.tables import table_height, with_times
from pages.shared.text import plain
from services import rocdate
from services.audits.agency.overview import OwedAudit
from services.audits.agency.receiving import receive
from services.audits.overview import AuditView, view_audit
from services.audits.words import Ruling
from services.regulation.audit_states import AuditStatus
from services.schedule.days import unit_audit_day
from services.schedule.unit_audits import whose_turn
from services.schedule.words import moved_words

_OPEN = "owed.open"
"""The button of a row that leads to the unit's audit."""


def show(context: AgencyContext) -> None:
    """Show every unit's audit of both quarters; it folds up once the agency's own has begun."""
    units = context.agency.units
    kept = sum(one.status is AuditStatus.RECEIVED for one in units)
    title = f"單位稽核：應交 {len(units):,} 件，已收存 {kept:,} 件"
    with st.expander(title, expanded=context.audit is None, icon=":material/inbox:"):
        counts = Counter(one.status for one in units)
        with st.container(horizontal=True):
            for status, count in counts.items():
                st.badge(f"{status.label} {count:,}", color=STATUS_COLOURS[status])
        chosen = _table(context, units)
        if not chosen:
            st.caption("按「開啟」看該件稽核；勾選一列或多列可收存。")
        else:
            _offer(context, chosen)
    about = opened("receive")
    if about is not None:
        with showing_errors():
            _receive([view_audit(context.actor, audit_id) for audit_id in about])


def _table(context: AgencyContext, units: list[OwedAudit]) -> list[OwedAudit]:
    event = st.dataframe(
        with_times(
            [_cells(context, one) for one in units],
            words={"期限": _due_words(units).__getitem__},
            missing={"逾期自": "－"},
        ),
        hide_index=True,
        height=table_height(len(units), 290),
        placeholder="－",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "稽核": st.column_config.ButtonColumn(width=74, type="tertiary", key=_OPEN),
            "期限": st.column_config.Column(width=110),
            "逾期自": st.column_config.Column(width=104),
            "逾期天數": st.column_config.Column(width=80),
        },
        # A new key after each act: the old selection would stay where nothing is left to do.
        key=table_key(
            f"owed_{context.of}_{context.half}",
            [(one.unit_id, str(one.quarter), one.status.value) for one in units],
        ),
    )
    if (click := st.session_state.get(_OPEN)) is not None and click["row"] < len(units):
        _open(units[click["row"]])
    return [units[place] for place in event["selection"]["rows"] if place < len(units)]


def _cells(context: AgencyContext, one: OwedAudit) -> dict[str, object]:
    due = unit_audit_day(one.quarter)
    late = due.is_past(context.actor.today) and not one.status.is_signed
    return {
        "稽核": "開啟",
        "單位": one.unit,
        "季別": one.quarter.label,
        "狀態": one.status.label,
        "輪到誰": whose_turn(one.status) or "－",
        "期限": due.effective,
        "逾期自": due.overdue_from if late else None,
        "逾期天數": (context.actor.today - due.effective).days if late else None,
    }


def _open(one: OwedAudit) -> None:
    there = (
        {"audit": str(one.audit_id)}
        if one.audit_id
        else {"unit": one.code, "quarter": str(one.quarter)}
    )
    st.switch_page("pages/sampler/page.py", query_params=there)


def _due_words(units: list[OwedAudit]) -> dict[date, str]:
    """Return by the day that counts what is said of it: the nominal one, and where it moves to."""
    days = [unit_audit_day(one.quarter) for one in units]
    return {due.effective: rocdate.roc_date(due.nominal) + moved_words(due) for due in days}


def _offer(context: AgencyContext, chosen: list[OwedAudit]) -> None:
    ready = [one.audit_id for one in chosen if one.status is AuditStatus.SIGNED]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"已勾選 **{len(chosen):,}** 件，其中 **{len(ready):,}** 件可收存", width="content"
        )
        if ready and context.agency.may_receive:
            st.button(
                "收存",
                type="primary",
                icon=":material/inventory_2:",
                on_click=open_dialog,
                args=("receive", *ready),
            )


@st.dialog("收存單位稽核紀錄", width="medium", on_dismiss=close_dialog)
def _receive(audits: list[AuditView]) -> None:
    number = f"以下 {len(audits):,} 件單位稽核紀錄" if len(audits) > 1 else "這件單位稽核紀錄"
    st.markdown(
        f"將收存{number}。機關稽核凍結以前，單位主管仍可敘明理由重新開啟，重新簽核後須再收存。"
    )
    if len(audits) > 1:
        _summary(audits)
    else:
        _in_full(audits[0])
    with showing_errors():
        if st.button("確定收存", type="primary", icon=":material/inventory_2:"):
            receive(current_actor(), {audit.audit_id: audit.content_hash for audit in audits})
            notify(f"已收存 {len(audits):,} 件。")
            close_dialog()
            st.rerun()


def _summary(audits: list[AuditView]) -> None:
    found = [audit.findings for audit in audits]
    st.dataframe(
        {
            "單位": [audit.unit for audit in audits],
            "季別": [audit.period.label for audit in audits],
            "查核筆數": [one.judged if one else 0 for one in found],
            **{
                ruling.label: [one.counts[ruling.value] if one else 0 for one in found]
                for ruling in Ruling
                if ruling.deviates
            },
            "簽核": ["、".join(one.who for one in audit.signatures) for audit in audits],
        },
        hide_index=True,
        height=table_height(len(audits), 430),
    )


def _in_full(audit: AuditView) -> None:
    st.markdown(f"**{plain(audit.unit)} {audit.period.label}**")
    if audit.findings:
        st.info(audit.findings.sentence, icon=":material/query_stats:")
    for one in audit.signatures:
        st.caption(f"{one.capacity.label} {plain(one.who)} {rocdate.roc_time(one.at)}簽核")
