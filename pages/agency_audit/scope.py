"""Step ① 範圍 of 機關稽核: what the frame is taken from, the floors in words, and what is missing."""

from typing import Any

import streamlit as st

from pages.agency_audit.context import PAGE, AgencyContext
from pages.sampler.context import COUNTING, go_to
from pages.sampler.scope import show_picture
from pages.shared import address
from pages.shared.text import plain
from services import rocdate
from services.audits.agency.freezing import preview_agency_frame
from services.audits.words import FrameScope
from services.regulation.audit_kinds import AuditKind
from services.regulation.clauses import clause_words
from services.regulation.periods import Quarter

CLAUSE = f"{clause_words(AuditKind.AGENCY.rule.clause)}."


def show(context: AgencyContext) -> None:
    """Show what would be audited, or what was frozen."""
    frozen = context.audit.frame if context.audit else None
    if frozen:
        st.caption(
            f"以下為 {rocdate.roc_time(frozen.frozen_at)} 凍結的母體：{context.scope.label}。"
        )
        show_missing(frozen.basis["missing"])
        show_picture(frozen.picture, context.half, CLAUSE)
        _units(frozen.basis["units"])
        return
    ended = context.half.ended(context.actor.today)
    if not ended:
        st.warning(
            f"{context.half.label}到 {rocdate.roc_date(context.half.last_day)} 才結束，"
            "以下為目前的數字，尚不能凍結。",
            icon=":material/hourglass_top:",
        )
    st.radio(
        "母體範圍",
        [scope.value for scope in FrameScope],
        format_func=lambda value: FrameScope(value).label,
        horizontal=True,
        key=address.key(PAGE, "scope"),
        help="原則上由單位已稽核的紀錄抽查；必要時得就單位未稽核的紀錄抽查。凍結時定案。",
    )
    with st.spinner(COUNTING):
        preview = preview_agency_frame(
            context.actor, context.agency.agency_id, context.half, context.scope
        )
    lists = preview.audited.lists()
    show_missing(lists["missing"])
    show_unreceived(preview.audited.unreceived)
    if preview.picture is None:
        st.warning(plain(preview.problem), icon=":material/block:")
    else:
        show_picture(preview.picture, context.half, CLAUSE)
    _units(lists["units"])
    ready = ended and preview.picture is not None and context.may_conduct
    if ready and st.button("下一步：凍結", type="primary", icon=":material/arrow_forward:"):
        go_to("freeze")


def show_missing(missing: list[dict[str, Any]]) -> None:
    """Name the unit audits that are missing, and why they are: a finding of the agency audit."""
    if not missing:
        return
    names = "、".join(_missing(one) for one in missing)
    st.warning(f"單位稽核未完成 {len(missing):,} 件：{names}。", icon=":material/assignment_late:")


def _units(units: list[dict[str, Any]]) -> None:
    if not units:
        return
    people, records = (sum(one[key] for one in units) for key in ("people", "records"))
    with st.expander(f"各單位稽核的人數與筆數（共 {people:,} 人次、{records:,} 筆）"):
        st.dataframe(
            [
                {
                    "單位": one["unit"],
                    "季別": Quarter.parse(one["quarter"]).label,
                    "稽核人數": one["people"],
                    "稽核筆數": one["records"],
                    "月份": "、".join(str(int(month[-2:])) for month in one["months"]) + " 月",
                }
                for one in units
            ],
            hide_index=True,
            height="content",
        )


def _missing(one: dict[str, Any]) -> str:
    label = Quarter.parse(one["quarter"]).label
    why = f"：{plain(one['reason'])}" if "reason" in one else ""
    return f"{plain(one['unit'])}（{label}{why}）"


def show_unreceived(unreceived: tuple[str, ...]) -> None:
    """Name the signed unit audits that have to be received before the freeze."""
    if unreceived:
        names = "、".join(map(plain, unreceived))
        st.warning(
            f"已簽核、待收存 {len(unreceived):,} 件：{names}。收存後才能凍結。",
            icon=":material/move_to_inbox:",
        )
