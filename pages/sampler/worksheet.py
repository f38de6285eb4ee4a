"""Step ④ 查核: the list of records, and the selected one's story with the verdict beside it."""

from collections import Counter
from collections.abc import Mapping

import streamlit as st

from pages.agency_audit.beside import show_beside, unit_column
from pages.sampler.bulk import ask_for_bulk
from pages.sampler.context import PAGE, Context, go_to
from pages.sampler.draws import list_draws
from pages.sampler.evidence import show_evidence
from pages.sampler.record import show_around, show_record
from pages.sampler.sharing import offer_shares, show_effort
from pages.sampler.verdict import show_problem, verdict_bar
from pages.shared import address
from pages.shared.choice import table_key
from pages.shared.tables import table_height, with_times
from services.audits.agency.comparison import Beside, verdicts_beside
from services.audits.evidence.lines import counts_by_record, list_evidence
from services.audits.overview import AuditView
from services.audits.sheet import SheetRow, worksheet_rows
from services.audits.words import AuditKind, AuditStatus, Ruling

FILTERS = {
    "open": "未判定",
    "mine": "分派給我",
    "flagged": "系統提示",
    "wanting": "缺失與請說明",
    "all": "全部",
}
"""What the address holds, and what it is called."""


def show(context: Context) -> None:
    """Show the worksheet of a drawn audit."""
    audit = context.audit
    if audit is None or not audit.draws or audit.findings is None:
        nothing = f"{context.period.this}沒有使用紀錄，沒有要查核的紀錄。"
        st.info(nothing if context.nil_return else "尚未抽樣。", icon=":material/info:")
        return
    rows = worksheet_rows(context.actor, audit.audit_id)
    files = list_evidence(context.actor, audit.audit_id)
    working = audit.status is AuditStatus.JUDGING and context.may_conduct
    of_agency = audit.kind is AuditKind.AGENCY
    beside = verdicts_beside(context.actor, audit.audit_id) if of_agency else None
    _progress(audit)
    list_draws(context.actor, audit)
    show_effort(context.actor, audit.audit_id, working)
    listed = _filtered(rows)
    if working:
        ask_for_bulk(audit.audit_id, rows)
    left, right = st.columns([1.35, 1], gap="medium")
    with left:
        selected = _table(audit, listed, counts_by_record(files), beside) if listed else []
        show_evidence(audit.audit_id, files, None, working)
    with right:
        show_problem()
        if not listed:
            _nothing_left(audit, rows)
            return
        chosen = selected or [_first(listed)]
        show_record(context.actor, audit.audit_id, chosen)
        if beside is not None and len(chosen) == 1:
            show_beside(beside.get(chosen[0].record_id))
        if working:
            verdict_bar(audit.audit_id, chosen)
            offer_shares(audit.audit_id, chosen)
        show_around(context.actor, audit, chosen, files, working)


def _progress(audit: AuditView) -> None:
    found = audit.findings
    assert found is not None
    share = found.judged / found.to_judge if found.to_judge else 1.0
    st.progress(share, f"已判定 {found.judged:,}／{found.to_judge:,} 筆")
    st.info(found.sentence, icon=":material/query_stats:")


def _filtered(rows: list[SheetRow]) -> list[SheetRow]:
    widget = address.key(PAGE, "filter")
    if st.session_state.get(widget) is None:
        still_open = any(not row.judged.sequence for row in rows)
        st.session_state[widget] = "open" if still_open else "all"
    chosen = st.segmented_control(
        "顯示",
        list(FILTERS),
        format_func=lambda code: FILTERS[code],
        key=widget,
        required=True,
        label_visibility="collapsed",
    )
    return [row for row in rows if _kept(row, str(chosen))]


def _kept(row: SheetRow, chosen: str) -> bool:
    match chosen:
        case "open":
            return not row.judged.sequence
        case "mine":
            return row.mine
        case "flagged":
            return bool(row.checks)
        case "wanting":
            return row.judged.ruling not in (None, Ruling.COMPLIANT)
        case _:
            return True


def _table(
    audit: AuditView,
    rows: list[SheetRow],
    files: Counter[int | None],
    beside: Mapping[int, Beside] | None,
) -> list[SheetRow]:
    event = st.dataframe(
        with_times(
            [
                {
                    "編號": row.record_id,
                    "判定": _ruling(row),
                    "案件號或原因": row.purpose,
                    "使用者": row.person,
                    "標的": row.target,
                    "時間": row.occurred_at,
                    "項目": f"{row.item}．{row.action}",
                    "系統提示": "、".join(row.checks),
                    "未通過": "、".join(check.failed_label for check in row.judged.failed),
                    "佐證": files[row.record_id] or None,
                    "查核人": row.assignee,
                    "取樣": row.basis_label,
                }
                | ({} if beside is None else {"單位判定": unit_column(beside, row.record_id)})
                for row in rows
            ],
            missing={"佐證": "－"},
        ),
        hide_index=True,
        height=table_height(len(rows), 520),
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "編號": st.column_config.NumberColumn(format="%d", width=70),
            "判定": st.column_config.TextColumn(width=70),
            "案件號或原因": st.column_config.TextColumn(width=210),
        },
        # A new key after each verdict, and for other records: a tick would stand on another one.
        key=table_key(
            f"sheet_{audit.audit_id}", [(row.record_id, row.judged.sequence) for row in rows]
        ),
        placeholder="－",
    )
    return [rows[place] for place in event["selection"]["rows"] if place < len(rows)]


def _ruling(row: SheetRow) -> str:
    if row.judged.ruling is None:
        return ""
    return f"{row.judged.ruling.label}（整批）" if row.judged.in_bulk else row.judged.ruling.label


def _first(rows: list[SheetRow]) -> SheetRow:
    """Return the record to look at when none is selected: the first one still open and not own."""
    return next((row for row in rows if not row.judged.sequence and not row.own), rows[0])


def _nothing_left(audit: AuditView, rows: list[SheetRow]) -> None:
    if all(row.judged.sequence for row in rows):
        st.success("全部紀錄都已判定。", icon=":material/task_alt:")
        if audit.status is AuditStatus.JUDGING and st.button(
            "前往簽核", type="primary", icon=":material/draw:"
        ):
            go_to("sign")
    else:
        st.info("沒有符合篩選的紀錄；請改選「全部」。", icon=":material/filter_alt:")
