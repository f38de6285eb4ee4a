"""What a signature would stand for: the floors and what was reached, and every record found wanting."""

import streamlit as st

from pages.shared.tables import table_height, with_times
from services.actor import Actor
from services.audits.findings import said
from services.audits.overview import AuditView
from services.audits.sheet import SheetRow, worksheet_rows
from services.audits.words import Ruling


def show_signed_over(actor: Actor, audit: AuditView) -> None:
    """Show the floors with what was reached, the records found wanting, and the duty that follows."""
    if audit.frame is None or audit.frame.picture.records == 0:
        return
    rows = worksheet_rows(actor, audit.audit_id)
    left, right = st.columns([1, 1.9], gap="medium")
    with left:
        _floors(audit)
    with right:
        _wanting([row for row in rows if row.judged.ruling not in (None, Ruling.COMPLIANT)])
        in_bulk = sum(row.judged.in_bulk for row in rows)
        if in_bulk:
            st.caption(f":material/library_add_check: {in_bulk:,} 筆為整批判定。")
    _duty(audit)


def _floors(audit: AuditView) -> None:
    """Show what the rule asks to look at, and what was (7.1.1, 7.1.2; a spot check has no floors)."""
    assert audit.frame is not None and audit.findings is not None
    picture, found = audit.frame.picture, audit.findings
    drawn = sum(draw.size for draw in audit.draws if draw.current)
    none = not audit.kind.rule.has_floors
    lines = [
        ("筆數", picture.records, picture.floors.records, drawn, "筆"),
        ("人數", picture.people, picture.floors.users, found.people, "人"),
        ("月份", picture.months, picture.floors.months, found.months, "個月"),
    ]
    st.markdown("**應查與實查**")
    st.dataframe(
        [
            {
                "": name,
                "母體": f"{total:,} {unit}",
                "應查": "－" if none else f"{floor:,} {unit}",
                "實查": f"{reached:,} {unit}",
                "結果": "－" if none else ("達成" if reached >= floor else "未達"),
            }
            for name, total, floor, reached, unit in lines
        ],
        hide_index=True,
        height="content",
        key=f"floors_{audit.audit_id}",
    )
    st.caption("實查以抽出的樣本計；判斷抽查與前次抽樣保留的紀錄不計入。")


def _wanting(rows: list[SheetRow]) -> None:
    st.markdown(f"**請說明、缺失與重大缺失的紀錄**（{len(rows):,} 筆）")
    if not rows:
        st.caption("沒有。")
        return
    order = list(Ruling)[::-1]
    rows = sorted(rows, key=lambda row: order.index(row.judged.ruling or Ruling.COMPLIANT))
    st.dataframe(
        with_times(
            [
                {
                    "編號": row.record_id,
                    "判定": row.judged.ruling.label if row.judged.ruling else "",
                    "說明": row.judged.note,
                    "未通過": "、".join(check.failed_label for check in row.judged.failed),
                    "使用者": row.person,
                    "時間": row.occurred_at,
                    "標的": row.target,
                    "案件號或原因": row.purpose,
                    "判定人員": row.judged.judge,
                    "整批": row.judged.bulk_words,
                }
                for row in rows
            ]
        ),
        hide_index=True,
        height=table_height(len(rows), 300),
        column_config={"編號": st.column_config.NumberColumn(format="%d", width=70)},
        key="wanting",
        placeholder="－",
    )


def _duty(audit: AuditView) -> None:
    """Say what clause 7.1.3 asks where something was found."""
    found = audit.findings
    assert found is not None
    if not found.known:
        return
    grave = "須" if found.known_major else "其中如有異常使用或重大缺失，須"
    st.warning(
        f"查得{said(found.known, found.known_major)}。依第七點（一）3.，{grave}報告機關首長並通知政風單位；"
        "提報、通報、補救與處理結果請在「異常與事件」登錄。",
        icon=":material/gavel:",
    )
