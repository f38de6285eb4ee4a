"""Step ④ 查核: the list of records, and the selected one's story with the verdict beside it."""

import streamlit as st

from pages.agency_audit.beside import show_beside
from pages.sampler.bulk import ask_for_bulk
from pages.sampler.context import Context, go_to
from pages.sampler.draws import list_draws
from pages.sampler.evidence import show_evidence
from pages.sampler.record import show_around, show_record
from pages.sampler.sharing import offer_shares, show_effort
from pages.sampler.sheet_filter import filtered
from pages.sampler.sheet_list import first_to_see, sheet_table, step_through
from pages.sampler.verdict import show_problem, verdict_bar
from services.audits.agency.comparison import verdicts_beside
from services.audits.desk import view_desk
from services.audits.evidence.lines import counts_by_record
from services.audits.overview import AuditView
from services.audits.sheet import SheetRow
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus


def show(context: Context) -> None:
    """Show the worksheet of a drawn audit."""
    audit = context.audit
    if audit is None or not audit.draws or audit.findings is None:
        nothing = f"{context.period.this}沒有使用紀錄，沒有要查核的紀錄。"
        st.info(nothing if context.nil_return else "尚未抽樣。", icon=":material/info:")
        return
    desk = view_desk(context.actor, audit.audit_id)
    rows, files = desk.rows, desk.files
    judging = audit.status is AuditStatus.JUDGING
    working = judging and context.may_conduct
    # Whoever does not conduct the audit may still have a few of its records to judge.
    judging = judging and (working or any(row.may_judge for row in rows))
    of_agency = audit.kind is AuditKind.AGENCY
    beside = verdicts_beside(context.actor, audit.audit_id) if of_agency else None
    _progress(audit)
    list_draws(context.actor, audit)
    show_effort(desk, audit.audit_id, working)
    listed = filtered(context, rows, beside)
    if judging:
        ask_for_bulk(audit.audit_id, rows)
    left, right = st.columns([1.35, 1], gap="medium")
    with left:
        counted = counts_by_record(files)
        selected = sheet_table(audit.audit_id, listed, counted, beside) if listed else []
        show_evidence(audit.audit_id, files, None, working)
    with right:
        show_problem()
        if not listed:
            _nothing_left(audit, rows)
            return
        chosen = selected or [first_to_see(listed)]
        step_through(listed, chosen)
        show_record(context.actor, audit.audit_id, chosen)
        if beside is not None and len(chosen) == 1:
            show_beside(beside.get(chosen[0].record_id))
        if judging:
            verdict_bar(audit.audit_id, chosen)
        if working:
            offer_shares(audit.audit_id, chosen)
        show_around(context.actor, audit, chosen, files, working)


def _progress(audit: AuditView) -> None:
    found = audit.findings
    assert found is not None
    share = found.judged / found.to_judge if found.to_judge else 1.0
    st.progress(share, f"已判定 {found.judged:,}／{found.to_judge:,} 筆")
    st.info(found.sentence, icon=":material/query_stats:")


def _nothing_left(audit: AuditView, rows: list[SheetRow]) -> None:
    if all(row.judged.sequence for row in rows):
        st.success("全部紀錄都已判定。", icon=":material/task_alt:")
        if audit.status is AuditStatus.JUDGING and st.button(
            "前往簽核", type="primary", icon=":material/draw:"
        ):
            go_to("sign")
    else:
        st.info("沒有符合篩選的紀錄；請改選「全部」。", icon=":material/filter_alt:")
