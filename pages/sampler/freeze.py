"""Step ② 凍結: what freezing means, the size, where the seed will come from, the hash."""

from dataclasses import dataclass
from datetime import date

import streamlit as st

from pages.sampler.context import COUNTING, FREEZING, UnitContext, go_to
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.freezing import freeze, preview_frame
from services.audits.overview import FrameView
from services.audits.pictures import FramePicture
from services.audits.words import SeedSource
from services.errors import Invalid


def show(context: UnitContext) -> None:
    """Show the frozen frame, or offer to freeze it."""
    if context.audit and context.audit.frame:
        show_frozen(context.audit.frame)
        return
    st.markdown(
        "凍結會把本季**此刻**的使用紀錄清單固定下來，算出雜湊值。之後補匯入的紀錄不會再進入這件稽核；"
        "種子要到凍結之後才產生，所以沒有人能先看到籤號再決定要稽核哪些紀錄。"
    )
    if not context.quarter.ended(context.actor.today):
        last = rocdate.roc_date(context.quarter.last_day)
        st.warning(f"{context.quarter.label}到 {last} 才結束，結束後才能凍結。")
    elif not context.may_conduct:
        st.info("凍結由單位主管或其指派的稽核人員辦理。", icon=":material/info:")
    else:
        _offer(context)


def show_frozen(frame: FrameView) -> None:
    """Show when, by whom and with what hash the frame was frozen."""
    with st.container(border=True):
        st.markdown(
            f":material/lock: **母體已凍結**，{rocdate.roc_time(frame.frozen_at)}，{plain(frame.frozen_by)}"
        )
        st.markdown(
            f"{frame.picture.records:,} 筆、{frame.picture.people:,} 人、"
            f"{frame.picture.months} 個月；基本樣本 {frame.planned_records:,} 筆。"
        )
        st.markdown("母體雜湊值（SHA-256）")
        st.code(frame.frame_hash, language=None)
        figure = f"：{public_figure(frame)}" if frame.public_figure else ""
        st.caption(f"種子來源：{frame.seed_plan.label}{figure}")


def public_figure(frame: FrameView) -> str:
    """Return the named public figure with its day, ready for Markdown."""
    day = rocdate.roc_date(frame.published_on) + "公布" if frame.published_on else ""
    return f"{plain(frame.public_figure)}（{day}）"


def _offer(context: UnitContext) -> None:
    with st.spinner(COUNTING):
        picture = preview_frame(context.actor, context.line.unit_id, context.quarter)
    choice = choose_draw(picture) if picture.records else Choice(0, SeedSource.SYSTEM)
    st.button(
        "凍結母體", type="primary", icon=":material/lock:", on_click=open_dialog, args=("freeze",)
    )
    if opened("freeze") is not None:
        _confirm(context, picture, choice)


@dataclass(frozen=True)
class Choice:
    """What is settled with the freeze."""

    size: int
    source: SeedSource
    figure: str = ""
    published: str = ""


def choose_draw(picture: FramePicture) -> Choice:
    """Show what is settled with the freeze: the size, and where the seed will come from."""
    floor = max(picture.floors.records, 1)
    left, right = st.columns(2)
    # No limits on the widget: it would quietly put back its last number; the service says why not.
    size = left.number_input(
        "基本樣本筆數",
        value=floor,
        step=1,
        key="base_records",
        help=f"規範下限 {floor:,} 筆，最多 {picture.records:,} 筆。凍結時就定案，看到籤號後不能再改。",
    )
    source = right.radio(
        "種子來源",
        [SeedSource.SYSTEM, SeedSource.PUBLIC],
        format_func=lambda value: value.label,
        key="seed_plan",
    )
    if source is SeedSource.SYSTEM:
        return Choice(int(size), source)
    figure = right.text_input(
        "哪一個尚未公布的公開數字",
        placeholder="例如：統一發票 115年9、10月期特別獎號碼",
        max_chars=200,
        key="public_figure",
    )
    day = right.text_input(
        "公布日期", placeholder="例如：115年11月25日", max_chars=20, key="published_on"
    )
    return Choice(int(size), source, figure or "", day or "")


@st.dialog("凍結母體", on_dismiss=close_dialog)
def _confirm(context: UnitContext, picture: FramePicture, choice: Choice) -> None:
    st.markdown(
        f"將凍結 **{plain(context.line.unit)} {context.quarter.label}** 的 "
        f"**{picture.records:,} 筆**使用紀錄。凍結後不能取消，也不能再凍結一次。"
    )
    if picture.records:
        st.markdown(f"基本樣本 **{choice.size:,} 筆**；種子：{choice.source.label}。")
    if choice.source is SeedSource.PUBLIC:
        st.markdown(f"公開數字：{plain(choice.figure)}（{plain(choice.published)}公布）")
    with showing_errors():
        if st.button("確定凍結", type="primary", icon=":material/lock:", key="confirm_freeze"):
            with st.spinner(FREEZING):
                freeze(
                    current_actor(),
                    context.line.unit_id,
                    context.quarter,
                    base_records=choice.size,
                    seed_plan=choice.source,
                    public_figure=choice.figure,
                    published_on=published_day(choice.published),
                )
            notify("母體已凍結。")
            go_to("draw" if picture.records else "sign")


def published_day(text: str) -> date | None:
    """Return the day on which the public figure is published, as it was typed."""
    if not text.strip():
        return None
    try:
        return rocdate.parse_date(text)
    except ValueError as error:
        raise Invalid(str(error)) from None
