"""One kept document: what it is, what may be done with it, what was done."""

import streamlit as st

from pages.documents.destruction import destruction_buttons, show_destruction_dialog
from pages.documents.handover import handover_button
from pages.documents.upload import upload_button
from pages.documents.words import STATE_COLOURS, lawful_words, title_of
from pages.shared.session import actor_source
from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.errors import Refused
from services.papers.attaching import Matter
from services.papers.listing import PaperDetail
from services.papers.viewing import open_paper
from services.papers.words import PaperState


def show_card(actor: Actor, detail: PaperDetail) -> None:
    """Show the document with the buttons that this person may press."""
    row = detail.row
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(title_of(row)), anchor=False, width="content")
            st.badge(row.state.label, color=STATE_COLOURS[row.state])
        if detail.fault_at and row.state is not PaperState.DESTROYED:
            st.error(
                f"{rocdate.roc_time(detail.fault_at)}開啟時，內容與收存時的雜湊值不符；"
                "已通知系統維運人員，請勿銷毀。",
                icon=":material/report:",
            )
        left, right = st.columns([1.3, 1], gap="large")
        with left:
            _facts(detail)
        with right:
            _acts(actor, detail)
            _history(detail)
    show_destruction_dialog(row.id)


def _facts(detail: PaperDetail) -> None:
    row = detail.row
    facts = {
        "帳號或申請人": f"{row.about}　{row.role.label}",
        "機關／單位": f"{row.agency}　{row.unit}",
        "申請案": row.application_no or "無",
        "檔案": f"{row.file_name}（{_size(row.size)}）",
        "來源": "已簽章的掃描檔" if row.signed else "系統產製",
        "收存": f"{rocdate.roc_time(row.stored_at)}　{detail.stored_by}",
        "保管人": row.custodian or "尚無",
        "雜湊值": detail.sha256,
    }
    if words := lawful_words(row):
        facts["可銷毀日"] = words
    if row.letter_no:
        day = f"　{rocdate.roc_date(row.letter_date)}" if row.letter_date else ""
        facts["公文"] = f"{row.letter_no}{day}"
    if detail.destroyed_at:
        facts["銷毀"] = rocdate.roc_time(detail.destroyed_at)
    st.table(
        [{"項目": name, "內容": plain(value)} for name, value in facts.items()],
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )


def _acts(actor: Actor, detail: PaperDetail) -> None:
    row = detail.row
    with st.container(horizontal=True):
        if row.state is not PaperState.DESTROYED:
            _open_button(detail)
            destruction_buttons(actor, detail)
            handover_button("移交保管", "act.handover", row.custodian_id, row.id)
        case = row.application_no and f"申請案　{row.application_no}　{row.about}"
        matter = Matter(
            account_id=None if case else row.account_id,
            application_id=row.application_id,
            label=case or f"帳號　{row.about}",
        )
        upload_button("上傳同案文件", "act.upload", matter)
    if row.state is PaperState.DESTROYED:
        st.caption("內容已銷毀，不能再檢視；登記、雜湊值與經過永久保留。")
    else:
        st.caption("每次檢視／下載都會留下紀錄。")


def _open_button(detail: PaperDetail) -> None:
    person_now = actor_source()
    document_id = detail.row.id

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再檢視。")
        return open_paper(person, document_id).content

    st.download_button(
        "檢視／下載",
        content,
        file_name=detail.row.file_name,
        mime=detail.media_type,
        icon=":material/visibility:",
        key="act.open",
        on_click="ignore",
    )


def _history(detail: PaperDetail) -> None:
    st.markdown("**銷毀經過**")
    if not detail.steps:
        st.caption("沒有提出銷毀。")
    for step in detail.steps:
        st.caption(
            f"{rocdate.roc_time(step.at)}　{plain(step.by)}　{step.act.label}（{plain(step.reason)}）"
        )


def _size(size: int) -> str:
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024)):,} KB"
    return f"{size / 1024 / 1024:.1f} MB"
