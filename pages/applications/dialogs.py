"""The dialogs in which a step of an application is taken: what will happen, what it needs, one button."""

from collections.abc import Callable

import streamlit as st

from pages.applications.asking import SCANS, act_button, ask_note, ask_scan, the_scan
from pages.applications.view import show_earlier
from pages.shared.period import ask_day, needed_day
from pages.shared.session import current_actor
from services.applications import acting, completing
from services.applications.acting import Letter
from services.applications.approvers import NAME_MAX, possible_approvers
from services.applications.shown import ApplicationDetail
from services.regulation.application_states import Channel
from services.regulation.workflows import Deed, Kind, Need


def _approve(seen: ApplicationDetail) -> None:
    st.info("核可後送管理者辦理；紀錄會載明由您核可。")
    note = ask_note()
    act_button(
        "核可",
        lambda: acting.approve(current_actor(), seen.line.id, seen.revision, note),
        f"已核可 {seen.line.number}",
    )


def _paper(seen: ApplicationDetail) -> None:
    st.info("申請表已由主管在紙本上核章時，由您登錄並上傳核章後的掃描檔；正本由您保管。")
    who = {one.id: one.label for one in possible_approvers(current_actor(), seen.line.id)}
    approver: int | str | None
    if who:
        approver = st.selectbox(
            "核可的主管", list(who), index=None, format_func=who.__getitem__, placeholder="請選擇"
        )
    else:
        # A new agency has no accounts yet, and nobody but its only head approves a unit's.
        approver = st.text_input(
            "核可的主管（職稱與姓名；本系統沒有可核可的帳號）",
            placeholder="例如：處長 陳大同",
            key="dialog.approver",
            max_chars=NAME_MAX,
        )
    day = ask_day("核可日期", current_actor().today)
    scan = ask_scan(f"核章後的申請表（必附；{SCANS}）")
    act_button(
        "登錄書面核可",
        lambda: acting.record_approval_on_paper(
            current_actor(),
            seen.line.id,
            seen.revision,
            approver or "",
            needed_day("核可日期", day),
            the_scan(scan),
        ),
        f"已登錄 {seen.line.number} 的書面核可",
        disabled=scan is None or not approver,
    )


def _notify(seen: ApplicationDetail) -> None:
    st.info("停權的使用人員以電話或電子郵件通知後，由您登錄。")
    channel = st.segmented_control(
        "通知方式",
        list(Channel),
        default=Channel.TELEPHONE,
        required=True,
        format_func=lambda one: one.label,
    )
    note = ask_note("通知的時間與內容（必填）")
    act_button(
        "登錄通知",
        lambda: acting.record_notice(
            current_actor(), seen.line.id, seen.revision, Channel(channel), note
        ),
        f"已登錄 {seen.line.number} 的通知",
    )


def _letter(seen: ApplicationDetail) -> None:
    number = st.text_input("公文字號", placeholder="例如：府授地資字第1156012388號", max_chars=60)
    day = ask_day("發文日期", current_actor().today)
    scan = ask_scan(f"公文掃描檔（可不附；{SCANS}）")
    act_button(
        "登錄公文",
        lambda: acting.record_letter(
            current_actor(),
            seen.line.id,
            seen.revision,
            Letter(number, needed_day("發文日期", day), scan),
        ),
        f"已登錄 {seen.line.number} 的公文",
    )


def _review(seen: ApplicationDetail) -> None:
    st.info("審核通過後函復使用機關，再由系統管理者辦理。")
    note = ask_note()
    act_button(
        "審核通過",
        lambda: acting.review(current_actor(), seen.line.id, seen.revision, note),
        f"已審核通過 {seen.line.number}",
    )


_EFFECTS = {
    Kind.CREATE: "立即建立帳號；啟用連結只給申請人，您不會看到密碼。",
    Kind.CHANGE: "授權項目與單位立即變更，目前的登入會中斷。",
    Kind.REINSTATE: "帳號立即恢復使用，授權項目與停權前相同。",
    Kind.CANCEL: "帳號立即註銷，目前的登入會中斷；註銷後不能復權。",
}


def _complete(seen: ApplicationDetail) -> None:
    kind = seen.line.kind
    (st.warning if kind is Kind.CANCEL else st.info)(_EFFECTS[kind])
    show_earlier(seen)
    needs = seen.line.step.needs if seen.line.step else ()
    pledge = (
        ask_scan(f"簽名的保密切結書（必附；{SCANS}）；正本由您保管")
        if Need.PLEDGE in needs
        else None
    )
    known = seen.email_confirmed or st.checkbox(
        "我已當面或以電話確認是本人申請（電子郵件未經確認）", key="dialog.known"
    )
    act_button(
        "完成辦理",
        lambda: completing.complete(
            current_actor(), seen.line.id, seen.revision, pledge, knows_applicant=known
        ),
        f"已完成 {seen.line.number}",
        disabled=(Need.PLEDGE in needs and pledge is None)
        or (seen.earlier is not None and not seen.earlier.same_person),
    )


def _return(seen: ApplicationDetail) -> None:
    asks_items = seen.line.kind in (Kind.CREATE, Kind.CHANGE)
    mended = "授權項目與申請原因" if asks_items else "申請原因"
    other = "姓名、員工編號、單位等" if seen.line.kind is Kind.CREATE else "其他欄位"
    st.info(
        f"申請人只能補正{mended}；補正後重新送出，核可等步驟重新辦理。"
        f"{other}有誤者無法補正，請駁回，或由申請人撤回，再重新申請。"
    )
    reason = ask_note("退回原因（必填，申請人會看到）")
    act_button(
        "退回補正",
        lambda: acting.send_back(current_actor(), seen.line.id, seen.revision, reason),
        f"已退回 {seen.line.number}",
    )


def _refuse(seen: ApplicationDetail) -> None:
    st.warning("駁回後這一案即結束，不能恢復；需要時由申請人重新申請。")
    reason = ask_note("駁回原因（必填，申請人會看到）")
    act_button(
        "駁回",
        lambda: acting.refuse(current_actor(), seen.line.id, seen.revision, reason),
        f"已駁回 {seen.line.number}",
    )


DIALOGS: dict[str, tuple[str, Callable[[ApplicationDetail], None]]] = {
    Deed.APPROVE.value: ("核可", _approve),
    Deed.NOTIFY.value: ("登錄通知", _notify),
    Deed.LETTER.value: ("登錄來函", _letter),
    Deed.REVIEW.value: ("審核", _review),
    Deed.REPLY.value: ("登錄復函", _letter),
    Deed.COMPLETE.value: ("完成辦理", _complete),
    "return": ("退回補正", _return),
    "refuse": ("駁回", _refuse),
    "paper": ("登錄書面核可", _paper),
}
