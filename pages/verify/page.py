"""驗證: whether a paper or a file in hand is the one that was signed; open to whoever is signed in (7.1.1, 7.1.2)."""

import streamlit as st

from pages.shared import address
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.registry import file_of
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.forms.codes import Found, find_by_code
from services.audits.forms.file_check import LARGEST, KnownFile, check_file
from services.regulation.audit_kinds import AuditKind

PAGE = "verify"
FIELDS = {"code": address.Field(address.AnyText(), "")}
_TITLES = {
    AuditKind.UNIT: "單位查詢使用地籍資料稽核紀錄表（附件二）",
    AuditKind.SUPPLEMENT: "單位補充稽核紀錄表（附件二）",
    AuditKind.AGENCY: "機關查詢使用地籍資料稽核紀錄表（附件三）",
    AuditKind.SPOT: "不定期檢查紀錄表",
}
_FILES = ["pdf", "odt", "ods", "csv", "zip", "json", "py"]


def _by_code() -> Found | None:
    code = st.text_input(
        "紙本右上角的核對碼",
        placeholder="3fa9-0c21-77be",
        key=address.key(PAGE, "code"),
        help="12 個 0 至 9、a 至 f 的字元；大小寫、有無連字號都可以。",
    )
    if not code.strip():
        st.caption("輸入後按 Enter。紙本上的單位、期間及簽核人應與下方顯示的相同。")
        return None
    found = None
    with showing_errors():
        found = find_by_code(current_actor(), code)
        _show(found)
    return found


def _by_file(of_code: Found | None) -> None:
    uploaded = st.file_uploader(
        f"系統匯出的紀錄表，或函送地政局的檔案（{LARGEST // 1024 // 1024} MB 以內）",
        type=_FILES,
        max_upload_size=LARGEST // 1024 // 1024,
        key="verify.file",
        help="只計算雜湊值來比對，不會讀取也不會保存檔案內容。",
    )
    if uploaded is None:
        st.caption(
            "改過一個字、另存新檔或掃描的檔案，雜湊值都會不同；那時請核對紙本的核對碼與內容。"
        )
        return
    with showing_errors():
        known = check_file(current_actor(), uploaded.getvalue())
        if known is None:
            st.error(
                f"系統從未發出與「{plain(uploaded.name)}」內容相同的檔案：它被改過、另存過，或不是由本系統匯出。",
                icon=":material/gpp_bad:",
            )
        elif of_code is not None and known.audit_id not in (None, of_code.audit_id):
            _say_known(known)
            st.error("檔案與左側核對碼屬於不同的稽核。", icon=":material/compare_arrows:")
        else:
            _say_known(known)


def _say_known(known: KnownFile) -> None:
    at = f"{rocdate.roc_time(known.at)} " if known.at else ""
    st.success(f"與系統{at}{plain(known.what)}完全相同。", icon=":material/verified:")
    st.caption(f"SHA-256：`{known.sha256}`")
    if known.audit_id is None:
        st.info("每份函送資料所附的都一樣，不能用來辨認是哪一份。", icon=":material/info:")
        return
    if known.replaced:
        st.warning("這次函送之後已由更正的函送取代。", icon=":material/history:")
    if known.found is None:
        st.warning("這是簽核前的草稿，不是稽核紀錄。", icon=":material/edit_note:")
    else:
        _show(known.found)


def _show(found: Found) -> None:
    st.markdown(
        f"**{_TITLES[found.kind]}**  \n"
        f"{plain(found.agency)}　{plain(found.unit)}　{found.period.label}  \n"
        f"{rocdate.roc_time(found.signed_at)} 由{plain(found.signer)}簽核"
    )
    if found.in_force:
        st.success("簽核有效：這是現行的紀錄。", icon=":material/verified:")
    else:
        st.warning(
            "之後已重新開啟：這份紀錄已由新的簽核取代，或正在重新查核。", icon=":material/history:"
        )
    st.caption(f"簽核內容 SHA-256：`{found.content_hash}`")
    if found.within_reach:
        page, where = _place(found)
        st.page_link(page, label="開啟這件稽核", icon=":material/open_in_new:", query_params=where)


def _place(found: Found) -> tuple[str, dict[str, str]]:
    """Return where the audit itself is opened."""
    if found.kind is AuditKind.AGENCY:
        where = {"agency": found.agency_code, "half": str(found.period), "step": "sign"}
        return file_of("agency_audit"), where
    return file_of("audit_sampler"), {"audit": str(found.audit_id), "step": "sign"}


current_actor()  # nobody is shown anything before it is known who asks
page_head(
    "驗證",
    "手上的稽核紀錄表或函送的檔案，是不是當初簽核的那一份：輸入紙本右上角的核對碼，或放入檔案比對。",
)
address.read(PAGE, FIELDS)
paper, file = st.columns(2, gap="large")
with paper, st.container(border=True):
    st.markdown("**紙本：核對碼**")
    of_code = _by_code()
with file, st.container(border=True):
    st.markdown("**檔案：比對雜湊值**")
    _by_file(of_code)
address.write(PAGE, FIELDS)
