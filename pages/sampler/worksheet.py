"""Step ④ 查核: the list of records, and the selected one's story with the verdict beside it."""

import streamlit as st

from pages.sampler.context import Context, go_to
from pages.sampler.record import show_record
from pages.sampler.verdict import show_problem, verdict_bar
from services import rocdate
from services.audits.overview import AuditView
from services.audits.sheet import SheetRow, worksheet_rows
from services.audits.words import AuditStatus, Ruling

_FILTERS = ("未判定", "全部", "系統提示", "缺失與請說明")


def show(context: Context) -> None:
    """Show the worksheet of a drawn audit."""
    audit = context.audit
    if audit is None or not audit.draws or audit.findings is None:
        missing = "本季沒有使用紀錄，沒有要查核的紀錄。" if context.nil_return else "尚未抽樣。"
        st.info(missing, icon=":material/info:")
        return
    rows = worksheet_rows(context.actor, audit.audit_id)
    _progress(audit)
    listed = _filtered(rows)
    left, right = st.columns([1.35, 1], gap="medium")
    with left:
        selected = _table(audit, listed) if listed else []
    with right:
        show_problem()
        if not listed:
            _nothing_left(audit, rows)
            return
        chosen = selected or [_first(listed)]
        show_record(context.actor, audit.audit_id, chosen)
        if audit.status is AuditStatus.JUDGING and context.may_conduct:
            verdict_bar(audit.audit_id, chosen)


def _progress(audit: AuditView) -> None:
    found = audit.findings
    assert found is not None
    share = found.judged / found.to_judge if found.to_judge else 1.0
    st.progress(share, f"已判定 {found.judged:,}／{found.to_judge:,} 筆")
    st.info(found.sentence, icon=":material/query_stats:")


def _filtered(rows: list[SheetRow]) -> list[SheetRow]:
    chosen = st.segmented_control(
        "顯示",
        _FILTERS,
        default="未判定" if any(not row.judged.sequence for row in rows) else "全部",
        key="sheet_filter",
        required=True,
        label_visibility="collapsed",
    )
    if chosen == "未判定":
        return [row for row in rows if not row.judged.sequence]
    if chosen == "系統提示":
        return [row for row in rows if row.checks]
    if chosen == "缺失與請說明":
        return [row for row in rows if row.judged.ruling not in (None, Ruling.COMPLIANT)]
    return rows


def _table(audit: AuditView, rows: list[SheetRow]) -> list[SheetRow]:
    event = st.dataframe(
        [
            {
                "編號": row.record_id,
                "判定": row.judged.ruling.label if row.judged.ruling else "",
                "案件號或原因": row.purpose,
                "使用者": row.person,
                "標的": row.target,
                "時間": rocdate.roc_time(row.occurred_at),
                "項目": f"{row.item}．{row.action}",
                "系統提示": "、".join(row.checks),
                "取樣": row.basis_label,
            }
            for row in rows
        ],
        hide_index=True,
        height=520,
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "編號": st.column_config.NumberColumn(format="%d", width=70),
            "判定": st.column_config.TextColumn(width=60),
            "案件號或原因": st.column_config.TextColumn(width=210),
        },
        # A new key after each verdict: the old selection would point at other records.
        key=f"sheet_{audit.audit_id}_{sum(row.judged.sequence for row in rows)}_{len(rows)}",
        placeholder="－",
    )
    return [rows[place] for place in event["selection"]["rows"] if place < len(rows)]


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
