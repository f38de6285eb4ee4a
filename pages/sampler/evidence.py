"""佐證資料 beside a record, and of the whole audit: added, opened, withdrawn."""

import streamlit as st

from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import actor_source, current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.evidence import (
    EvidenceLine,
    add_evidence,
    open_evidence,
    withdraw_evidence,
)
from services.audits.evidence.adding import REASON_MAX
from services.audits.evidence.keeping import EVIDENCE_KINDS, NOTE_MAX
from services.documents.files import LARGEST
from services.errors import Invalid, Refused

_ADD, _WITHDRAW = "evidence.add", "evidence.withdraw"


def show_evidence(
    audit_id: int, lines: list[EvidenceLine], record_id: int | None, may_change: bool
) -> None:
    """Show the files of a record (None: of the whole audit), with what this person may do to them."""
    mine = [line for line in lines if line.record_id == record_id]
    what = "整件稽核" if record_id is None else f"紀錄 {record_id} "
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{what}的佐證資料**（{sum(line.in_force for line in mine):,} 件）")
        if may_change:
            st.button(
                "加入佐證資料",
                icon=":material/attach_file:",
                key=f"attach_{record_id}",
                on_click=open_dialog,
                args=(_ADD, audit_id, record_id),
            )
    for line in mine:
        _line(line, may_change)
    if opened(_ADD) == (audit_id, record_id):
        _add(audit_id, record_id)
    elif (about := opened(_WITHDRAW)) and about[0] in mine:
        _withdraw(about[0])


def _line(line: EvidenceLine, may_change: bool) -> None:
    size = f"{max(1, round(line.size / 1024)):,} KB"
    note = f"　{plain(line.note)}" if line.note else ""
    who = f"{rocdate.roc_time(line.added_at)}　{plain(line.adder)}"
    if not line.in_force:
        st.caption(f"~~{plain(line.file_name)}~~（已撤回：{plain(line.withdrawal_reason)}）　{who}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if line.in_force:
            st.markdown(f"{plain(line.file_name)}（{size}）{note}")
            st.caption(who)
        _open_button(line)
        if may_change and line.in_force:
            st.button(
                "撤回",
                key=f"withdraw_{line.id}",
                on_click=open_dialog,
                args=(_WITHDRAW, line),
            )


def _open_button(line: EvidenceLine) -> None:
    person_now = actor_source()

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再開啟。")
        return open_evidence(person, line.id).content

    st.download_button(
        "開啟",
        content,
        file_name=line.file_name,
        mime=line.media_type,
        icon=":material/visibility:",
        key=f"evidence_{line.id}",
        on_click="ignore",
        help="每次開啟都會留下紀錄。",
    )


@st.dialog("加入佐證資料", on_dismiss=close_dialog)
def _add(audit_id: int, record_id: int | None) -> None:
    suffixes = [suffix[1:] for kind in EVIDENCE_KINDS.values() for suffix in kind]
    most = LARGEST // 1024 // 1024
    uploaded = st.file_uploader(
        f"檔案（PDF、JPEG、PNG、ODT 或 ODS，{most} MB 以內）",
        type=suffixes,
        max_upload_size=most,
        help="依內容判讀，內容須與副檔名相符。",
        key="evidence.file",
    )
    note = st.text_input("說明", max_chars=NOTE_MAX, key="evidence.note")
    st.caption("加入後不能更換內容；簽核前可以敘明理由撤回，登記仍會保留。")
    with showing_errors():
        if st.button("加入", type="primary", icon=":material/save:", key="evidence.do"):
            if uploaded is None:
                raise Invalid("請選擇要加入的檔案。")
            name, content = uploaded.name, uploaded.getvalue()
            add_evidence(current_actor(), audit_id, record_id, name, content, note or "")
            _done("已加入佐證資料。")


@st.dialog("撤回佐證資料", on_dismiss=close_dialog)
def _withdraw(line: EvidenceLine) -> None:
    st.markdown(f"撤回 **{plain(line.file_name)}**：不再列為佐證，登記與理由都保留。")
    reason = st.text_area("理由", max_chars=REASON_MAX, key="evidence.why")
    with showing_errors():
        if st.button("確定撤回", type="primary", icon=":material/undo:"):
            withdraw_evidence(current_actor(), line.id, reason or "")
            _done("已撤回佐證資料。")


def _done(sentence: str) -> None:
    close_dialog()
    notify(sentence)
    st.rerun()
