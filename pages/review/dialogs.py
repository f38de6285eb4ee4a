"""承辦, 移交, 改認通過, 請說明, 准予備查, 撤銷備查: what each asks, about the package as it stood on screen."""

from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from pages.shared.dialogs import close_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.period import ask_day, needed_day, typed_day
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.words import REASON_MAX
from services.errors import Invalid
from services.oversight.acting import (
    accept_package,
    hand_over_review,
    overrule_check,
    take_acceptance_back,
)
from services.oversight.checks.result import Result
from services.oversight.findings.asking import TITLE_MAX, Draft, ask
from services.oversight.findings.store import NOTE_MAX
from services.oversight.view import ReviewView
from services.regulation.findings import EXPLAIN_DAYS


def show_review_dialog() -> None:
    """Show the dialog that is open."""
    for name, show in _DIALOGS.items():
        if (about := opened(name)) is not None:
            show(*about)
            return


def _ask(view: ReviewView, result: Result | None) -> None:
    @st.dialog("請說明", icon=":material/contact_support:", on_dismiss=close_dialog)
    def dialog() -> None:
        st.markdown(f"請 **{plain(view.agency)}** 提供佐證資料說明（第七點（二）2.）。")
        found = result.sentence if result else ""
        title = st.text_input(
            "事由", value=result.label if result else "", max_chars=TITLE_MAX, key="ask.title"
        )
        note = st.text_area(
            "請機關說明的內容", value=found[:NOTE_MAX], max_chars=NOTE_MAX, key="ask.note"
        )
        names = {unit.code: unit.name for unit in view.units}
        unit = st.selectbox(
            "單位",
            list(names),
            index=_unit_of(view, result),
            format_func=names.__getitem__,
            placeholder="全機關",
            help="選了單位，該單位的主管與稽核人員也看得到。",
            key="ask.unit",
        )
        offered = rocdate.roc_date(current_actor().today + timedelta(days=EXPLAIN_DAYS))
        due = st.text_input("期限", value=offered, max_chars=20, key="ask.due")
        with showing_errors():
            if st.button("確定請說明", type="primary", key="ask.do"):
                draft = Draft(title, note, result.check if result else "", unit or "")
                ask(
                    current_actor(),
                    view.review_id,
                    view.revision,
                    [draft],
                    typed_day("期限", due),
                )
                _done("已請機關說明；機關在「缺失改善」看得到。")

    dialog()


def _unit_of(view: ReviewView, result: Result | None) -> int | None:
    """Return which of the units a check is about, where it is about one alone."""
    audits = {item.audit_id for item in result.items} if result else set()
    about = [place for place, unit in enumerate(view.units) if audits & set(unit.audits)]
    return about[0] if len(about) == 1 and view.audit_id not in audits else None


def _overrule(view: ReviewView, result: Result, withdraw: bool) -> None:
    label = "撤回改認" if withdraw else "改認通過"

    @st.dialog(label, icon=":material/rule:", on_dismiss=close_dialog)
    def dialog() -> None:
        st.markdown(
            f"**{result.label}**　系統檢核不符。改認與撤回的理由都會留存；檢核結果有變動時，改認失效。"
        )
        reason = st.text_area("理由", max_chars=REASON_MAX, key="overrule.reason")
        with showing_errors():
            if st.button(f"確定{label}", type="primary", key="overrule.do"):
                overrule_check(
                    current_actor(),
                    view.review_id,
                    view.revision,
                    result.check,
                    reason,
                    withdraw=withdraw,
                )
                _done(f"「{result.label}」已{label}。")

    dialog()


def _hand_over(view: ReviewView) -> None:
    @st.dialog("移交承辦", icon=":material/swap_horiz:", on_dismiss=close_dialog)
    def dialog() -> None:
        labels = dict(view.others)
        to = st.selectbox(
            "接手的複核人員",
            list(labels),
            index=None,
            format_func=labels.__getitem__,
            placeholder="選擇複核人員",
            key="hand.to",
        )
        reason = st.text_area("移交的理由", max_chars=REASON_MAX, key="hand.reason")
        with showing_errors():
            if st.button("確定移交", type="primary", key="hand.do"):
                if to is None:
                    raise Invalid("請選擇接手的複核人員。")
                hand_over_review(current_actor(), view.review_id, view.revision, to, reason)
                _done("已移交承辦。")

    dialog()


def _accept(view: ReviewView) -> None:
    @st.dialog("准予備查", icon=":material/task_alt:", on_dismiss=close_dialog)
    def dialog() -> None:
        actor = current_actor()
        st.markdown(
            f"准予 **{plain(view.agency)} {view.half.label}** 稽核紀錄備查；"
            "機關補送更正資料時，會回到複核中。"
        )
        number = st.text_input(
            "復函字號", placeholder="北市地資字第1156012388號", max_chars=60, key="accept.number"
        )
        day = ask_day("復函日期", actor.today, "accept.day")
        with showing_errors():
            if st.button("確定准予備查", type="primary", key="accept.do"):
                accept_package(
                    current_actor(),
                    view.review_id,
                    view.revision,
                    number,
                    needed_day("復函日期", day),
                )
                _done("已准予備查。")

    dialog()


def _take_back(view: ReviewView) -> None:
    @st.dialog("撤銷備查", icon=":material/history:", on_dismiss=close_dialog)
    def dialog() -> None:
        st.markdown("備查是誤辦時撤銷，回到複核中；兩個步驟都留存在辦理經過。")
        reason = st.text_area("撤銷的理由", max_chars=REASON_MAX, key="undo.reason")
        with showing_errors():
            if st.button("確定撤銷", type="primary", key="undo.do"):
                take_acceptance_back(current_actor(), view.review_id, view.revision, reason)
                _done("已撤銷備查。")

    dialog()


_DIALOGS: dict[str, Callable[..., None]] = {
    "review.ask": _ask,
    "review.overrule": _overrule,
    "review.hand": _hand_over,
    "review.accept": _accept,
    "review.undo": _take_back,
}


def _done(sentence: str) -> None:
    close_dialog()
    notify(sentence)
    st.rerun()
