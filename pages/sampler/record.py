"""One record's story beside the worksheet, or a summary of several selected ones."""

import streamlit as st

from pages.sampler.evidence import show_evidence
from pages.sampler.inclusion import offer_inclusion
from pages.sampler.story import show_story
from pages.shared.badges import Colour
from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.audits.evidence import EvidenceLine
from services.audits.overview import AuditView
from services.audits.sheet import SheetRow, record_history
from services.audits.words import Ruling

RULING_COLOURS: dict[Ruling, Colour] = {
    Ruling.COMPLIANT: "green",
    Ruling.EXPLAIN: "orange",
    Ruling.DEFICIENT: "red",
    Ruling.MAJOR: "red",
}


def show_record(actor: Actor, audit_id: int, chosen: list[SheetRow]) -> None:
    """Show one record whole, or say what the selection holds."""
    with st.container(border=True):
        if len(chosen) > 1:
            people = len({row.person_key for row in chosen})
            st.markdown(f"**已選取 {len(chosen):,} 筆**，{people:,} 人")
            noticed = sum(bool(row.checks) for row in chosen)
            st.caption(f"其中 {noticed:,} 筆有系統提示，請逐筆看過再一起判定。")
            return
        _one(actor, audit_id, chosen[0])


def show_around(
    actor: Actor, audit: AuditView, chosen: list[SheetRow], files: list[EvidenceLine], working: bool
) -> None:
    """Show what belongs to the one record on screen: its evidence, its story, its probability."""
    if len(chosen) > 1:
        return
    with st.container(border=True):
        show_evidence(audit.audit_id, files, chosen[0].record_id, working)
        show_story(actor, audit.audit_id, chosen[0])
        offer_inclusion(audit.audit_id, len(audit.draws), chosen[0].record_id)


def _one(actor: Actor, audit_id: int, row: SheetRow) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**紀錄 {row.record_id}**")
        st.badge(row.basis_label, color="gray")
        if row.judged.ruling:
            st.badge(row.judged.ruling.label, color=RULING_COLOURS[row.judged.ruling])
        if row.judged.in_bulk:
            st.badge(row.judged.bulk_words, icon=":material/library_add_check:", color="gray")
    facts = {
        "時間": rocdate.roc_time(row.occurred_at),
        "使用者": row.person,
        "項目": f"{row.item}（{row.action}）",
        "標的": row.target,
        "案件號或原因": row.purpose or "（未填）",
        "來源位址": row.address or "－",
        **({"查核人": row.assignee} if row.assignee else {}),
        **({"判定": row.goes_to} if row.goes_to else {}),
    }
    for name, value in facts.items():
        label, text = st.columns([1, 3], gap="small")
        label.caption(name)
        text.markdown(plain(value))
    for check in row.checks:
        st.badge(check, icon=":material/flag:", color="orange")
    st.caption(plain(row.why))
    if row.judged.sequence:
        _history(actor, audit_id, row.record_id)


def _history(actor: Actor, audit_id: int, record_id: int) -> None:
    for past in record_history(actor, audit_id, record_id):
        ruling = past.judged.ruling.label if past.judged.ruling else ""
        failed = "、".join(check.failed_label for check in past.judged.failed)
        reason = (
            f"（更改理由：{plain(past.judged.change_reason)}）" if past.judged.change_reason else ""
        )
        st.markdown(
            f"{rocdate.roc_time(past.at)} {plain(past.judge)}：**{ruling}** "
            f"{f'（{failed}）' if failed else ''}{plain(past.judged.note)}{reason}"
            f"{f'　{past.judged.bulk_words}' if past.judged.in_bulk else ''}"
        )
