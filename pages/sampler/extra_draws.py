"""More than the first draw: 加抽, 重抽 and 加入判斷抽查, each with its reason."""

import re

import streamlit as st

from pages.sampler.context import go_to
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from services.audits.drawing import expand, redraw
from services.audits.overview import AuditView
from services.audits.worksheet import pick
from services.errors import Invalid


def offer_more(audit: AuditView) -> None:
    """Show the three buttons; each opens a dialog that says what will happen."""
    with st.container(horizontal=True):
        _opener("加抽", ":material/add:", "expand")
        _opener("加入判斷抽查", ":material/touch_app:", "pick")
        _opener("重抽", ":material/restart_alt:", "redraw")
    if opened("expand") is not None:
        _expand(audit)
    elif opened("pick") is not None:
        _pick(audit)
    elif opened("redraw") is not None:
        _redraw(audit)


def _opener(label: str, icon: str, dialog: str) -> None:
    st.button(label, icon=icon, on_click=open_dialog, args=(dialog,))


@st.dialog("加抽", on_dismiss=close_dialog)
def _expand(audit: AuditView) -> None:
    assert audit.findings is not None
    drawn = sum(draw.size for draw in audit.draws if draw.current)
    left = audit.findings.population - drawn
    if not left:
        st.info(
            f"母體 {audit.findings.population:,} 筆都已抽出，沒有可以加抽的紀錄。",
            icon=":material/info:",
        )
        return
    st.markdown(f"以新的種子，從尚未抽出的 **{left:,} 筆**再抽。已抽出的樣本與判定都保留。")
    # No limits on the widget: it would quietly put back its last number; the service says why not.
    count = st.number_input("加抽筆數", value=1, step=1)
    reason = st.text_area("理由", max_chars=300)
    with showing_errors():
        if st.button("確定加抽", type="primary", icon=":material/add:"):
            expand(current_actor(), audit.audit_id, int(count), reason)
            notify("已加抽。")
            go_to("draw")


@st.dialog("重抽", on_dismiss=close_dialog)
def _redraw(audit: AuditView) -> None:
    st.markdown(
        "以新的種子重新抽整份樣本。**原抽樣保留，所有看這件稽核的人都會看到各次抽樣與理由**。"
        "已在新樣本內的紀錄沿用原判定；原樣本中判定為缺失或請說明的紀錄也會保留。"
    )
    reason = st.text_area("理由", max_chars=300)
    with showing_errors():
        if st.button("確定重抽", type="primary", icon=":material/restart_alt:"):
            redraw(current_actor(), audit.audit_id, reason)
            notify("已重抽；原抽樣仍保留。")
            go_to("draw")


@st.dialog("加入判斷抽查", on_dismiss=close_dialog)
def _pick(audit: AuditView) -> None:
    st.markdown("依判斷另外查核母體內的紀錄；不計入應稽核筆數，也不列入推論。")
    numbers = st.text_input("紀錄編號", placeholder="可輸入多個，以空白或頓號分開")
    reason = st.text_area("理由", max_chars=300)
    with showing_errors():
        if st.button("確定加入", type="primary", icon=":material/touch_app:"):
            pick(current_actor(), audit.audit_id, _numbers(numbers), reason)
            notify("已加入判斷抽查。")
            go_to("judge")


def _numbers(text: str) -> list[int]:
    parts = [part for part in re.split(r"[\s，、]+", text.strip()) if part]
    if wrong := [part for part in parts if not part.isdecimal()]:
        raise Invalid(
            f"紀錄編號「{wrong[0]}」不是數字；不要加千分位逗號，多個編號以空白或頓號分開。"
        )
    return [int(part) for part in parts]
