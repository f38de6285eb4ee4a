"""不定期檢查: the list, and one check with the steps of any audit (clause 7.1.4)."""

from functools import partial

import streamlit as st

from pages.incidents.filters import choose, chosen
from pages.incidents.new_spot import new_spot_button, show_new_spot_dialog
from pages.incidents.words import PAGE
from pages.sampler import drawing, freeze, scope, signing, worksheet
from pages.sampler.context import STATUS_COLOURS, Context, stepper, steps_of
from pages.sampler.extra_draws import offer_more
from pages.shared import address
from pages.shared.choice import choice_table
from pages.shared.feedback import show_error
from pages.shared.tables import table_height, with_times
from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.audits.overview import view_audit
from services.audits.spot import SpotLine, list_spot_checks, spot_check, units_to_check
from services.audits.words import CONDUCT
from services.errors import UserError
from services.identity.permissions import Action, reach
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.clauses import clause_words

_CLAUSE = f"{clause_words(AuditKind.SPOT.rule.clause)}."


def show(actor: Actor, fields: dict[str, address.Field]) -> None:
    """Show the list, or the check that was chosen."""
    line = _line(actor)
    if line is None:
        _list(actor)
    else:
        _one(actor, line, fields)
    show_new_spot_dialog()


def _line(actor: Actor) -> SpotLine | None:
    if (audit_id := chosen("spot")) is None:
        return None
    try:
        return spot_check(actor, audit_id)
    except UserError as error:
        show_error(error)
        choose("spot", None)
        return None


def _list(actor: Actor) -> None:
    if reach(actor, Action.SPOT_CHECK):
        new_spot_button(units_to_check(actor))
    lines = list_spot_checks(actor)
    if not lines:
        st.info(
            "還沒有不定期檢查。機關管理者可隨時檢查任一單位的使用紀錄，期間不必已結束。",
            icon=":material/info:",
        )
        return
    choice_table(
        with_times(
            [
                {
                    "單位": line.unit,
                    "期間": line.period.label,
                    "理由": line.reason,
                    "狀態": line.status.label,
                    "處理中的事件": line.open_incidents,
                    "開始": line.opened_at,
                    "檢查人": line.opened_by,
                }
                for line in lines
            ]
        ),
        [line.audit_id for line in lines],
        None,
        partial(choose, "spot"),
        "spots.table",
        height=table_height(len(lines), 440),
        alt="不定期檢查清單",
    )
    st.caption("勾選一列開啟。")


def _one(actor: Actor, line: SpotLine, fields: dict[str, address.Field]) -> None:
    audit = view_audit(actor, line.audit_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(
            f"{plain(line.agency)} {plain(line.unit)}．{line.period.label}",
            anchor=False,
            width="content",
        )
        st.badge(line.status.label, color=STATUS_COLOURS[line.status])
        st.button("回到清單", icon=":material/arrow_back:", on_click=choose, args=("spot", None))
    st.caption(
        f"{plain(line.opened_by)} 於 {rocdate.roc_time(line.opened_at)} 開始檢查；"
        f"理由：{plain(line.reason)}"
    )
    context = Context(
        actor=actor,
        page=PAGE,
        of=str(line.audit_id),
        period=line.period,
        audit=audit,
        fields=fields,
        steps=steps_of(AuditKind.SPOT),
        may_conduct=reach(actor, CONDUCT[AuditKind.SPOT]).covers(audit.unit_id, audit.agency_id),
    )
    _step(stepper(context), context)


def _step(step: str, context: Context) -> None:
    audit = context.audit
    assert audit is not None and audit.frame is not None  # it is frozen as it is opened
    if step == "scope":
        scope.show_picture(audit.frame.picture, context.period, _CLAUSE)
    elif step == "freeze":
        freeze.show_frozen(audit.frame)
    elif step == "draw":
        drawing.show(context)
    elif step == "judge" and audit.findings is not None and not audit.findings.to_judge:
        st.info("本件不抽籤；請加入要查核的紀錄。", icon=":material/touch_app:")
        if context.may_conduct and audit.status is AuditStatus.JUDGING:
            offer_more(audit)
    elif step == "judge":
        worksheet.show(context)
    else:
        signing.show(context)
