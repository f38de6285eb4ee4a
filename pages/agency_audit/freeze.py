"""Step ② 凍結 of 機關稽核: what freezing settles, the size, and where the seed will come from."""

from collections.abc import Sequence

import streamlit as st

from pages.agency_audit.context import AgencyContext
from pages.agency_audit.scope import show_unreceived
from pages.sampler.context import COUNTING, FREEZING, go_to
from pages.sampler.freeze import Choice, choose_draw, published_day, show_frozen
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services import rocdate
from services.audits.agency.audited import MissingAudit
from services.audits.agency.freezing import AgencyPreview, freeze_agency, preview_agency_frame
from services.audits.words import SeedSource
from services.regulation.audit_kinds import AuditKind


def show(context: AgencyContext) -> None:
    """Show the frozen frame, or offer to freeze it."""
    if context.audit and context.audit.frame:
        show_frozen(context.audit.frame)
        return
    st.markdown(
        f"凍結會把**此刻**的「{context.scope.label}」清單固定下來，算出雜湊值；應稽核多少也依此刻單位已簽核的"
        "稽核定案。已計入的單位稽核從此不能重新開啟；宣告未完成的單位稽核以最低應稽核數計入，之後才簽核也不會再進入這件稽核。種子要到凍結之後才產生。"
    )
    if not context.half.ended(context.actor.today):
        last = rocdate.roc_date(context.half.last_day)
        st.warning(f"{context.half.label}到 {last} 才結束，結束後才能凍結。")
    elif not context.may_conduct:
        st.info(f"凍結由{AuditKind.AGENCY.conductors}辦理。", icon=":material/info:")
    else:
        _offer(context)


def _offer(context: AgencyContext) -> None:
    with st.spinner(COUNTING):
        preview = preview_agency_frame(
            context.actor, context.agency.agency_id, context.half, context.scope
        )
    if preview.picture is None:
        st.warning(plain(preview.problem), icon=":material/block:")
        return
    if preview.audited.unreceived:
        show_unreceived(preview.audited.unreceived)
        return
    some = preview.picture.records > 0
    choice = choose_draw(preview.picture) if some else Choice(0, SeedSource.SYSTEM)
    st.button(
        "凍結母體", type="primary", icon=":material/lock:", on_click=open_dialog, args=("freeze",)
    )
    if opened("freeze") is not None:
        _confirm(context, preview, choice)


@st.dialog("凍結母體", on_dismiss=close_dialog)
def _confirm(context: AgencyContext, preview: AgencyPreview, choice: Choice) -> None:
    assert preview.picture is not None
    records = preview.picture.records
    st.markdown(
        f"將凍結 **{plain(context.agency.name)} {context.half.label}** 的 "
        f"**{records:,} 筆**使用紀錄（{context.scope.label}）。凍結後不能取消，也不能再凍結一次。"
    )
    reasons = _declare(preview.audited.missing)
    if records:
        st.markdown(f"基本樣本 **{choice.size:,} 筆**；種子：{choice.source.label}。")
    if choice.source is SeedSource.PUBLIC:
        st.markdown(f"公開數字：{plain(choice.figure)}（{plain(choice.published)}公布）")
    with showing_errors():
        if st.button("確定凍結", type="primary", icon=":material/lock:", key="confirm_freeze"):
            with st.spinner(FREEZING):
                freeze_agency(
                    current_actor(),
                    context.agency.agency_id,
                    context.half,
                    context.scope,
                    choice.size,
                    missing=reasons,
                    seed_plan=choice.source,
                    public_figure=choice.figure,
                    published_on=published_day(choice.published),
                )
            notify("母體已凍結。")
            go_to("draw" if records else "sign")


def _declare(missing: Sequence[MissingAudit]) -> dict[str, str]:
    """Ask why unit audits are missing: one reason for all of them, or a reason of its own."""
    if not missing:
        return {}
    st.markdown(
        f"還有 **{len(missing):,} 件**單位稽核未完成。凍結即宣告未完成，列為發現事項，並以最低應稽核數計入："
    )
    common = st.text_input(
        "宣告未完成的理由", key="missing_reason", placeholder="例如：單位主管懸缺，經催辦仍未完成"
    )
    own: dict[str, str] = {}
    if len(missing) > 1:
        with st.expander("個別理由（空白者採上列理由）"):
            own = {
                one.key: st.text_input(plain(one.label), key=f"missing_{one.key}")
                for one in missing
            }
    else:
        st.caption(plain(missing[0].label))
    return {one.key: own.get(one.key) or common for one in missing}
