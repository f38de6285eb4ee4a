"""The part of 我的帳號 about the second factor: set up, replace, new recovery codes, remove."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.entrance.enrolment import code_input, show_enrolment
from pages.entrance.recovery_codes import show_codes
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import actor_source, current_actor
from services import rocdate
from services.actor import Actor
from services.errors import Refused
from services.identity.factor_removal import remove_own_factor
from services.identity.factor_setup import (
    begin_own_enrolment,
    confirm_own_enrolment,
    new_recovery_codes,
    offer_replacement,
    replace_factor,
)
from services.identity.recovery_file import own_codes_file
from services.identity.second_factor import OwnFactor, own_factor
from services.identity.totp import Enrolment

_TASK = "factor_card.task"
_FEW = 3


@dataclass(frozen=True)
class _SetUp:
    enrolment: Enrolment
    replaces: bool


@dataclass(frozen=True)
class _Codes:
    codes: tuple[str, ...]


@dataclass(frozen=True)
class _AskCode:
    """An act that needs a code: its words, and what it does with the code."""

    sentence: str
    button: str
    icon: str
    act: Callable[[Actor, str], tuple[str, ...] | None]


_NEW_CODES = _AskCode(
    "產生新的一組後，原有的復原碼全部失效。",
    "產生新的復原碼",
    ":material/key:",
    new_recovery_codes,
)
_REMOVE = _AskCode(
    "移除後，登入只需密碼；復原碼也一併失效。",
    "移除雙因子驗證",
    ":material/remove_moderator:",
    remove_own_factor,
)


def factor_card(actor: Actor) -> None:
    """Show how the sign-in is secured beside the password, and what can be changed about it."""
    task = st.session_state.get(_TASK)
    with st.container(border=True):
        own = own_factor(actor)
        _state(own)
        if isinstance(task, _Codes):
            if show_codes(actor.username, task.codes, _file_of(task.codes)):
                _next(None)
        elif isinstance(task, _SetUp):
            _set_up(task)
        elif isinstance(task, _AskCode):
            _ask(task)
        else:
            _acts(own)


def _file_of(codes: tuple[str, ...]) -> Callable[[], bytes]:
    person_now = actor_source()

    def file() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再下載。")
        return own_codes_file(person, codes)

    return file


def _state(own: OwnFactor) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("雙因子驗證", anchor=False, width="content")
        if own.confirmed_at is None:
            st.badge("未設定", color="gray")
        else:
            st.badge("已設定", color="green", icon=":material/verified_user:")
    if own.confirmed_at is None:
        st.caption("登入時除密碼外，再輸入手機驗證器 App 的 6 位數驗證碼，密碼外洩時仍能保護帳號。")
        return
    st.caption(f"{rocdate.roc_time(own.confirmed_at)}設定；尚有 {own.codes_left} 組復原碼可用。")
    if own.codes_left <= _FEW:
        st.warning("復原碼快用完了，請產生新的復原碼。", icon=":material/key:")


def _acts(own: OwnFactor) -> None:
    if own.confirmed_at is None:
        if st.button("設定驗證器", icon=":material/qr_code_2:", key="factor.set_up"):
            with showing_errors():
                _next(_SetUp(begin_own_enrolment(current_actor()), replaces=False))
        return
    with st.container(horizontal=True):
        if st.button("更換驗證器", icon=":material/qr_code_2:", key="factor.replace"):
            with showing_errors():
                _next(_SetUp(offer_replacement(current_actor()), replaces=True))
        if st.button(_NEW_CODES.button, icon=_NEW_CODES.icon, key="factor.codes"):
            _next(_NEW_CODES)
        if not own.required and st.button(_REMOVE.button, icon=_REMOVE.icon, key="factor.remove"):
            _next(_REMOVE)
    if own.required:
        st.caption("您的角色或職務必須使用雙因子驗證，可以更換驗證器，不能移除。")


def _set_up(task: _SetUp) -> None:
    show_enrolment(task.enrolment)
    with st.form("factor.set_up", border=False):
        new = code_input(
            "新驗證器的驗證碼" if task.replaces else "驗證碼（6 個數字）", "factor.new"
        )
        present = ""
        if task.replaces:
            present = code_input("目前驗證器的驗證碼，或一組復原碼", "factor.present")
        pressed = st.form_submit_button("完成設定", type="primary", icon=":material/check:")
    if pressed:
        with showing_errors():
            person = current_actor()
            if task.replaces:
                codes = replace_factor(person, task.enrolment, present, new)
            else:
                codes = confirm_own_enrolment(person, task.enrolment, new)
            _next(_Codes(codes))
    _cancel()


def _ask(task: _AskCode) -> None:
    st.info(task.sentence, icon=task.icon)
    with st.form("factor.ask", border=False):
        typed = code_input("目前的驗證碼，或一組復原碼", "factor.present")
        pressed = st.form_submit_button(task.button, type="primary", icon=task.icon)
    if pressed:
        with showing_errors():
            codes = task.act(current_actor(), typed)
            if codes is None:
                notify("已移除雙因子驗證。")
            _next(_Codes(codes) if codes else None)
    _cancel()


def _cancel() -> None:
    if st.button("取消", icon=":material/close:", type="tertiary", key="factor.cancel"):
        _next(None)


def _next(task: _SetUp | _Codes | _AskCode | None) -> None:
    st.session_state[_TASK] = task
    st.rerun()
