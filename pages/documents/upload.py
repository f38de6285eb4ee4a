"""上傳文件: a scan is taken in, with an account or an application in the person's charge."""

from datetime import date

import streamlit as st

from pages.documents.filters import choose_document
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.documents.files import ACCEPTED, LARGEST
from services.errors import Invalid
from services.papers.attaching import (
    LETTERS,
    MOST_OFFERED,
    Letter,
    Matter,
    attach,
    find_matters,
)
from services.papers.keeping import PaperKind

_DIALOG = "paper.upload"


def upload_button(label: str, key: str, matter: Matter | None = None) -> None:
    """Offer to take a scan in; without a matter the dialog asks for one."""
    st.button(
        label,
        icon=":material/upload_file:",
        key=key,
        on_click=open_dialog,
        args=(_DIALOG, matter),
    )


def show_upload_dialog() -> None:
    """Show the dialog while it is open."""
    if (about := opened(_DIALOG)) is None:
        return
    (given,) = about

    @st.dialog("上傳文件", icon=":material/upload_file:", on_dismiss=close_dialog)
    def ask() -> None:
        matter = given or _choose_matter()
        if given:
            st.markdown(f"**{plain(given.label)}**")
        kind = st.selectbox(
            "種類",
            list(PaperKind),
            format_func=lambda one: PaperKind(one).label,
            key="dialog.kind",
        )
        letter = _letter_fields() if kind in LETTERS else None
        uploaded = st.file_uploader(
            f"掃描檔（PDF、JPEG 或 PNG，{LARGEST // 1024 // 1024} MB 以內）",
            type=[suffix[1:] for suffixes in ACCEPTED.values() for suffix in suffixes],
            max_upload_size=LARGEST // 1024 // 1024,
            help="依內容判讀，內容須與副檔名相符。",
            key="dialog.file",
        )
        st.caption("收存後由您保管，不能更換內容；帳號註銷滿一年前不能銷毀。")
        if st.button("收存", type="primary", icon=":material/save:", key="dialog.do"):
            with showing_errors():
                if matter is None:
                    raise Invalid("請先搜尋並選擇文件所屬的帳號或申請案。")
                if uploaded is None:
                    raise Invalid("請選擇要上傳的掃描檔。")
                number, dated = letter or ("", "")
                document_id = attach(
                    current_actor(),
                    matter,
                    uploaded.name,
                    uploaded.getvalue(),
                    kind or PaperKind.FORM,
                    Letter(number, _day(dated)) if letter else None,
                )
                close_dialog()
                choose_document(document_id)
                notify(f"已收存：文件 {document_id}")
                st.rerun()

    ask()


def _choose_matter() -> Matter | None:
    typed = st.text_input(
        "所屬的帳號或申請案",
        placeholder="輸入姓名、帳號、員工編號或申請編號後按 Enter",
        icon=":material/search:",
        key="dialog.matter",
        max_chars=60,
    )
    found = find_matters(current_actor(), typed or "")
    if typed and not found:
        st.caption("您管理的帳號與申請案中沒有相符的；請換個關鍵字。")
    if not found:
        return None
    if len(found) >= MOST_OFFERED:
        st.caption(f"相符的很多，只列出各 {MOST_OFFERED} 項；請輸入得更完整。")
    return st.selectbox(
        "選擇", found, format_func=lambda one: one.label, key="dialog.matter_choice"
    )


def _letter_fields() -> tuple[str, str]:
    left, right = st.columns(2)
    number = left.text_input(
        "公文字號", placeholder="府授地資字第1136012388號", key="dialog.letter_no", max_chars=60
    )
    dated = right.text_input(
        "公文日期", placeholder="115/05/22", key="dialog.letter_date", max_chars=20
    )
    return number or "", dated or ""


def _day(typed: str) -> date | None:
    if not typed.strip():
        return None
    try:
        return rocdate.parse_date(typed)
    except ValueError as error:
        raise Invalid(str(error)) from None
